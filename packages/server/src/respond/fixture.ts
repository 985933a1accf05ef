import { writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import {
  alertmanagerOf,
  ConfigSchema,
  readAlertmanagerFile,
  type AlertmanagerConfig,
  type Config,
  type ConfigInput,
} from "#config";
import type { ActiveEvaluation, Evaluation, RuleDefinition } from "#decide";
import { DEFAULT_TENANT, createLogger, createOutbound } from "#lib";
import { createRegistry } from "@fleetlight/sdk";
import { createMemoryTelemetry, createStateStore, type TelemetryStore } from "#store";

import { createAlerts } from "./alerts.ts";
import { createAlertmanager } from "./manager.ts";

export const logger = createLogger({ level: "silent", format: "json" }, { version: "test" });

/** `group_interval` of benches that have no file in Alertmanager's format. */
export const TICK_MS = 50;

/** How a receiver behaves at one request. */
export type Behaviour =
  | "hang"
  | "reset"
  | number
  | { status: number; headers?: Record<string, string>; body?: string; afterMs?: number };

interface Received {
  atMs: number;
  headers: IncomingHttpHeaders;
  body: {
    status: string;
    groupKey: string;
    alerts: { status: string; labels: Record<string, string>; endsAt: string }[];
  };
}

/** A real HTTP server that plays its behaviours one after the other, and then answers 200. */
export async function startReceiver(...behaviours: Behaviour[]) {
  const received: Received[] = [];
  const answer = (response: ServerResponse, behaviour: Behaviour): void => {
    if (behaviour === "hang") return;
    if (behaviour === "reset") return void response.socket?.destroy();
    const {
      status,
      headers = {},
      body = "",
      afterMs = 0,
    } = typeof behaviour === "number" ? { status: behaviour } : behaviour;
    setTimeout(() => response.writeHead(status, headers).end(body), afterMs);
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Received["body"];
      received.push({ atMs: Date.now(), headers: request.headers, body });
      answer(response, behaviours.shift() ?? 200);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://hook:geheim@127.0.0.1:${port}/hooks/a?token=geheim`,
    target: `127.0.0.1:${port}/hooks/a`,
    received,
    /** What came, in short: `firing brain`. */
    told: (): string[] =>
      received.map(({ body }) => `${body.status} ${body.alerts[0]?.labels["service"]}`),
    behave: (...more: Behaviour[]) => behaviours.push(...more),
    close: (): Promise<void> =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const ruleDefinition = (more: Partial<RuleDefinition> = {}): RuleDefinition => ({
  id: "service_down",
  name: "Service down",
  description: "It does not answer.",
  origin: "builtin",
  file: "",
  group: "",
  query: "fleetlight_service_status == 0",
  metric: "fleetlight_service_status",
  condition: "==",
  threshold: 0,
  severity: "critical",
  forMs: 0,
  keepFiringForMs: 0,
  cooldownMs: 0,
  labels: { team: "brains" },
  annotations: {},
  noData: "ok",
  onError: "keep",
  activeTime: null,
  ...more,
});

type Active = Partial<Omit<ActiveEvaluation, "rule">> & { rule?: Partial<RuleDefinition> };

const fingerprintOfService = (service: string): string =>
  Buffer.from(service.padEnd(8, "_")).toString("hex").slice(0, 16);

export const active = (service: string, { rule, ...more }: Active = {}): Evaluation => ({
  kind: "active",
  tenant: DEFAULT_TENANT,
  fingerprint: fingerprintOfService(service),
  rule: ruleDefinition(rule),
  labels: { service, job: "fleet", team: "brains" },
  annotations: {
    summary: `fleetlight_service_status is ${more.value ?? 0} (alerts when == 0)`,
    description: "It does not answer.",
  },
  series: `fleetlight_service_status{job="fleet",service="${service}"}`,
  state: "firing",
  value: 0,
  activeAtMs: Date.now(),
  keepFiringSinceMs: null,
  atMs: Date.now(),
  ...more,
});

export const resolved = (service: string, value: number | null = 2): Evaluation => ({
  kind: "resolved",
  tenant: DEFAULT_TENANT,
  fingerprint: fingerprintOfService(service),
  value,
  atMs: Date.now(),
});

type Webhook = NonNullable<ConfigInput["notifications"]>["webhook"];

export const configWith = (webhook?: Webhook): Config =>
  ConfigSchema.parse(webhook === undefined ? {} : { notifications: { webhook } });

/** A configuration in Alertmanager's format; `path` is where its file may be written. */
export function alertmanagerConfig(path: string, text: string): AlertmanagerConfig {
  writeFileSync(path, text);
  return readAlertmanagerFile(path);
}

/** What is made of `notifications`, with ticks that a test can wait for. */
const ownConfig = (config: Config): AlertmanagerConfig => {
  const made = alertmanagerOf(config.notifications);
  return { ...made, route: { ...made.route, groupIntervalMs: TICK_MS } };
};

interface BenchOptions {
  path: string;
  config: Config;
  /** What stands in for the one that is made of `notifications`. */
  alertmanager?: AlertmanagerConfig;
  now?: () => number;
  telemetry?: TelemetryStore;
  dependencies?: (tenant: string, service: string) => readonly string[];
}

/** Alerts on a real database; another bench on the same path is what follows a restart. */
export async function createBench(options: BenchOptions) {
  const now = options.now ?? Date.now;
  const state = await createStateStore({ path: options.path }, { now, logger });
  const telemetry = options.telemetry ?? (await createMemoryTelemetry({ now }));
  const policy = { allowLinkLocal: false, allowAddresses: [] };
  const outbound = createOutbound(policy);
  const registry = createRegistry();
  let { config } = options;
  let wanted = options.alertmanager ?? ownConfig(config);
  const common = { state, config: () => config, now, logger, registry };
  const alertmanager = createAlertmanager({
    ...common,
    alertmanager: () => wanted,
    outbound,
    policy: () => policy,
    random: () => 0.5,
    dependencies: options.dependencies ?? (() => []),
  });
  const alerts = createAlerts({ ...common, pipeline: alertmanager, events: telemetry.events });
  return {
    state,
    telemetry,
    alerts,
    alertmanager,
    registry,
    configure: (next: Config, file?: AlertmanagerConfig): void => {
      config = next;
      wanted = file ?? ownConfig(next);
      alertmanager.reconfigure();
    },
    /** As the end of a process would: nothing is written any more. */
    async crash(): Promise<void> {
      await state.close();
      await outbound.close();
    },
    async close(): Promise<void> {
      await alerts.stop();
      await outbound.close();
      await state.close();
    },
  };
}

export type Bench = Awaited<ReturnType<typeof createBench>>;
