import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Service, type ServiceRegistration } from "@fleetlight/contract";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { ConfigSchema, type Config, type ConfigInput } from "#config";
import { createLogger, type FleetlightError } from "#lib";
import {
  createMemoryTelemetry,
  createStateStore,
  type ServiceRepository,
  type StateStore,
  type TelemetryStore,
} from "#store";

import { createServiceRegistry } from "./registry.ts";
import type { ServiceChange, ServiceRegistry } from "./types.ts";
import { toService } from "./wire.ts";

const T0 = Date.UTC(2026, 10, 21, 7);
const logger = createLogger({ level: "silent", format: "json" }, { version: "test" });

let directory: string;
let nowMs: number;
let config: Config;
let state: StateStore;
let telemetry: TelemetryStore;
let registry: ServiceRegistry;
let changes: ServiceChange[];

const configure = (input: ConfigInput): void => {
  config = ConfigSchema.parse(input) as Config;
};

const now = (): number => nowMs;

function create(repository: ServiceRepository = state.services, maxServices = 100) {
  const made = createServiceRegistry({
    repository,
    events: telemetry.events,
    config: () => config,
    now,
    logger,
    maxServices,
  });
  made.onChange((change) => changes.push(change));
  return made;
}

const registration = (
  id: string,
  more: Partial<ServiceRegistration> = {},
): ServiceRegistration => ({
  id,
  name: `Name of ${id}`,
  type: "custom",
  url: "http://127.0.0.1:8001",
  health_endpoint: "/health",
  metrics_endpoint: "/metrics",
  labels: {},
  ...more,
});

const result = (healthy: boolean, error: string | null = null) => ({
  at: new Date(nowMs).toISOString(),
  healthy,
  response_time: 0.01,
  status_code: healthy ? 200 : null,
  error: healthy ? null : (error ?? "connection refused by 127.0.0.1:8001"),
});

async function failure(promise: Promise<unknown>): Promise<FleetlightError> {
  return promise.then(
    () => {
      throw new Error("expected a failure");
    },
    (error: FleetlightError) => error,
  );
}

/** A second process on the same state store. */
async function restarted(): Promise<ServiceRegistry> {
  await registry.settle();
  const other = create();
  await other.load();
  return other;
}

const eventTypes = async (service: string): Promise<string[]> => {
  await registry.settle();
  const events = await telemetry.events.query("default", { service, limit: 100 });
  return events.map(({ type }) => type).toReversed();
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fleetlight-registry-"));
  nowMs = T0;
  configure({ checks: { failure_threshold: 2, success_threshold: 2 } });
  state = await createStateStore({ path: join(directory, "state.db") }, { now, logger });
  telemetry = await createMemoryTelemetry({ now });
  changes = [];
  registry = create();
});

afterEach(async () => {
  await registry.settle();
  await telemetry.close();
  await state.close();
  await rm(directory, { recursive: true });
});

