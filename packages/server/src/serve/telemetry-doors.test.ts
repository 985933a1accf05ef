import { gzipSync } from "node:zlib";

import type { Service, Trace } from "@fleetlight/contract";
import { Client, credentials, status, type ServiceError } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";

import { startServer, type RunningServer } from "#app";

import { exportOf, manySpans } from "../collect/spans/fixture.ts";
import { jaegerBatch } from "../collect/spans/jaeger-fixture.ts";
import { ask, makeSite, until } from "./fixture.ts";

const site = makeSite({ host: { enabled: false }, otlp: { grpc_port: 0 } });
let server: RunningServer;
let client: Client;
beforeAll(async () => {
  server = await startServer(site);
  client = new Client(`127.0.0.1:${server.otlp.grpcPort}`, credentials.createInsecure());
});
afterAll(async () => {
  client.close();
  await server.stop();
  site.remove();
});

const PROTOBUF = "application/x-protobuf";
const JSON_TYPE = "application/json";
const TRACE = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const DAY_MS = 86_400_000;
const identity = (bytes: Buffer) => bytes;

const post = (path: string, type: string, body: Buffer, headers: Record<string, string> = {}) =>
  ask<Record<string, unknown>>(server.url + path, {
    method: "POST",
    headers: { "content-type": type, ...headers },
    body: new Uint8Array(body),
  });
const call = (body: Buffer): Promise<{ code: number; answer: string }> =>
  new Promise((resolve) => {
    client.makeUnaryRequest(
      TRACE,
      identity,
      identity,
      body,
      (error: ServiceError | null, answer?: Buffer) =>
        resolve({ code: error?.code ?? status.OK, answer: answer?.toString() ?? "" }),
    );
  });
const traceOf = (id: string) => ask<Trace>(`${server.url}/api/v1/traces/${id}`);
const figure = async (name: string): Promise<number> => {
  const { text } = await ask(`${server.url}/metrics`);
  const line = text.split("\n").find((one) => one.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? 0);
};
const refusedBy = (reason: string) =>
  figure(`fleetlight_ingest_spans_refused_total{reason="${reason}"}`);

/** A span that is right, to be sent with one that is not. */
const good = { traceId: "9".repeat(32), spanId: "9".repeat(16) };

describe("a span that is wrong is refused alone, told as partial success, and counted", () => {
  test.each<[string, string, object]>([
    ["a trace id that is too short", "invalid_id", { traceId: "abcd" }],
    ["a trace id that is too long", "invalid_id", { traceId: "a".repeat(40) }],
    ["a trace id of zeros", "invalid_id", { traceId: "0".repeat(32) }],
    ["no span id", "invalid_id", { spanId: "" }],
    ["a span id that is too long", "invalid_id", { spanId: "a".repeat(2000) }],
    ["a parent's id that is too short", "invalid_id", { parentSpanId: "ab" }],
    ["a span of 1970", "too_old", { startMs: 1 }],
    ["a span of 2100", "future", { startMs: Date.UTC(2100, 0) }],
    ["a span of tomorrow", "future", { startMs: Date.now() + DAY_MS }],
    ["a name that is not UTF-8", "invalid_utf8", { name: Buffer.from([0xff, 0xfe]) }],
    [
      "an attribute that is not UTF-8",
      "invalid_utf8",
      { attributes: [["a", Buffer.from([0xc3, 0x28])]] },
    ],
  ])("%s", async (_name, reason, span) => {
    const body = exportOf([good, span]);
    const before = await refusedBy(reason);
    const answer = await post("/v1/traces", PROTOBUF, body);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, PROTOBUF]);
    expect(answer.text).toContain("1 spans:");
    const ended = await call(body);
    expect([ended.code, ended.answer]).toEqual([status.OK, expect.stringContaining("1 spans:")]);
    expect(await refusedBy(reason)).toBe(before + 2);
  });
});

describe("a request that is wrong is refused as a whole, and counted", () => {
  test.each<[string, Buffer]>([
    ["truncated protobuf", exportOf([good]).subarray(0, -5)],
    ["text", Buffer.from("hello")],
    ["zeros", Buffer.alloc(100)],
    ["a length beyond the end", Buffer.from([10, 0xff, 0xff, 0xff, 0xff, 0x0f])],
    ["a span with too many parts", exportOf([{ attributes: Array(200_000).fill(["", ""]) }])],
  ])("%s", async (_name, body) => {
    const before = await refusedBy("malformed");
    const answer = await post("/v1/traces", PROTOBUF, body);
    expect(answer.status).toBe(400);
    // A google.rpc.Status: its code, then its message.
    expect(answer.headers.get("content-type")).toBe(PROTOBUF);
    expect([...Buffer.from(answer.text).subarray(0, 3)]).toEqual([8, 3, 18]);
    expect((await call(body)).code).toBe(status.INVALID_ARGUMENT);
    expect(await refusedBy("malformed")).toBe(before + 2);
  });

  test.each<[string, string, string, Buffer, Record<string, string>, number]>([
    ["another content type", "/v1/traces", "text/plain", exportOf([good]), {}, 415],
    ["JSON that is none", "/v1/traces", JSON_TYPE, Buffer.from("{"), {}, 400],
    ["JSON of another shape", "/v1/traces", JSON_TYPE, Buffer.from('{"resourceSpans":1}'), {}, 400],
    [
      "100 MB that were compressed",
      "/v1/traces",
      PROTOBUF,
      gzipSync(Buffer.alloc(100_000_000)),
      { "content-encoding": "gzip" },
      413,
    ],
    [
      "Thrift that ends early",
      "/api/traces",
      "application/x-thrift",
      Buffer.from([12, 0]),
      {},
      400,
    ],
    ["Thrift that is called otherwise", "/api/traces", "text/plain", jaegerBatch([{}]), {}, 415],
    ["Zipkin's that is no list", "/api/v2/spans", JSON_TYPE, Buffer.from("{}"), {}, 400],
    ["Zipkin's as protobuf", "/api/v2/spans", PROTOBUF, Buffer.from("{}"), {}, 415],
  ])("%s", async (_name, path, type, body, headers, expected) => {
    const answer = await post(path, type, body, headers);
    expect(answer.status, answer.text).toBe(expected);
  });

  it("with a status in JSON for who sends JSON", async () => {
    const { body } = await post("/v1/traces", JSON_TYPE, Buffer.from("{"));
    expect(body).toMatchObject({
      code: 3,
      message: expect.any(String),
      error: { code: "bad_request" },
    });
  });

  it("100 MB that are only announced", async () => {
    const answer = await post("/v1/traces", PROTOBUF, Buffer.alloc(33 << 20)).catch(
      () => undefined,
    );
    // The connection may be closed before the client has sent all.
    expect([413, undefined]).toContain(answer?.status);
    expect((await call(Buffer.alloc(17 << 20))).code).toBe(status.RESOURCE_EXHAUSTED);
  });
});

