import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startServer, type RunningServer } from "#app";

import {
  snappyCompress,
  writeRequest,
  writeRequestV2,
} from "../../../../collect/remote-write/fixture.ts";
import { ask, makeSite } from "../../../fixture.ts";

const site = makeSite({
  host: { enabled: false },
  server: { rate_limit: { requests_per_minute: 20 } },
  ingest: { max_body_bytes: 4096 },
});
let server: RunningServer;
beforeAll(async () => {
  server = await startServer(site);
});
afterAll(async () => {
  await server.stop();
  site.remove();
});

const now = Date.now();
const series = (name: string, timeMs = now, value = 1) => [
  {
    labels: [["__name__", name]] as [string, string][],
    samples: [[timeMs, value]] as [number, number][],
  },
];
const V1 = { "content-type": "application/x-protobuf", "content-encoding": "snappy" };
const V2 = { ...V1, "content-type": "application/x-protobuf;proto=io.prometheus.write.v2.Request" };
const post = (body: Buffer, headers: Record<string, string> = V1) =>
  ask(`${server.url}/api/v1/write`, { method: "POST", body: new Uint8Array(body), headers });
async function valueOf(query: string, tenant = "default"): Promise<string | undefined> {
  const answer = await ask<{ data: { result: { value: [number, string] }[] } }>(
    `${server.url}/api/v1/query?${new URLSearchParams({ query, time: String(now / 1000) })}`,
    { headers: { "x-scope-orgid": tenant } },
  );
  return answer.body.data.result[0]?.value[1];
}

it("takes version 1.0 and answers questions about it at once", async () => {
  const answer = await post(snappyCompress(writeRequest(series("w1", now, 42))));
  expect(answer.status).toBe(204);
  expect(answer.text).toBe("");
  expect(await valueOf("w1")).toBe("42");
});

it("takes version 2.0 and tells what was written", async () => {
  const answer = await post(snappyCompress(writeRequestV2(series("w2", now, 43))), V2);
  expect(answer.status).toBe(204);
  expect(answer.headers.get("x-prometheus-remote-write-samples-written")).toBe("1");
  expect(answer.headers.get("x-prometheus-remote-write-histograms-written")).toBe("0");
  expect(answer.headers.get("x-prometheus-remote-write-exemplars-written")).toBe("0");
  expect(await valueOf("w2")).toBe("43");
});

it("keeps tenants apart", async () => {
  await post(snappyCompress(writeRequest(series("w3", now, 1))), { ...V1, "x-scope-orgid": "one" });
  await post(snappyCompress(writeRequest(series("w3", now, 2))), { ...V1, "x-scope-orgid": "two" });
  expect(await valueOf("w3", "one")).toBe("1");
  expect(await valueOf("w3", "two")).toBe("2");
  expect(await valueOf("w3")).toBeUndefined();
});

it("keeps the good samples of a request and tells the bad ones as plain text", async () => {
  await post(snappyCompress(writeRequest(series("w4", now, 1))));
  const answer = await post(
    snappyCompress(writeRequest([...series("w4", now, 2), ...series("w5", now, 3)])),
  );
  expect(answer.status).toBe(400);
  expect(answer.headers.get("content-type")).toMatch(/^text\/plain/);
  expect(answer.text).toBe(`duplicate sample for timestamp: ${now} of w4\n`);
  expect(answer.headers.get("x-prometheus-remote-write-samples-written")).toBe("1");
  expect(await valueOf("w5")).toBe("3");
});

describe("refuses", () => {
  const good = snappyCompress(writeRequest(series("w6")));
  it.each<[string, Buffer, Record<string, string>, number]>([
    ["another content type", good, { ...V1, "content-type": "application/json" }, 415],
    ["another message", good, { ...V1, "content-type": "application/x-protobuf;proto=other" }, 415],
    [
      "a message that is named like a part of every object",
      good,
      { ...V1, "content-type": "application/x-protobuf;proto=constructor" },
      415,
    ],
    ["another compression", good, { ...V1, "content-encoding": "gzip" }, 415],
    ["a body that is no snappy block", Buffer.from("hello"), V1, 400],
    ["no body at all", Buffer.alloc(0), V1, 400],
    ["a large body", Buffer.alloc(5000), V1, 413],
    ["a body that would become large", Buffer.from([129, 32, 0, 1]), V1, 413],
    ["a tenant that is none", good, { ...V1, "x-scope-orgid": "a/b" }, 400],
    ["a tenant that is a path", good, { ...V1, "x-scope-orgid": ".." }, 400],
  ])("%s", async (_name, body, headers, status) => {
    const answer = await post(body, headers);
    expect(answer.status, answer.text).toBe(status);
  });
});

it("takes bodies of early senders, who announce nothing", async () => {
  const answer = await fetch(`${server.url}/api/v1/write`, {
    method: "POST",
    body: new Blob([new Uint8Array(snappyCompress(writeRequest(series("w7", now, 7))))]),
  });
  expect(answer.status).toBe(204);
  expect(await valueOf("w7")).toBe("7");
});

it("does not count requests that bring samples as requests a minute", async () => {
  for (let i = 0; i < 40; i++)
    expect((await post(snappyCompress(writeRequest(series("w8", now + i))))).status).toBe(204);
});