describe("register", () => {
  it("keeps a new service durably before it resolves", async () => {
    const { created, service } = await registry.register("default", registration("a"));
    expect(created).toBe(true);
    expect(service).toMatchObject({ status: "unknown", origin: "api", registeredAtMs: T0 });
    const rows = await state.services.list();
    expect(rows.map((row) => row.registration)).toEqual([registration("a")]);
    expect(changes.map(({ kind }) => kind)).toEqual(["registered"]);
    expect(await eventTypes("a")).toEqual(["service.registered"]);
  });

  it("updates a known id and keeps its history", async () => {
    await registry.register("default", registration("a"));
    registry.heartbeat("default", "a");
    nowMs += 1000;
    registry.recordCheck("default", "a", result(true));
    nowMs += 4000;
    const changed = registration("a", { name: "Other", url: "http://127.0.0.1:9" });
    const { created, service } = await registry.register("default", changed);
    expect(created).toBe(false);
    expect(service).toMatchObject({
      registration: changed,
      registeredAtMs: T0,
      updatedAtMs: T0 + 5000,
      status: "healthy",
      lastHeartbeatMs: T0,
    });
    expect((await restarted()).get("default", "a")).toMatchObject({
      registration: changed,
      registeredAtMs: T0,
      status: "healthy",
    });
    expect(await eventTypes("a")).toEqual([
      "service.registered",
      "service.status_changed",
      "service.updated",
    ]);
  });

  it("makes no event of a registration that changes nothing", async () => {
    await registry.register("default", registration("a"));
    const { created } = await registry.register("default", registration("a"));
    expect(created).toBe(false);
    expect(await eventTypes("a")).toEqual(["service.registered"]);
  });

  it("makes one service of registrations that come at once", async () => {
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        registry.register("default", registration("a", { name: `${index}` })),
      ),
    );
    expect(results.filter(({ created }) => created).length).toBe(1);
    expect(registry.list().length).toBe(1);
    expect(registry.get("default", "a")?.registration.name).toBe("9");
    expect((await restarted()).get("default", "a")?.registration.name).toBe("9");
  });

  it("keeps tenants apart", async () => {
    await registry.register("red", registration("a", { name: "red" }));
    await registry.register("blue", registration("a", { name: "blue" }));
    expect(registry.get("red", "a")?.registration.name).toBe("red");
    expect(registry.list("blue").length).toBe(1);
    expect(registry.list().length).toBe(2);
    await registry.remove("red", "a");
    expect(registry.get("blue", "a")?.registration.name).toBe("blue");
  });

  it("refuses more services than the limit, and lets known ones change", async () => {
    registry = create(state.services, 2);
    const results = await Promise.allSettled(
      ["a", "b", "c"].map((id) => registry.register("default", registration(id))),
    );
    expect(results.filter(({ status }) => status === "fulfilled").length).toBe(2);
    expect(results[2]).toMatchObject({ status: "rejected", reason: { code: "limit_reached" } });
    expect(registry.stats()).toMatchObject({ services: 2, refused: 1 });
    await registry.register("default", registration("a", { name: "new" }));
    await registry.remove("default", "b");
    await registry.register("default", registration("c"));
  });

  it.each(["url", "health_endpoint", "metrics_endpoint"])(
    "refuses a metadata address as %s unless it is allowed",
    async (field) => {
      const bad = registration("a", { [field]: "http://169.254.169.254/latest" });
      expect(await failure(registry.register("default", bad))).toMatchObject({
        code: "outbound_blocked",
        status: 400,
      });
      expect(registry.list()).toEqual([]);
      configure({ outbound: { allow_addresses: ["169.254.169.254"] } });
      await registry.register("default", bad);
    },
  );

  it("keeps nothing in memory that could not be written", async () => {
    const broken: ServiceRepository = {
      ...state.services,
      put: () => Promise.reject(new Error("disk full")),
    };
    registry = create(broken, 1);
    await expect(registry.register("default", registration("a"))).rejects.toThrow("disk full");
    expect(registry.list()).toEqual([]);
    await expect(registry.register("default", registration("a"))).rejects.toThrow("disk full");
  });
});

describe("remove", () => {
  it("forgets a service for good", async () => {
    await registry.register("default", registration("a"));
    nowMs += 1000;
    await registry.remove("default", "a");
    expect(registry.get("default", "a")).toBeUndefined();
    expect((await restarted()).list()).toEqual([]);
    expect(await eventTypes("a")).toEqual(["service.registered", "service.removed"]);
    expect(changes.at(-1)).toMatchObject({ kind: "removed" });
  });

  it("of an unknown service is not_found", async () => {
    expect(await failure(registry.remove("default", "x"))).toMatchObject({ code: "not_found" });
    expect(() => registry.heartbeat("default", "x")).toThrow(/"x" is not known/);
  });

  it("of what the configuration or a file names is a conflict that says what to do", async () => {
    await registry.syncOrigin("config", "default", [registration("a")]);
    await registry.syncOrigin("file", "default", [registration("b")]);
    const fromConfig = await failure(registry.remove("default", "a"));
    expect(fromConfig).toMatchObject({ code: "conflict", status: 409 });
    expect(fromConfig.message).toContain("`services`");
    expect((await failure(registry.remove("default", "b"))).message).toContain("file_sd");
  });
});

