import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

import type { Trace } from "@fleetlight/contract";
import { credentials, Client, Metadata, status, type ServiceError } from "@grpc/grpc-js";
import { OTLPTraceExporter as GrpcExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as HttpExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { TracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace";
import { afterAll, beforeAll, describe, expect, it, test, vi } from "vitest";

import { startServer, type RunningServer } from "#app";
import { ProtobufReader } from "#lib";

import { otlpProtobuf } from "../../collect/otlp/fixture.ts";
import { exportOf, manySpans } from "../../collect/spans/fixture.ts";
import { ask, makeSite, until } from "../fixture.ts";

const TOKEN = "a-token-that-is-long-enough";
const READER = "a-token-that-may-only-read";
const site = makeSite({
  host: { enabled: false },
  otlp: { grpc_port: 0, http_port: 0, grpc_max_message_bytes: 200_000 },
  limits: { samples_per_second: 1 },
  storage: { max_pending_rows: 1000, flush_interval: "10m" },
  auth: {
    tokens: [
      { name: "sender", token: TOKEN, scopes: ["write"] },
      { name: "reader", token: READER, scopes: ["read"] },
    ],
  },
});
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

const TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const METRICS = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
const SENDER = { authorization: `Bearer ${TOKEN}`, "x-scope-orgid": "team" };
const identity = (bytes: Buffer) => bytes;

interface Ended {
  code: number;
  details: string;
  answer: Buffer;
  retry: Buffer | undefined;
}

const call = (
  path: string,
  body: Buffer,
  headers: Record<string, string> = SENDER,
): Promise<Ended> =>
  new Promise((resolve) => {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
    client.makeUnaryRequest(
      path,
      identity,
      identity,
      body,
      metadata,
      (error: ServiceError | null, answer?: Buffer) =>
        resolve({
          code: error?.code ?? status.OK,
          details: error?.details ?? "",
          answer: answer ?? Buffer.alloc(0),
          retry: error?.metadata.get("grpc-status-details-bin")[0] as Buffer | undefined,
        }),
    );
  });

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const traceOf = (id: string, tenant = "team") =>
  ask<Trace>(`${server.url}/api/v1/traces/${id}`, {
    headers: { authorization: `Bearer ${READER}`, "x-scope-orgid": tenant },
  });

function grpcExporter(compression: string) {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(SENDER)) metadata.set(name, value);
  return new GrpcExporter({
    url: `http://127.0.0.1:${server.otlp.grpcPort}`,
    metadata,
    compression: compression as never,
  });
}

const httpExporter = (compression: string) =>
  new HttpExporter({
    url: `${server.otlp.httpUrl}/v1/traces`,
    headers: SENDER,
    compression: compression as never,
  });

test.each([
  ["gRPC", "none", grpcExporter],
  ["gRPC", "gzip", grpcExporter],
  ["HTTP", "none", httpExporter],
  ["HTTP", "gzip", httpExporter],
])("OpenTelemetry's own exporter is understood over %s, compression %s", async (_, way, create) => {
  const exporter = create(way);
  const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] });
  const span = provider.getTracer("test").startSpan("invoke_agent lead");
  span.setAttributes({ "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "lead" });
  span.end();
  await provider.forceFlush();
  await provider.shutdown();
  const { traceId } = span.spanContext();
  const { body } = await until(
    () => traceOf(traceId),
    (answer) => answer.status === 200,
  );
  expect(body.all_spans).toMatchObject([{ name: "invoke_agent lead", agent: "lead" }]);
  expect((await traceOf(traceId, "others")).status).toBe(404);
});

it("tells what it refuses as partial success, and takes the rest", async () => {
  const traceId = "1".repeat(32);
  const ended = await call(TRACES, exportOf([{ traceId }, { traceId, spanId: "ab" }]));
  expect(ended.code).toBe(status.OK);
  const reader = new ProtobufReader(ended.answer);
  expect(reader.next()).toBe(true);
  const partial = reader.message();
  expect([partial.next(), partial.uint32()]).toEqual([true, 1]);
  expect([partial.next(), partial.string()]).toEqual([true, expect.stringContaining("1 spans:")]);
  expect((await traceOf(traceId)).body.all_spans).toHaveLength(1);
});

