import type { LogList, Trace } from "@fleetlight/contract";
import { Client, credentials, Metadata, status, type ServiceError } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startServer, type RunningServer } from "#app";
import { ProtobufReader } from "#lib";

import { exportOfLogs, type SentRecord } from "../../collect/logs/fixture.ts";
import { message, text } from "../../collect/remote-write/fixture.ts";
import { exportOf } from "../../collect/spans/fixture.ts";
import { ask, makeSite } from "../fixture.ts";

const EXPORT = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
const TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const DAY_MS = 86_400_000;
const GZIP = 2;

const site = makeSite({
  host: { enabled: false },
  otlp: { grpc_port: 0, http_port: 0, grpc_max_message_bytes: 2_000_000 },
  storage: { max_pending_rows: 1000, flush_interval: "10m" },
});
let server: RunningServer;
const clients: Client[] = [];
const connect = (options: object = {}): Client => {
  const address = `127.0.0.1:${server.otlp.grpcPort}`;
  const client = new Client(address, credentials.createInsecure(), options);
  clients.push(client);
  return client;
};
let plain: Client;
beforeAll(async () => {
  server = await startServer(site);
  plain = connect();
});
afterAll(async () => {
  for (const client of clients) client.close();
  await server.stop();
  site.remove();
});

interface Ended {
  code: number;
  details: string;
  /** Lines that were refused although the call went well, and why. */
  refused: number;
  reason: string;
  retry: boolean;
}

function partialOf(answer: Buffer): Pick<Ended, "refused" | "reason"> {
  const partial = { refused: 0, reason: "" };
  const reader = new ProtobufReader(answer);
  if (!reader.next()) return partial;
  const inner = reader.message();
  while (inner.next())
    if (inner.field === 1) partial.refused = inner.uint32();
    else partial.reason = inner.string();
  return partial;
}

const call = (body: Buffer, tenant: string, client = plain, path = EXPORT): Promise<Ended> =>
  new Promise((resolve) => {
    const metadata = new Metadata();
    metadata.set("x-scope-orgid", tenant);
    client.makeUnaryRequest(
      path,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      body,
      metadata,
      (error: ServiceError | null, answer?: Buffer) =>
        resolve({
          code: error?.code ?? status.OK,
          details: error?.details ?? "",
          ...partialOf(answer ?? Buffer.alloc(0)),
          retry: (error?.metadata.get("grpc-status-details-bin").length ?? 0) > 0,
        }),
    );
  });

const get = async <T>(path: string, tenant: string): Promise<T> =>
  (await ask<T>(server.url + path, { headers: { "x-scope-orgid": tenant } })).body;
const linesOf = async (tenant: string) => (await get<LogList>("/api/v1/logs", tenant)).lines;

it.each([
  ["plain", {}],
  ["gzip", { "grpc.default_compression_algorithm": GZIP }],
])("lines come over gRPC, %s", async (way, options) => {
  const tenant = `team-${way}`;
  const sent: SentRecord = {
    body: `sent ${way} `.repeat(50),
    event: "device.failed",
    traceId: TRACE,
    spanId: SPAN,
    attributes: { zone: "a", "gen_ai.agent.name": "lead" },
  };
  const ended = await call(exportOfLogs([sent]), tenant, connect(options));
  expect(ended).toEqual({ code: status.OK, details: "", refused: 0, reason: "", retry: false });
  expect(await linesOf(tenant)).toMatchObject([
    {
      body: sent.body,
      service: "desk",
      scope: "app",
      level: "info",
      event: sent.event,
      trace_id: TRACE,
      span_id: SPAN,
      agent: "lead",
      attributes: sent.attributes,
    },
  ]);
  expect(await linesOf("others")).toEqual([]);
});

it("what an event tells of a span stands in its run", async () => {
  const traceId = "5".repeat(32);
  const spanId = "6".repeat(16);
  const said = { event: "gen_ai.choice", body: "done", traceId, spanId };
  expect((await call(exportOfLogs([said]), "agents")).code).toBe(status.OK);
  expect((await call(exportOf([{ traceId, spanId }]), "agents", plain, TRACES)).code).toBe(0);
  const trace = await get<Trace>(`/api/v1/traces/${traceId}`, "agents");
  expect(trace.all_spans?.map(({ content }) => content)).toEqual([
    [{ name: "gen_ai.choice", text: "done", truncated: false }],
  ]);
});

