import { deflateSync, gzipSync, zstdCompressSync } from "node:zlib";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startServer, type RunningServer } from "#app";

import { otlpProtobuf } from "../../../../collect/otlp/fixture.ts";
import { ask, makeSite } from "../../../fixture.ts";

const site = makeSite({
  host: { enabled: false },
  ingest: { max_body_bytes: 8192, max_json_bytes: 2048 },
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
const request = (name: string, value: number, timeMs = now) => ({
  resourceMetrics: [
    {
      resource: { attributes: [] },
      scopeMetrics: [
        {
          metrics: [
            { name, gauge: { dataPoints: [{ timeUnixNano: `${timeMs}000000`, asDouble: value }] } },
          ],
        },
      ],
    },
  ],
});
const jsonOf = (...args: Parameters<typeof request>) =>
  Buffer.from(JSON.stringify(request(...args)));
const JSON_TYPE = { "content-type": "application/json" };
const PROTOBUF = { "content-type": "application/x-protobuf" };
const post = (body: Buffer, headers: Record<string, string>, path = "/v1/metrics") =>
  ask<Record<string, unknown>>(server.url + path, {
    method: "POST",
    body: new Uint8Array(body),
    headers,
  });
async function valueOf(query: string): Promise<string | undefined> {
  const answer = await ask<{ data: { result: { value: [number, string] }[] } }>(
    `${server.url}/api/v1/query?${new URLSearchParams({ query, time: String(now / 1000) })}`,
  );
  return answer.body.data.result[0]?.value[1];
}

it.each<[string, string, Buffer, Record<string, string>]>([
  ["json", "o1", jsonOf("o1", 1), JSON_TYPE],
  [
    "json with a charset",
    "o2",
    jsonOf("o2", 2),
    { "content-type": "application/json; charset=utf-8" },
  ],
  ["protobuf", "o3", otlpProtobuf(request("o3", 3)), PROTOBUF],
  [
    "gzip",
    "o4",
    gzipSync(otlpProtobuf(request("o4", 4))),
    { ...PROTOBUF, "content-encoding": "gzip" },
  ],
  ["deflate", "o5", deflateSync(jsonOf("o5", 5)), { ...JSON_TYPE, "content-encoding": "deflate" }],
  ["zstd", "o6", zstdCompressSync(jsonOf("o6", 6)), { ...JSON_TYPE, "content-encoding": "zstd" }],
])("takes %s", async (_name, metric, body, headers) => {
  const answer = await post(body, headers);
  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers.get("content-type")).toContain(headers["content-type"]?.split(";")[0]);
  expect(answer.text).toBe(headers["content-type"] === PROTOBUF["content-type"] ? "" : "{}");
  expect(await valueOf(metric)).toBe(metric.slice(1));
});

it("answers under Prometheus' path as well", async () => {
  expect((await post(jsonOf("o7", 7), JSON_TYPE, "/api/v1/otlp/v1/metrics")).status).toBe(200);
  expect(await valueOf("o7")).toBe("7");
});

it("tells what it refuses as partial success, in the sender's encoding", async () => {
  const json = await post(jsonOf("o8", 8, now + 86_400_000), JSON_TYPE);
  expect(json.status).toBe(200);
  expect(json.body).toEqual({
    partialSuccess: {
      rejectedDataPoints: "1",
      errorMessage: `out of bounds: too far in the future: ${now + 86_400_000} of o8`,
    },
  });
  const protobuf = await post(otlpProtobuf(request("o8", 8, now + 86_400_000)), PROTOBUF);
  expect(protobuf.text).toContain("out of bounds: too far in the future");
});

it("takes large bodies in protobuf, but not in JSON, which is read in one go", async () => {
  const large = request("o9", 9);
  const metrics = large.resourceMetrics[0]?.scopeMetrics[0]?.metrics ?? [];
  for (let i = 0; i < 30; i++)
    metrics.push(...(request(`o9_${i}`, i).resourceMetrics[0]?.scopeMetrics[0]?.metrics ?? []));
  const json = Buffer.from(JSON.stringify(large));
  const refused = await post(gzipSync(json), { ...JSON_TYPE, "content-encoding": "gzip" });
  expect(refused.status).toBe(413);
  expect(refused.text).toContain("ingest.max_json_bytes");
  expect(await valueOf("o9")).toBeUndefined();
  expect((await post(otlpProtobuf(large), PROTOBUF)).status).toBe(200);
  expect(await valueOf("o9_29")).toBe("29");
});

describe("refuses", () => {
  it.each<[string, Buffer, Record<string, string>, number]>([
    ["another content type", jsonOf("o9", 9), { "content-type": "text/plain" }, 415],
    ["another compression", jsonOf("o9", 9), { ...JSON_TYPE, "content-encoding": "br2" }, 415],
    [
      "what is not compressed as it says",
      jsonOf("o9", 9),
      { ...JSON_TYPE, "content-encoding": "gzip" },
      400,
    ],
    [
      "what becomes too large",
      gzipSync(Buffer.alloc(100_000)),
      { ...JSON_TYPE, "content-encoding": "gzip" },
      413,
    ],
    ["what is too large", Buffer.alloc(10_000), JSON_TYPE, 413],
    ["what is no JSON", Buffer.from("{"), JSON_TYPE, 400],
    ["what is no protobuf", Buffer.from([1, 2]), PROTOBUF, 400],
  ])("%s", async (_name, body, headers, status) => {
    const answer = await post(body, headers);
    expect(answer.status, answer.text).toBe(status);
  });
});
