import { createRegistry } from "@fleetlight/sdk";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";

import { ConfigSchema, type ConfigInput } from "#config";
import { createLogger } from "#lib";
import {
  createMemoryTelemetry,
  createStateStore,
  type StateStore,
  type TelemetryStore,
} from "#store";

import { createServiceRegistry, type ServiceRegistry } from "../services/index.ts";
import { TelemetryServices } from "./telemetry-services.ts";

const logger = createLogger({ level: "silent", format: "json" }, { version: "test" });
const START_MS = Date.UTC(2026, 10, 21);
const HOUR_MS = 3_600_000;

let nowMs = START_MS;
const now = () => nowMs;
let telemetry: TelemetryStore;
let state: StateStore;
let services: ServiceRegistry;
let metrics: ReturnType<typeof createRegistry>;

function create(discovery: ConfigInput["discovery"] = {}): TelemetryServices {
  const config = ConfigSchema.parse({ discovery });
  metrics = createRegistry();
  const one = new TelemetryServices({
    services,
    config: () => config,
    now,
    logger,
    registry: metrics,
  });
  one.start();
  return one;
}

async function freshRegistry(): Promise<ServiceRegistry> {
  const config = ConfigSchema.parse({});
  const registry = createServiceRegistry({
    repository: state.services,
    events: telemetry.events,
    config: () => config,
    now,
    logger,
  });
  await registry.load();
  return registry;
}

beforeAll(async () => {
  telemetry = await createMemoryTelemetry({ now });
});
beforeEach(async () => {
  nowMs = START_MS;
  state = await createStateStore({ path: ":memory:" }, { now, logger });
  services = await freshRegistry();
});
afterAll(() => telemetry.close());

const listed = () => services.list().map(({ registration }) => registration.id);

it("registers who sends telemetry, with its instances and hosts, and checks nothing", async () => {
  const found = create();
  found.hear("default", "Agent Runner/eu", {
    "service.instance.id": "i-1",
    "host.name": "box-1",
    "service.version": "1.2",
    "telemetry.sdk.language": "python",
  });
  found.hear("default", "Agent Runner/eu", { "service.instance.id": "i-2", "host.name": "box-2" });
  found.hear("team", "other", {});
  await found.sync();
  await found.stop();
  expect(services.list("default")).toMatchObject([
    {
      origin: "telemetry",
      status: "unknown",
      lastHeartbeatMs: START_MS,
      registration: {
        id: "Agent-Runner-eu",
        name: "Agent Runner/eu",
        url: "http://agent-runner-eu.invalid",
        check: { mode: "none" },
        scrape: { enabled: false },
        labels: { hosts: "box-1, box-2", instances: "i-1, i-2" },
      },
    },
  ]);
  expect(services.list("team")).toHaveLength(1);
});

it.each(["", "unknown_service", "unknown_service:node", "///"])(
  "does not register %j, which is no name",
  async (name) => {
    const found = create();
    found.hear("default", name, {});
    await found.sync();
    await found.stop();
    expect(services.list()).toEqual([]);
  },
);

it("leaves services alone that somebody registered", async () => {
  await services.register("default", {
    id: "billing",
    name: "Billing",
    type: "custom",
    url: "http://127.0.0.1:9",
    health_endpoint: "/health",
    metrics_endpoint: "/metrics",
    labels: {},
  });
  const found = create();
  found.hear("default", "billing", {});
  await found.sync();
  await found.stop();
  expect(services.get("default", "billing")).toMatchObject({
    origin: "api",
    lastHeartbeatMs: null,
    registration: { url: "http://127.0.0.1:9" },
  });
});

it("counts one as gone that was silent for long, drops it later, and takes it back", async () => {
  const found = create();
  found.hear("default", "agent", {});
  await found.sync();
  nowMs += HOUR_MS + 1;
  await found.sync();
  expect(services.get("default", "agent")?.vanishedAtMs).toBe(nowMs);
  found.hear("default", "agent", {});
  await found.sync();
  expect(services.get("default", "agent")?.vanishedAtMs).toBeNull();
  nowMs += HOUR_MS + 1;
  await found.sync();
  nowMs += 25 * HOUR_MS;
  await services.dropVanished();
  await found.stop();
  expect(listed()).toEqual([]);
});

it("knows after a restart who was there, and who has been silent since", async () => {
  const before = create();
  before.hear("default", "agent", {});
  before.hear("default", "quiet", {});
  await before.sync();
  nowMs += 40 * 60_000;
  before.hear("default", "agent", {});
  await before.sync();
  await before.stop();
  await services.settle();

  services = await freshRegistry();
  nowMs += 40 * 60_000;
  const after = create();
  await after.sync();
  await after.stop();
  expect(services.get("default", "agent")?.vanishedAtMs).toBeNull();
  expect(services.get("default", "quiet")?.vanishedAtMs).toBe(nowMs);
});

it("takes so many, counts the others, and can be turned off", async () => {
  const found = create({ telemetry: { max_services: 2 } });
  for (const name of ["a", "b", "c", "d"]) found.hear("default", name, {});
  await found.sync();
  await found.stop();
  expect(listed()).toEqual(["a", "b"]);
  expect(metrics.expose("text")).toContain("fleetlight_discovery_telemetry_refused_total 2");

  const off = create({ telemetry: { enabled: false } });
  off.hear("default", "e", {});
  await off.sync();
  await off.stop();
  expect(listed()).not.toContain("e");
});
