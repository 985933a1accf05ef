import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startServer, type RunningServer } from "#app";
import { ProtobufReader, SnappyDecoder } from "#lib";

import {
  integer,
  message,
  snappyCompress,
  text,
  varint,
  writeRequest,
} from "../../../../collect/remote-write/fixture.ts";
import { makeSite } from "../../../fixture.ts";
import { feed, QUIET } from "./fixture.ts";

const T = 1_767_225_600_000;
const LIMIT = 1 << 24;
const site = makeSite(QUIET);
let server: RunningServer;

beforeAll(async () => {
  server = await startServer(site);
  const body = writeRequest([
    {
      labels: [
        ["__name__", "a"],
        ["x", "1"],
      ],
      samples: [
        [T, 1.5],
        [T + 1000, Number.NaN],
        [T + 2000, "stale"],
      ],
    },
    {
      labels: [
        ["__name__", "a"],
        ["x", "2"],
      ],
      samples: [[T + 1000, -7]],
    },
    {
      labels: [["__name__", "h"]],
      histograms: [
        {
          timeMs: T,
          countFloat: 6,
          sum: 12.5,
          schema: 1,
          zeroThreshold: 0.001,
          zeroCount: 1,
          positiveSpans: [[-2, 2]],
          positiveCounts: [2, 3],
        },
      ],
    },
  ]);
  await feed(server.url, snappyCompress(body));
});
afterAll(async () => {
  await server.stop();
  site.remove();
});

type Matcher = readonly [type: number, name: string, value: string];
const query = (startMs: number, endMs: number, ...matchers: Matcher[]): Buffer =>
  message(
    1,
    integer(1, startMs),
    integer(2, endMs),
    ...matchers.map(([type, name, value]) =>
      message(3, integer(1, type), text(2, name), text(3, value)),
    ),
  );
const ask = (body: Buffer) =>
  fetch(`${server.url}/api/v1/read`, {
    method: "POST",
    headers: { "content-type": "application/x-protobuf", "content-encoding": "snappy" },
    body: new Uint8Array(body),
  });

/** Fields of a message: number, and a number, bytes or a double by their wire type. */
function fields(bytes: Uint8Array): [number, number | Uint8Array][] {
  const found: [number, number | Uint8Array][] = [];
  const reader = new ProtobufReader(bytes);
  while (reader.next())
    found.push([
      reader.field,
      reader.wire === 2 ? reader.slice() : reader.wire === 1 ? reader.double() : reader.int64(),
    ]);
  return found;
}
const inner = (bytes: Uint8Array, number: number) =>
  fields(bytes).flatMap(([field, value]) =>
    field === number && typeof value !== "number" ? [value] : [],
  );
const textOf = (value: number | Uint8Array | undefined) =>
  Buffer.from(value as Uint8Array).toString();

/** Results of an answer: of each query its series with labels and samples. */
async function read(body: Buffer) {
  const answer = await ask(body);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("application/x-protobuf");
  expect(answer.headers.get("content-encoding")).toBe("snappy");
  const bytes = new SnappyDecoder().decode(Buffer.from(await answer.arrayBuffer()), LIMIT);
  return inner(bytes, 1).map((result) =>
    inner(result, 1).map((series) => ({
      labels: inner(series, 1).map((label) =>
        fields(label)
          .map(([, value]) => textOf(value))
          .join("="),
      ),
      samples: inner(series, 2).map((sample) => fields(sample).map(([, value]) => value)),
      histograms: inner(series, 4),
    })),
  );
}

describe("remote read", () => {
  it("answers each query with its series, both ends of the range included", async () => {
    const results = await read(
      snappyCompress(
        Buffer.concat([
          query(T, T + 1000, [0, "__name__", "a"], [0, "x", "1"]),
          query(T + 1000, T + 5000, [0, "__name__", "a"], [1, "x", "1"]),
          query(T, T + 5000, [2, "__name__", "a|b"], [3, "x", "1|2"]),
        ]),
      ),
    );
    expect(results).toEqual([
      [
        {
          labels: ["__name__=a", "x=1"],
          samples: [
            [1.5, T],
            [Number.NaN, T + 1000],
          ],
          histograms: [],
        },
      ],
      [{ labels: ["__name__=a", "x=2"], samples: [[-7, T + 1000]], histograms: [] }],
      [],
    ]);
  });

  it("keeps the bits of stale markers", async () => {
    const answer = await ask(
      snappyCompress(query(T + 2000, T + 2000, [0, "__name__", "a"], [0, "x", "1"])),
    );
    const bytes = new SnappyDecoder().decode(Buffer.from(await answer.arrayBuffer()), LIMIT);
    expect(bytes.includes(Buffer.from([2, 0, 0, 0, 0, 0, 0xf0, 0x7f]))).toBe(true);
  });

  it("carries native histograms as floats", async () => {
    const [[series] = []] = await read(snappyCompress(query(T, T, [0, "__name__", "h"])));
    expect(series?.samples).toEqual([]);
    const found = new Map(fields(series?.histograms[0] ?? new Uint8Array()));
    expect([2, 3, 4, 5, 7, 15].map((field) => found.get(field))).toEqual([6, 12.5, 2, 0.001, 1, T]);
    const counts = Buffer.from(found.get(13) as Uint8Array);
    expect([counts.readDoubleLE(0), counts.readDoubleLE(8)]).toEqual([2, 3]);
  });

  it.each([
    ["no snappy", Buffer.from("hello, this is no snappy")],
    ["no protobuf", snappyCompress(Buffer.from([0x0a, 0xff, 0xff, 0x01]))],
    ["a bomb", Buffer.concat([varint(2 ** 31), Buffer.from([0])])],
    ["a matcher of no type", snappyCompress(query(0, 1, [9, "a", "b"]))],
    ["a bad regular expression", snappyCompress(query(0, 1, [2, "a", "(?=x)"]))],
  ])("refuses %s", async (_what, body) => {
    const answer = await ask(body);
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { status: "error", errorType: "bad_data", error: expect.any(String) },
    ]);
  });

  it("refuses a body that is not there", async () => {
    const answer = await fetch(`${server.url}/api/v1/read`, { method: "POST" });
    expect(answer.status).toBe(400);
  });
});