describe("ends a call with", () => {
  it.each<[string, string, Buffer, Record<string, string>, number]>([
    ["UNAUTHENTICATED without a token", TRACES, exportOf([{}]), {}, status.UNAUTHENTICATED],
    [
      "PERMISSION_DENIED for one that may only read",
      TRACES,
      exportOf([{}]),
      { authorization: `Bearer ${READER}` },
      status.PERMISSION_DENIED,
    ],
    [
      "INVALID_ARGUMENT for a tenant that is none",
      TRACES,
      exportOf([{}]),
      { ...SENDER, "x-scope-orgid": "../etc" },
      status.INVALID_ARGUMENT,
    ],
    ["INVALID_ARGUMENT for what is no protobuf", TRACES, Buffer.from([1, 2]), SENDER, 3],
    ["INVALID_ARGUMENT for metrics that end early", METRICS, Buffer.from([10, 99]), SENDER, 3],
    ["INVALID_ARGUMENT for a truncated message", TRACES, exportOf([{}]).subarray(0, -3), SENDER, 3],
    ["RESOURCE_EXHAUSTED for a large one", TRACES, Buffer.alloc(300_000), SENDER, 8],
    ["UNIMPLEMENTED for another method", "/a.b/C", exportOf([{}]), SENDER, status.UNIMPLEMENTED],
  ])("%s", async (_name, path, body, headers, code) => {
    const ended = await call(path, body, headers);
    expect(ended.code, ended.details).toBe(code);
    // What cannot succeed later must not be sent again.
    expect(ended.retry).toBeUndefined();
  });

  it("UNAVAILABLE and when to come again, while the store is behind", async () => {
    const ended = await call(TRACES, exportOf(manySpans(1001)));
    expect([ended.code, ended.details]).toEqual([
      14,
      expect.stringContaining("the store is behind"),
    ]);
    expect(ended.retry?.toString()).toContain("google.rpc.RetryInfo");
  });

  it("RESOURCE_EXHAUSTED and when to come again, beyond a limit of the tenant", async () => {
    const metrics = Array.from({ length: 30 }, (_, index) => ({
      name: `m${index}`,
      gauge: { dataPoints: [{ timeUnixNano: `${Date.now()}000000`, asDouble: 1 }] },
    }));
    const body = otlpProtobuf({
      resourceMetrics: [{ resource: { attributes: [] }, scopeMetrics: [{ metrics }] }],
    });
    // A tenant that was silent may send one burst.
    expect((await call(METRICS, body)).code).toBe(status.OK);
    const ended = await call(METRICS, body);
    expect(ended.code, ended.details).toBe(status.RESOURCE_EXHAUSTED);
    expect(ended.retry?.toString()).toContain("google.rpc.RetryInfo");
  });
});

it("counts calls by how they ended", async () => {
  const page = await ask(`${server.url}/metrics`, bearer(READER));
  for (const code of ["OK", "UNAUTHENTICATED", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "UNREAD"])
    expect(page.text).toMatch(
      new RegExp(`fleetlight_ingest_grpc_calls_total\\{code="${code}"\\} [1-9]`),
    );
});

describe("the port of OTLP over HTTP", () => {
  const post = (path: string, headers: Record<string, string> = {}) =>
    ask(server.otlp.httpUrl + path, {
      method: "POST",
      headers: {
        authorization: `Bearer ${TOKEN}`,
        "content-type": "application/x-protobuf",
        "content-encoding": "gzip",
        ...headers,
      },
      body: new Uint8Array(gzipSync(exportOf([{ traceId: "4".repeat(32) }]))),
    });

  it("takes what is sent there", async () => {
    expect((await post("/v1/traces")).status).toBe(200);
    expect((await traceOf("4".repeat(32), "default")).body.all_spans).toHaveLength(1);
  });

  it("asks for tokens, and answers nothing else", async () => {
    expect((await post("/v1/traces", { authorization: "" })).status).toBe(401);
    for (const path of ["/api/v1/services", "/metrics", "/dashboard", "/api/v1/write", "/docs"])
      expect((await ask(server.otlp.httpUrl + path, bearer(TOKEN))).status, path).toBe(404);
  });
});

it("goes on without a port that is taken, and says so", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as AddressInfo;
  // Both ports are the same one here; the second server has only these two doors in common with the first.
  const second = makeSite({
    host: { enabled: false },
    storage: { ephemeral: true },
    otlp: { grpc_port: port, http_port: port },
  });
  const warnings: string[] = [];
  const written = vi.spyOn(console, "error");
  second.logger.warn = ((...said: unknown[]) => warnings.push(String(said.at(-1)))) as never;
  const running = await startServer(second);
  expect(running.otlp).toMatchObject({ grpcPort: undefined, httpUrl: undefined });
  expect(warnings.filter((text) => text.includes(`:${port}:`))).toHaveLength(2);
  expect(written).not.toHaveBeenCalled();
  written.mockRestore();
  expect((await ask(`${running.url}/health`)).status).toBe(200);
  await running.stop();
  second.remove();
  other.close();
});