describe("of what cannot be kept", () => {
  it.each<[string, SentRecord, string]>([
    ["1970", { timeMs: 1 }, "older than storage.retention.logs"],
    ["2100", { timeMs: Date.UTC(2100, 0) }, "further ahead than an hour"],
    ["two days ahead", { timeMs: Date.now() + 2 * DAY_MS }, "further ahead than an hour"],
  ])("a line from %s is counted in the answer, the rest is taken", async (_, bad, reason) => {
    const tenant = `time-${bad.timeMs}`;
    const ended = await call(exportOfLogs([{ body: "good" }, bad, bad]), tenant);
    expect(ended).toMatchObject({ code: status.OK, refused: 2 });
    expect(ended.reason).toContain(reason);
    expect((await linesOf(tenant)).map(({ body }) => body)).toEqual(["good"]);
  });

  it.each<[string, SentRecord, object]>([
    ["short ids", { traceId: "ab", spanId: "cd" }, { trace_id: "", span_id: "" }],
    ["ids of zeros", { traceId: "0".repeat(32), spanId: SPAN }, { trace_id: "", span_id: "" }],
    ["a long span id", { traceId: TRACE, spanId: SPAN + SPAN }, { trace_id: TRACE, span_id: "" }],
    ["ids of a megabyte", { traceId: "ab".repeat(1e6) }, { trace_id: "" }],
    ["an unknown field", { more: text(99, "new") }, { body: "it works" }],
  ])("a line with %s stays without them", async (name, record, expected) => {
    const tenant = name.replaceAll(" ", "-");
    expect(await call(exportOfLogs([record]), tenant)).toMatchObject({ code: 0, refused: 0 });
    expect(await linesOf(tenant)).toMatchObject([expected]);
  });

  it("texts of a megabyte are cut, and attributes beyond the limit left out", async () => {
    const attributes = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`a${i}`, "b"]));
    const ended = await call(
      exportOfLogs([{ body: "x".repeat(1e6), attributes: { ...attributes, a0: "y".repeat(5e5) } }]),
      "large",
    );
    expect(ended.code).toBe(status.OK);
    const [line] = await linesOf("large");
    expect(line?.body).toHaveLength(65_536);
    expect(Object.keys(line?.attributes ?? {})).toHaveLength(512);
    expect(line?.attributes["a0"]).toHaveLength(8192);
    const { text: page } = await ask(`${server.url}/metrics`);
    for (const part of ["attributes", "text"])
      expect(page).toMatch(
        new RegExp(`fleetlight_ingest_log_parts_dropped_total\\{part="${part}"\\} [1-9]`),
      );
  });

  const good = exportOfLogs([{}]);
  /** Lists in lists. */
  const nested = (depth: number): Buffer =>
    depth === 0 ? text(1, "deep") : message(5, message(1, nested(depth - 1)));
  it.each<[string, Buffer, number]>([
    ["no protobuf", Buffer.from("hello"), status.INVALID_ARGUMENT],
    ["a message that ends early", good.subarray(0, -3), status.INVALID_ARGUMENT],
    ["a number for a body", exportOfLogs([{ more: Buffer.from([40, 1]) }]), 3],
    ["a number for a time", exportOfLogs([{ more: Buffer.from([8, 1]) }]), 3],
    ["bytes that are no UTF-8", exportOfLogs([{ more: Buffer.from([26, 1, 255]) }]), 3],
    ["values in one another", exportOfLogs([{ more: message(5, nested(40)) }]), 3],
    ["more than is taken", exportOfLogs([{ body: "x".repeat(3e6) }]), status.RESOURCE_EXHAUSTED],
  ])("%s ends the call, and nothing of it is kept", async (name, body, code) => {
    const tenant = name.replaceAll(" ", "-");
    const ended = await call(Buffer.concat([good, body]), tenant);
    expect(ended.code, ended.details).toBe(code);
    // What cannot succeed later must not be sent again.
    expect(ended.retry).toBe(false);
    expect(await linesOf(tenant)).toEqual([]);
    expect((await call(good, tenant)).code).toBe(status.OK);
  });

  it("a request for which there is no room comes again later", async () => {
    const ended = await call(exportOfLogs(Array.from({ length: 1001 }, () => ({}))), "many");
    expect([ended.code, ended.retry]).toEqual([status.UNAVAILABLE, true]);
    expect(await linesOf("many")).toEqual([]);
  });
});