describe("checks", () => {
  it("change the status after damping, with an event that names the cause", async () => {
    await registry.register("default", registration("a"));
    registry.recordCheck("default", "a", result(true));
    nowMs += 1000;
    registry.recordCheck("default", "a", result(false));
    expect(registry.get("default", "a")).toMatchObject({ status: "healthy", statusSinceMs: T0 });
    nowMs += 1000;
    registry.recordCheck("default", "a", result(false));
    expect(registry.get("default", "a")).toMatchObject({
      status: "unhealthy",
      statusSinceMs: T0 + 2000,
      lastCheck: { healthy: false },
    });
    await registry.settle();
    const [event] = await telemetry.events.query("default", { limit: 1 });
    expect(event).toMatchObject({
      type: "service.status_changed",
      service: "a",
      timeMs: T0 + 2000,
      attributes: {
        from: "healthy",
        to: "unhealthy",
        cause: "connection refused by 127.0.0.1:8001",
      },
    });
    expect((await restarted()).get("default", "a")?.status).toBe("unhealthy");
    expect(changes.map(({ kind }) => kind)).toEqual([
      "registered",
      "status",
      "check",
      "check",
      "status",
      "check",
    ]);
  });

  it("use the thresholds of the registration before those of the configuration", async () => {
    const check = { failure_threshold: 1, success_threshold: 3 };
    await registry.register("default", registration("a", { check }));
    const statuses = [true, false, true, true, true].map((healthy) => {
      registry.recordCheck("default", "a", result(healthy));
      return registry.get("default", "a")?.status;
    });
    expect(statuses).toEqual(["healthy", "unhealthy", "unhealthy", "unhealthy", "healthy"]);
  });

  it("of a service that is asked at another URL decide at once", async () => {
    await registry.register("default", registration("a"));
    registry.recordCheck("default", "a", result(false));
    await registry.register("default", registration("a", { url: "http://127.0.0.1:9" }));
    expect(registry.get("default", "a")?.status).toBe("unhealthy");
    registry.recordCheck("default", "a", result(true));
    expect(registry.get("default", "a")?.status).toBe("healthy");
  });

  it("of unknown services are ignored", () => {
    registry.recordCheck("default", "x", result(true));
    registry.recordScrape("default", "x", {
      at: new Date(T0).toISOString(),
      up: true,
      duration_seconds: 0.1,
      samples: 3,
      error: null,
    });
    expect(changes).toEqual([]);
  });

  it("go on when the state store fails, and are written with the next change", async () => {
    let broken = false;
    registry = create({
      ...state.services,
      put: (service) =>
        broken ? Promise.reject(new Error("disk full")) : state.services.put(service),
    });
    await registry.register("default", registration("a"));
    broken = true;
    registry.recordCheck("default", "a", result(true));
    await registry.settle();
    expect(registry.get("default", "a")?.status).toBe("healthy");
    expect(registry.stats().writeErrors).toBe(1);
    broken = false;
    registry.recordCheck("default", "a", result(true), true);
    expect((await restarted()).get("default", "a")?.status).toBe("degraded");
  });
});