describe("what is unusual is taken, within the limits", () => {
  it("10,000 attributes", async () => {
    const traceId = "a".repeat(32);
    const lost = 'fleetlight_ingest_span_parts_dropped_total{part="attributes"}';
    const before = await figure(lost);
    const attributes = Array.from({ length: 10_000 }, (_, index) => [`k${index}`, "v"] as const);
    expect((await post("/v1/traces", PROTOBUF, exportOf([{ traceId, attributes }]))).text).toBe("");
    expect((await traceOf(traceId)).body.all_spans).toHaveLength(1);
    expect(await figure(lost)).toBe(before + 10_000 - 512);
  });

  it("a value of a megabyte, of which the beginning is kept", async () => {
    const traceId = "b".repeat(32);
    const cut = 'fleetlight_ingest_span_parts_dropped_total{part="text"}';
    const before = await figure(cut);
    const attributes = [
      ["long", "ä".repeat(1 << 20)],
      ["gen_ai.input.messages", "x".repeat(1 << 20)],
    ] as const;
    await post("/v1/traces", PROTOBUF, exportOf([{ traceId, attributes }]));
    expect((await traceOf(traceId)).status).toBe(200);
    expect(await figure(cut)).toBe(before + 2);
  });

  it("spans that are one another's parents", async () => {
    const traceId = "c".repeat(32);
    const [one, two] = ["1".repeat(16), "2".repeat(16)];
    await post(
      "/v1/traces",
      PROTOBUF,
      exportOf([
        { traceId, spanId: one, parentSpanId: two },
        { traceId, spanId: two, parentSpanId: one },
        { traceId, spanId: "3".repeat(16), parentSpanId: "3".repeat(16) },
      ]),
    );
    expect((await traceOf(traceId)).body.all_spans).toHaveLength(3);
  });

  it("texts that look like SQL, HTML and ends of lines stay texts", async () => {
    const traceId = "d".repeat(32);
    const name = "<script>alert(1)</script>'; DROP TABLE spans; --\n\nDROP TABLE spans\r\n";
    await post(
      "/v1/traces",
      PROTOBUF,
      exportOf([{ traceId, name, attributes: [[name, name]] }], name),
    );
    const { body } = await traceOf(traceId);
    expect(body.all_spans[0]?.name).toBe(name);
  });
});

describe("spans of others", () => {
  it("of Jaeger's clients", async () => {
    const body = jaegerBatch([{ trace: [0n, 0x77n], name: "charge" }], "billing");
    const answer = await post("/api/traces?format=jaeger.thrift", "application/x-thrift", body);
    expect(answer.status).toBe(202);
    const { body: trace } = await traceOf("77".padStart(32, "0"));
    expect(trace.all_spans).toMatchObject([{ name: "charge", service: "billing" }]);
  });

  it("of Zipkin's", async () => {
    const span = {
      traceId: "88",
      id: "1",
      name: "charge",
      timestamp: Date.now() * 1000,
      localEndpoint: { serviceName: "shop" },
    };
    const body = gzipSync(Buffer.from(JSON.stringify([span])));
    const answer = await post("/api/v2/spans", JSON_TYPE, body, { "content-encoding": "gzip" });
    expect(answer.status).toBe(202);
    const { body: trace } = await traceOf("88".padStart(32, "0"));
    expect(trace.all_spans).toMatchObject([{ name: "charge", service: "shop" }]);
  });
});

it("lets others have their turns while it reads many spans", async () => {
  const body = exportOf(manySpans(30_000, { attributes: [["gen_ai.operation.name", "chat"]] }));
  let turns = 0;
  const count = () => {
    turns++;
    ticking = setImmediate(count);
  };
  let ticking = setImmediate(count);
  const answer = await post("/v1/traces", PROTOBUF, body);
  clearImmediate(ticking);
  expect(answer.status).toBe(200);
  // Eight milliseconds a turn: this many spans take hundreds of them.
  expect(turns).toBeGreaterThan(20);
});

it("shows services that send telemetry, and checks none of them", async () => {
  const services = () => ask<{ services: Service[] }>(`${server.url}/api/v1/services`);
  const { body } = await until(
    services,
    (answer) => answer.body.services.some(({ id }) => id === "billing"),
    10_000,
  );
  expect(body.services.find(({ id }) => id === "billing")).toMatchObject({
    origin: "telemetry",
    status: "unknown",
    check: { mode: "none" },
  });
});
