import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { createRegistry } from "@fleetlight/sdk";
import { afterEach, describe, expect, it, vi } from "vitest";

import { ConfigSchema, type ConfigInput } from "#config";
import { createLogger, createOutbound } from "#lib";

import { exportOf } from "../spans/fixture.ts";
import { jaegerBatch } from "../spans/jaeger-fixture.ts";
import { readSpansJaeger } from "../spans/read-jaeger.ts";
import { readSpansProtobuf } from "../spans/read-protobuf.ts";
import { GatewayPusher, hopsOf, TelemetryForwarder } from "./index.ts";

const POLICY = { allowLinkLocal: false, allowAddresses: [] };
const logger = createLogger({ level: "silent", format: "json" }, { version: "test" });

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

interface Told {
  method: string | undefined;
  path: string | undefined;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Answers the given statuses one after the other, and then 200; 0 is no answer at all. */
async function startPeer(...statuses: number[]) {
  const told: Told[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const sent = Buffer.concat(chunks);
      const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent;
      told.push({ method: request.method, path: request.url, headers: request.headers, body });
      const status = statuses.shift() ?? 200;
      if (status === 0) request.socket.destroy();
      else response.writeHead(status, { "retry-after": "0" }).end("said");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { told, url: `http://127.0.0.1:${port}` };
}

type Forwarding = NonNullable<ConfigInput["forwarding"]>;

function start(forwarding: Forwarding) {
  const registry = createRegistry();
  const outbound = createOutbound(POLICY);
  let config = ConfigSchema.parse({ forwarding });
  const options = {
    config: () => config,
    outbound,
    policy: () => POLICY,
    now: Date.now,
    random: () => 0,
    logger,
    registry,
  };
  const forwarder = new TelemetryForwarder(options);
  const pusher = new GatewayPusher(options);
  stops.push(
    () => outbound.close(),
    () => forwarder.stop(),
    () => pusher.stop(),
  );
  const body = exportOf([{ traceId: "1".repeat(32), attributes: [["a", "b".repeat(2000)]] }]);
  return {
    forwarder,
    pusher,
    body,
    offer: (more: Partial<Parameters<TelemetryForwarder["offer"]>[0]> = {}) =>
      forwarder.offer({
        signal: "traces",
        tenant: "default",
        body,
        encoding: "protobuf",
        hops: 0,
        ...more,
      }),
    change: (next: Forwarding) => {
      config = ConfigSchema.parse({ forwarding: next });
      forwarder.reconfigure();
    },
    metrics: () => String(registry.expose("text")),
  };
}

describe("forwarding to OTLP/HTTP", () => {
  it("sends each signal as it came, to those who want it", async () => {
    const all = await startPeer();
    const logs = await startPeer();
    const { offer, body, metrics } = start({
      otlp: [
        { url: `${all.url}/otel/?key=1`, headers: { "x-api-key": "k" } },
        { url: logs.url, signals: ["logs"] },
      ],
    });
    offer({ tenant: "team-a" });
    offer({ signal: "logs", encoding: "json", body: Buffer.from("{}"), hops: 1 });
    await vi.waitFor(() => expect([all.told.length, logs.told.length]).toEqual([2, 1]));
    const [trace] = all.told.filter(({ path }) => path?.includes("traces"));
    expect(trace?.path).toBe("/otel/v1/traces?key=1");
    expect(trace?.body.equals(body)).toBe(true);
    expect(trace?.headers).toMatchObject({
      "content-type": "application/x-protobuf",
      "content-encoding": "gzip",
      "x-api-key": "k",
      "x-scope-orgid": "team-a",
      "x-fleetlight-hops": "1",
    });
    expect(logs.told[0]).toMatchObject({
      path: "/v1/logs",
      headers: { "content-type": "application/json", "x-fleetlight-hops": "2" },
    });
    await vi.waitFor(() =>
      expect(metrics()).toContain('fleetlight_forwarding_requests_total{signal="traces"} 1'),
    );
    expect(metrics()).toContain("fleetlight_forwarding_queue_bytes 0");
  });

  it("reads a secret from its file", async () => {
    const peer = await startPeer();
    const directory = mkdtempSync(join(tmpdir(), "fleetlight-forward-"));
    stops.push(() => rmSync(directory, { recursive: true }));
    const path = join(directory, "token");
    writeFileSync(path, "hunter2\n");
    start({ otlp: [{ url: peer.url, authorization: { credentials_file: path } }] }).offer();
    await vi.waitFor(() => expect(peer.told[0]?.headers.authorization).toBe("Bearer hunter2"));
  });

  it.each([429, 503, 0])("comes again after a temporary failure: %d", async (status) => {
    const peer = await startPeer(status);
    const { offer, metrics } = start({ otlp: [{ url: peer.url }] });
    offer();
    await vi.waitFor(() => expect(peer.told).toHaveLength(2), 8000);
    expect(metrics()).toContain("fleetlight_forwarding_failures_total 1");
    await vi.waitFor(() => expect(metrics()).toContain("fleetlight_forwarding_queue_bytes 0"));
  });

  it("gives up what is refused for good, and goes on", async () => {
    const peer = await startPeer(400);
    const { offer, metrics } = start({ otlp: [{ url: peer.url }] });
    offer();
    await vi.waitFor(() =>
      expect(metrics()).toContain(
        'fleetlight_forwarding_dropped_total{signal="traces",reason="refused"} 1',
      ),
    );
    offer({ signal: "metrics" });
    await vi.waitFor(() => expect(peer.told.at(-1)?.path).toBe("/v1/metrics"));
  });

  it("drops what does not fit its queue, and counts it", async () => {
    const peer = await startPeer(503, 503, 503, 503, 503, 503);
    const { offer, metrics } = start({ otlp: [{ url: peer.url, queue_bytes: "1MiB" }] });
    for (let index = 0; index < 4; index++) offer({ body: Buffer.alloc(400_000, index) });
    expect(metrics()).toContain(
      'fleetlight_forwarding_dropped_total{signal="traces",reason="queue_full"} 2',
    );
    expect(metrics()).toContain("fleetlight_forwarding_queue_bytes 800000");
  });

  it("never asks an address that may not be asked", async () => {
    const { offer, metrics } = start({ otlp: [{ url: "http://169.254.169.254" }] });
    offer();
    await vi.waitFor(() => expect(metrics()).toContain('reason="refused"} 1'));
  });

  it("ends a circle of servers that pass on to one another", async () => {
    const peer = await startPeer();
    const { offer } = start({ otlp: [{ url: peer.url }] });
    expect([undefined, "0", "3", "4", "x", ["1", "1"]].map(hopsOf)).toEqual([
      0,
      0,
      3,
      undefined,
      undefined,
      undefined,
    ]);
    offer({ hops: hopsOf("4") });
    offer({ signal: "metrics" });
    await vi.waitFor(() => expect(peer.told.map(({ path }) => path)).toEqual(["/v1/metrics"]));
  });

  it("goes where the configuration says from now on", async () => {
    const [first, second] = [await startPeer(), await startPeer()];
    const { offer, change } = start({ otlp: [{ url: first.url }] });
    change({ otlp: [{ url: second.url }] });
    offer();
    await vi.waitFor(() => expect(second.told).toHaveLength(1));
    expect(first.told).toHaveLength(0);
  });
});

describe("forwarding.jaeger_endpoint", () => {
  it("is a collector of OTLP, unless its path is that of Jaeger's Thrift", async () => {
    const peer = await startPeer();
    const { offer, body, change } = start({ jaeger_endpoint: peer.url.replace("http://", "") });
    offer();
    offer({ signal: "logs" });
    await vi.waitFor(() => expect(peer.told.map(({ path }) => path)).toEqual(["/v1/traces"]));
    expect(peer.told[0]?.body.equals(body)).toBe(true);

    change({ jaeger_endpoint: `${peer.url}/api/traces` });
    offer();
    await vi.waitFor(() => expect(peer.told[1]?.path).toBe("/api/traces"));
    expect(peer.told[1]?.headers["content-type"]).toBe("application/x-thrift");
    const [span] = [...readSpansJaeger(peer.told[1]?.body ?? Buffer.alloc(0))];
    expect(span?.resource.get("service.name")).toBe("fleet");
    expect(span?.span).toMatchObject({
      traceId: "1".repeat(32),
      spanId: "b7ad6b7169203331",
      name: "step",
    });
    expect(span?.span?.attributes.get("a")).toBe("b".repeat(2000));
  });

  it("is sent what Jaeger's clients sent, as it came or as OTLP", async () => {
    const peer = await startPeer();
    const batch = jaegerBatch([
      {
        trace: [1n, 2n],
        name: "x",
        parent: 9n,
        references: [{ type: 1, trace: [0n, 5n], span: 6n }],
        tags: [
          ["error", true],
          ["otel.scope.name", "http"],
          ["count", -3n],
          ["ratio", 0.5],
          ["text", "ä"],
        ],
        logs: [{ timeUs: Date.now() * 1000, fields: [["event", "retry"]] }],
      },
    ]);
    const { offer } = start({
      jaeger_endpoint: `${peer.url}/api/traces`,
      otlp: [{ url: peer.url }],
    });
    offer({ encoding: "jaeger", body: batch });
    await vi.waitFor(() => expect(peer.told).toHaveLength(2));
    const bodyAt = (wanted: string) =>
      peer.told.find(({ path }) => path === wanted)?.body ?? Buffer.alloc(0);
    expect(bodyAt("/api/traces").equals(batch)).toBe(true);
    const [sent] = [...readSpansJaeger(batch)];
    expect([...readSpansProtobuf(bodyAt("/v1/traces"))]).toEqual([sent]);
  });
});

describe("forwarding.prometheus_gateway", () => {
  it("is pushed the server's own metrics, again and again", async () => {
    const peer = await startPeer(500);
    const { pusher, metrics } = start({
      prometheus_gateway: `${peer.url.replace("http://", "")}/base/`,
      gateway_interval: "100ms",
    });
    pusher.start();
    await vi.waitFor(() => expect(peer.told.length).toBeGreaterThan(2), 5000);
    expect(peer.told[1]).toMatchObject({ method: "PUT", path: "/base/metrics/job/fleetlight" });
    expect(peer.told[1]?.body.toString()).toContain("fleetlight_forwarding_failures_total 0");
    expect(metrics()).toContain('fleetlight_gateway_pushes_total{result="failed"} 1');
  });
});