describe("a service of several sources", () => {
  it("is the configuration's first, then the API's, then a file's", async () => {
    await registry.syncOrigin("file", "default", [registration("a", { name: "file" })]);
    await registry.register("default", registration("a", { name: "api" }));
    expect(registry.get("default", "a")).toMatchObject({ origin: "api" });
    await registry.syncOrigin("file", "default", [registration("a", { name: "file" })]);
    expect(registry.get("default", "a")?.registration.name).toBe("api");
    await registry.syncOrigin("config", "default", [registration("a", { name: "config" })]);
    const { created, service } = await registry.register(
      "default",
      registration("a", { name: "api" }),
    );
    expect(created).toBe(false);
    expect(service).toMatchObject({ origin: "config", registration: { name: "config" } });
  });

  it("goes at once with the configuration that named it", async () => {
    await registry.syncOrigin("config", "default", [registration("a"), registration("b")]);
    const changed = registration("b", { name: "new" });
    const answer = await registry.syncOrigin("config", "default", [changed, registration("c")]);
    expect(answer).toEqual({ added: 1, updated: 1, vanished: 1, refused: 0 });
    expect(registry.list().map(({ registration: { id } }) => id)).toEqual(["b", "c"]);
    expect((await restarted()).list().length).toBe(2);
  });

  it("is kept for a while after it vanished from its file, and comes back", async () => {
    configure({ checks: { retain_vanished: "1h" } });
    await registry.syncOrigin("file", "default", [registration("a"), registration("b")]);
    registry.recordCheck("default", "a", result(true));
    nowMs += 1000;
    await registry.syncOrigin("file", "default", []);
    expect(registry.get("default", "a")).toMatchObject({
      status: "unknown",
      vanishedAtMs: T0 + 1000,
    });
    registry.recordCheck("default", "a", result(false));
    expect(registry.get("default", "a")?.status).toBe("unknown");
    nowMs += 3_599_999;
    await registry.syncOrigin("file", "default", [registration("b")]);
    await registry.dropVanished();
    expect(registry.list().length).toBe(2);
    expect(registry.get("default", "b")?.vanishedAtMs).toBeNull();
    nowMs += 1;
    await registry.dropVanished();
    expect(registry.list().map(({ registration: { id } }) => id)).toEqual(["b"]);
    expect((await restarted()).list().length).toBe(1);
  });

  it("may be removed once it vanished", async () => {
    await registry.syncOrigin("file", "default", [registration("a")]);
    await registry.syncOrigin("file", "default", []);
    await registry.remove("default", "a");
    expect(registry.list()).toEqual([]);
  });

  it("does not keep the others out when it cannot be kept itself", async () => {
    registry = create(state.services, 2);
    const answer = await registry.syncOrigin(
      "file",
      "default",
      ["a", "b", "c"].map((id) => registration(id)),
    );
    expect(answer).toEqual({ added: 2, updated: 0, vanished: 0, refused: 1 });
  });
});

describe("heartbeats", () => {
  it("are remembered at once and written now and then", async () => {
    await registry.register("default", registration("a"));
    registry.heartbeat("default", "a");
    await registry.settle();
    nowMs += 10_000;
    registry.heartbeat("default", "a");
    expect(registry.get("default", "a")?.lastHeartbeatMs).toBe(T0 + 10_000);
    expect((await restarted()).get("default", "a")?.lastHeartbeatMs).toBe(T0);
    nowMs += 50_000;
    registry.heartbeat("default", "a");
    expect((await restarted()).get("default", "a")?.lastHeartbeatMs).toBe(T0 + 60_000);
  });
});

describe("the wire form", () => {
  it("follows the contract and hides passwords", async () => {
    const { service } = await registry.register(
      "default",
      registration("a", { url: "http://ann:secret@127.0.0.1:8001/base", labels: { team: "x" } }),
    );
    registry.recordCheck("default", "a", result(true));
    const wire = Service.parse(toService(service));
    expect(wire).toMatchObject({
      id: "a",
      url: "http://ann:***@127.0.0.1:8001/base",
      labels: { team: "x" },
      check: {},
      origin: "api",
      status: "healthy",
      status_since: "2026-11-21T07:00:00.000Z",
      last_heartbeat: null,
      last_check: { healthy: true, status_code: 200 },
      last_scrape: null,
    });
    expect(JSON.stringify(wire)).not.toContain("secret");
  });
});
