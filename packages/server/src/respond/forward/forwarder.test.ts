import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

import { createRegistry } from "@fleetlight/sdk";
import { ConfigSchema, type ConfigInput } from "#config";
import { createLogger, createOutbound } from "#lib";
import { afterEach, describe, expect, it, vi } from "vitest";

import type { AlertmanagerChange, AlertView } from "../alertmanager.ts";
import { fingerprintOf } from "../fingerprint.ts";
import type { PipelineAlert } from "../types.ts";
import { createForwarder, type Forwarder } from "./index.ts";

const POLICY = { allowLinkLocal: false, allowAddresses: [] };
const logger = createLogger({ level: "silent", format: "json" }, { version: "test" });

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

interface Told {
  path: string | undefined;
  headers: IncomingHttpHeaders;
  alerts: { labels: Record<string, string>; startsAt: string; endsAt: string }[];
}

/** An HTTP server that answers the given statuses one after the other, and then 200. */
async function startPeer(...statuses: number[]) {
  const told: Told[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const alerts = JSON.parse(Buffer.concat(chunks).toString()) as Told["alerts"];
      told.push({ path: request.url, headers: request.headers, alerts });
      response.writeHead(statuses.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const names = () =>
    told.map(({ alerts }) => alerts.map(({ labels }) => labels["alertname"]).join());
  return { told, names, address: `127.0.0.1:${port}` };
}

function alert(name: string, more: Partial<PipelineAlert> = {}): PipelineAlert {
  const labels = { alertname: name, ...more.labels };
  return {
    tenant: "default",
    fingerprint: fingerprintOf(labels),
    annotations: { summary: "s" },
    startsAtMs: Date.now() - 1000,
    endsAtMs: Infinity,
    updatedAtMs: Date.now(),
    generatorUrl: "http://here/1",
    alertId: "1",
    timesOut: false,
    cooldownMs: 0,
    ...more,
    labels,
  };
}

/** What the forwarder listens to: alerts that are there already, and changes as the test tells them. */
function source(existing: PipelineAlert[] = []) {
  let listener: ((change: AlertmanagerChange) => void) | undefined;
  return {
    onChange: (next: (change: AlertmanagerChange) => void) => {
      listener = next;
      return () => (listener = undefined);
    },
    tenants: () => [...new Set(existing.map(({ tenant }) => tenant))],
    alerts: async (of: string) =>
      existing.filter(({ tenant }) => tenant === of).map((one) => ({ alert: one }) as AlertView),
    tell: (one: PipelineAlert) =>
      listener?.({ kind: "alert", tenant: one.tenant, change: "fired", alert: one }),
  };
}

async function start(
  alerting: NonNullable<ConfigInput["alerting"]>,
  options: { existing?: PipelineAlert[]; resendMs?: number; global?: ConfigInput["global"] } = {},
) {
  const outbound = createOutbound(POLICY);
  const registry = createRegistry();
  const alertmanager = source(options.existing);
  let config = ConfigSchema.parse({ alerting, global: options.global });
  const forwarder: Forwarder = createForwarder({
    alertmanager,
    config: () => config,
    outbound,
    policy: () => POLICY,
    now: Date.now,
    random: () => 0,
    logger,
    registry,
    resendMs: options.resendMs ?? 3_600_000,
  });
  await forwarder.start();
  stops.push(
    () => outbound.close(),
    () => forwarder.stop(),
  );
  return {
    tell: alertmanager.tell,
    metrics: () => String(registry.expose("text")),
    change: (next: NonNullable<ConfigInput["alerting"]>) => {
      config = ConfigSchema.parse({ alerting: next });
      forwarder.reconfigure();
    },
  };
}

const to = (address: string, more: object = {}) => ({
  alertmanagers: [{ static_configs: [{ targets: [address] }], ...more }],
});

describe("forwarding", () => {
  it("tells of alerts at once, with an end that is extended as long as they fire", async () => {
    const peer = await startPeer();
    const { tell } = await start(to(peer.address, { path_prefix: "/am/" }));
    tell(alert("A", { tenant: "team-a", annotations: { summary: "x" } }));
    await vi.waitFor(() => expect(peer.told).toHaveLength(1));
    const [first] = peer.told;
    expect(first?.path).toBe("/am/api/v2/alerts");
    expect(first?.headers["x-scope-orgid"]).toBe("team-a");
    expect(first?.alerts).toMatchObject([
      { labels: { alertname: "A" }, annotations: { summary: "x" }, generatorURL: "http://here/1" },
    ]);
    const aheadMs = Date.parse(first?.alerts[0]?.endsAt ?? "") - Date.now();
    expect(aheadMs).toBeGreaterThan(3 * 60_000);
    expect(aheadMs).toBeLessThanOrEqual(4 * 60_000);
  });

  it("tells of every tenant's alerts that fire when it starts", async () => {
    const peer = await startPeer();
    await start(to(peer.address), { existing: [alert("A"), alert("B", { tenant: "team-b" })] });
    await vi.waitFor(() => expect(peer.names().toSorted()).toEqual(["A", "B"]));
  });

  it("tells of what fires again and again, and of what ended once", async () => {
    const peer = await startPeer();
    const { tell } = await start(to(peer.address), {
      existing: [alert("old"), alert("foreign", { alertId: null })],
      resendMs: 50,
    });
    await vi.waitFor(() => expect(peer.names().length).toBeGreaterThan(2));
    expect(new Set(peer.names())).toEqual(new Set(["old"]));
    const endedAtMs = Date.now() - 500;
    tell(alert("old", { endsAtMs: endedAtMs }));
    await vi.waitFor(() =>
      expect(peer.told.at(-1)?.alerts[0]?.endsAt).toBe(new Date(endedAtMs).toISOString()),
    );
    const count = peer.told.length;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(peer.told).toHaveLength(count);
  });

  it("leaves alerts that others told us of to them", async () => {
    const peer = await startPeer();
    const { tell } = await start(to(peer.address));
    tell(alert("foreign", { alertId: null }));
    tell(alert("own"));
    await vi.waitFor(() => expect(peer.names()).toEqual(["own"]));
  });

  it("comes again after a failure with the latest news, and delays nobody else", async () => {
    const slow = await startPeer(503, 500);
    const quick = await startPeer();
    const { tell, metrics } = await start({
      alertmanagers: [{ static_configs: [{ targets: [slow.address, quick.address] }] }],
    });
    tell(alert("A"));
    await vi.waitFor(() => expect(quick.names()).toEqual(["A"]));
    await vi.waitFor(() => expect(slow.told).toHaveLength(1));
    const endedAtMs = Date.now() - 10;
    tell(alert("A", { endsAtMs: endedAtMs }));
    await vi.waitFor(() => expect(slow.told).toHaveLength(3), 10_000);
    expect(slow.told.at(-1)?.alerts).toHaveLength(1);
    expect(slow.told.at(-1)?.alerts[0]?.endsAt).toBe(new Date(endedAtMs).toISOString());
    expect(metrics()).toContain("fleetlight_forward_failures_total 2");
    await vi.waitFor(() => expect(metrics()).toContain("fleetlight_forward_waiting_alerts 0"));
  });

  it("gives up what is refused for good, and counts it", async () => {
    const peer = await startPeer(400);
    const { tell, metrics } = await start(to(peer.address));
    tell(alert("A"));
    await vi.waitFor(() =>
      expect(metrics()).toContain("fleetlight_forward_dropped_alerts_total 1"),
    );
    tell(alert("B"));
    await vi.waitFor(() => expect(peer.names()).toEqual(["A", "B"]));
  });

  it("sends many alerts in several requests", async () => {
    const peer = await startPeer();
    const existing = Array.from({ length: 600 }, (_, index) => alert(`A${index}`));
    await start(to(peer.address), { existing });
    await vi.waitFor(() =>
      expect(peer.told.map(({ alerts }) => alerts.length)).toEqual([256, 256, 88]),
    );
  });

  it("adds external labels, and relabels alerts and addresses", async () => {
    const peer = await startPeer();
    const { tell } = await start(
      {
        alertmanagers: [
          {
            static_configs: [{ targets: ["drop.me:1", peer.address] }],
            relabel_configs: [{ source_labels: ["__address__"], regex: "drop.*", action: "drop" }],
          },
        ],
        alert_relabel_configs: [
          { source_labels: ["alertname"], regex: "Quiet", action: "drop" },
          { action: "labeldrop", regex: "internal" },
        ],
      },
      { global: { external_labels: { cluster: "eu", alertname: "never" } } },
    );
    tell(alert("Quiet"));
    tell(alert("Loud", { labels: { internal: "1", cluster: "own" } }));
    tell(alert("Plain"));
    await vi.waitFor(() => expect(peer.told.flatMap(({ alerts }) => alerts)).toHaveLength(2));
    expect(peer.told.flatMap(({ alerts }) => alerts.map(({ labels }) => labels))).toEqual([
      { alertname: "Loud", cluster: "own" },
      { alertname: "Plain", cluster: "eu" },
    ]);
  });

  it.each([
    [{ basic_auth: { username: "u", password: "p" } }, "Basic dTpw"],
    [{ bearer_token: "t" }, "Bearer t"],
    [{ authorization: { type: "Custom", credentials: "c" } }, "Custom c"],
  ])("signs in with %j", async (auth, header) => {
    const peer = await startPeer();
    const { tell } = await start(to(peer.address, auth));
    tell(alert("A"));
    await vi.waitFor(() => expect(peer.told[0]?.headers.authorization).toBe(header));
  });

  it("tells others from the moment on that the configuration names them", async () => {
    const [first, second] = [await startPeer(), await startPeer()];
    const { tell, change } = await start(to(first.address));
    tell(alert("A"));
    await vi.waitFor(() => expect(first.names()).toEqual(["A"]));
    change(to(second.address));
    await vi.waitFor(() => expect(second.names()).toEqual(["A"]));
    tell(alert("B"));
    await vi.waitFor(() => expect(second.names()).toEqual(["A", "B"]));
    expect(first.names()).toEqual(["A"]);
  });
});
