import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import type { HealthCheckOptions, ServiceRegistration, ServiceStatus } from "@fleetlight/contract";
import { createRegistry, type Registry } from "@fleetlight/sdk";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { ConfigSchema, type Config, type ConfigInput } from "#config";
import { createLogger, createOutbound, isStale, selectMetric, wordsOf, type Outbound } from "#lib";
import { createMemoryTelemetry, type ServiceRepository, type TelemetryStore } from "#store";

import {
  createServiceRegistry,
  type ServiceRegistry,
  type WatchedService,
} from "../services/index.ts";
import { createHealthChecker, type HealthChecker } from "./checker.ts";

const logger = createLogger({ level: "silent", format: "json" }, { version: "test" });

/** Asked anew each time, because tests put another clock in its place. */
const now = (): number => Date.now();

/** Nothing here is about what is kept. */
const forgetful: ServiceRepository = {
  list: async () => [],
  put: async () => undefined,
  remove: async () => undefined,
};

let config: Config;
let telemetry: TelemetryStore;
let outbound: Outbound;
let registry: ServiceRegistry;
let own: Registry;
let checker: HealthChecker;
let cleanups: (() => unknown)[] = [];

const configure = (input: ConfigInput): void => {
  config = ConfigSchema.parse(input) as Config;
};

async function listen(server: Server): Promise<string> {
  server.on("connection", (socket) => {
    socket.on("error", () => undefined);
    cleanups.push(() => socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const serve = (listener: RequestListener) => listen(createServer(listener));

const FAST: HealthCheckOptions = { interval_seconds: 0.1, timeout_seconds: 20 };
/** For services that hang: each check of them lasts as long. */
const IMPATIENT: HealthCheckOptions = { interval_seconds: 0.1, timeout_seconds: 0.3 };

const register = async (
  url: string,
  check: HealthCheckOptions = FAST,
  more: Partial<ServiceRegistration> = {},
): Promise<WatchedService> => {
  const { service } = await registry.register("default", {
    id: "a",
    name: "A",
    type: "agent",
    url,
    health_endpoint: "/health",
    metrics_endpoint: "/metrics",
    labels: {},
    check,
    ...more,
  });
  return service;
};

const latest = (metric: string, service = "a"): number | undefined => {
  const [ref] = telemetry.metrics.select("default", selectMetric(metric, { service }));
  return ref === undefined ? undefined : telemetry.metrics.latest(ref, 0)?.value;
};

async function reaches(service: WatchedService, status: ServiceStatus, timeout = 15_000) {
  await expect.poll(() => service.status, { timeout, interval: 5 }).toBe(status);
}

beforeEach(async () => {
  configure({ checks: { failure_threshold: 1, success_threshold: 1, jitter: 0 } });
  telemetry = await createMemoryTelemetry({ now });
  outbound = createOutbound({ allowLinkLocal: false, allowAddresses: [] });
  registry = createServiceRegistry({
    repository: forgetful,
    events: telemetry.events,
    config: () => config,
    now,
    logger,
  });
  own = createRegistry();
  checker = createHealthChecker({
    registry,
    metrics: telemetry.metrics,
    outbound,
    config: () => config,
    now,
    random: () => 0.5,
    logger,
    registryMetrics: own,
  });
  checker.start();
});

afterEach(async () => {
  await checker.stop();
  vi.useRealTimers();
  for (const cleanup of cleanups.toReversed()) await cleanup();
  cleanups = [];
  await outbound.close();
  await registry.settle();
  await telemetry.close();
});

describe("a check over HTTP", () => {
  it("comes with the registration and not an interval later, and becomes samples, state and event", async () => {
    let path = "";
    const url = await serve((request, response) => {
      path = request.url ?? "";
      response.end("ok");
    });
    const hourly = { interval_seconds: 3600, timeout_seconds: 20 };
    const service = await register(`${url}/base`, hourly, {
      labels: { component: "models", job: "fleet" },
    });
    await reaches(service, "healthy");
    expect(path).toBe("/base/health");
    expect(service.lastCheck).toMatchObject({ healthy: true, status_code: 200, error: null });
    await expect.poll(() => latest("probe_success")).toBe(1);
    expect(latest("probe_http_status_code")).toBe(200);
    expect(latest("fleetlight_service_status")).toBe(2);
    expect(latest("probe_duration_seconds")).toBeGreaterThan(0);
    const [ref] = telemetry.metrics.select("default", selectMetric("probe_success"));
    expect(telemetry.metrics.labels(ref as number)).toEqual({
      __name__: "probe_success",
      service: "a",
      type: "agent",
      job: "fleet",
      instance: new URL(url).host,
      component: "models",
    });
    await registry.settle();
    const events = await telemetry.events.query("default", {
      types: ["service.status_changed"],
      limit: 10,
    });
    expect(events.map(({ attributes }) => attributes)).toEqual([
      { name: "A", from: "unknown", to: "healthy", cause: "HTTP 200" },
    ]);
  });

  it.each([
    [
      "another status than expected",
      (r) => r.writeHead(200).end(),
      { expected_status: [204] },
      "answered HTTP 200, expected 204",
    ],
    ["an error", (r) => r.writeHead(503).end(), {}, "answered HTTP 503"],
    [
      "a body without the text",
      (r) => r.end("all is fine"),
      { body_contains: "ready" },
      'the answer does not contain "ready"',
    ],
    [
      "an answer that never comes",
      () => undefined,
      IMPATIENT,
      /no complete answer from 127\.0\.0\.1:\d+ within 300 ms/,
    ],
    ["an answer that never ends", (r) => r.write("x"), IMPATIENT, /within 300 ms/],
    ["a connection that is reset", (r) => r.socket?.resetAndDestroy(), {}, /closed the connection/],
    [
      "a redirect to a metadata address",
      (r) => r.writeHead(302, { location: "http://169.254.169.254/x" }).end(),
      {},
      /link-local address/,
    ],
    [
      "redirects without end",
      (r) => r.writeHead(302, { location: "/health" }).end(),
      {},
      /more than 5/,
    ],
  ] as [
    string,
    (response: Parameters<RequestListener>[1]) => unknown,
    HealthCheckOptions,
    string | RegExp,
  ][])("fails and gives the cause: %s", async (_name, answer, options, cause) => {
    const url = await serve((_request, response) => void answer(response));
    const service = await register(url, { ...FAST, ...options });
    await reaches(service, "unhealthy");
    expect(service.lastCheck?.error).toMatch(cause);
    await expect.poll(() => latest("probe_success")).toBe(0);
    expect(latest("fleetlight_service_status")).toBe(0);
    expect(latest("probe_http_status_code")).toBe(service.lastCheck?.status_code ?? 0);
  });

  it("names who refused the connection", async () => {
    const server = createTcpServer();
    const url = await listen(server);
    server.close();
    await once(server, "close");
    const service = await register(url);
    await reaches(service, "unhealthy");
    expect(service.lastCheck?.error).toBe(`connection refused by ${new URL(url).host}`);
    expect(own.expose()).toMatch(/fleetlight_checks_total\{result="unhealthy"\} [1-9]/);
  });

  it.each([
    ["an expected error", 503, { expected_status: [503, 200] }, "", "healthy"],
    ["an expected redirect, unfollowed", 302, { expected_status: [302] }, "", "healthy"],
    ["the text", 200, { body_contains: "ready" }, "we are ready", "healthy"],
    ["degraded", 200, {}, '{"status":"degraded","load":0.9}', "degraded"],
    ["a warning", 200, {}, '{ "status" : "WARNING" }', "degraded"],
    ["degraded further down", 200, {}, '{"status":"ok","parts":{"status":"degraded"}}', "healthy"],
    ["degraded in a text", 200, {}, 'not JSON: "status": "degraded"', "healthy"],
  ] as [string, number, HealthCheckOptions, string, ServiceStatus][])(
    "understands %s",
    async (_name, status, options, body, expected) => {
      const url = await serve((request, response) => {
        if (request.url === "/elsewhere") response.writeHead(500).end();
        else response.writeHead(status, { location: "/elsewhere" }).end(body);
      });
      const service = await register(url, { ...FAST, ...options });
      await reaches(service, expected);
      await expect
        .poll(() => latest("fleetlight_service_status"))
        .toBe(expected === "degraded" ? 1 : 2);
    },
  );

  it("reads no more than it needs of a huge answer", async () => {
    const url = await serve((_request, response) => {
      response.write("ready");
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on("drain", more);
      more();
    });
    const service = await register(url, { ...FAST, body_contains: "ready" });
    await reaches(service, "healthy");
    expect(service.lastCheck?.error).toBeNull();
  });

  it("damps flapping, and its samples show the damped state", async () => {
    let answers = 0;
    const url = await serve((_request, response) => {
      response.statusCode = answers++ % 2 === 0 ? 200 : 500;
      response.end();
    });
    const service = await register(url, { ...FAST, interval_seconds: 0.1, failure_threshold: 2 });
    await expect.poll(() => answers).toBeGreaterThan(5);
    expect(service.status).toBe("healthy");
    await expect.poll(() => latest("probe_success"), { interval: 5 }).toBe(0);
    expect(latest("fleetlight_service_status")).toBe(2);
  });

  it("notices a failure and a recovery with the first check that sees it", async () => {
    let status = 200;
    const seen: { answer: number; before: ServiceStatus }[] = [];
    let watched: WatchedService | undefined;
    const url = await serve((_request, response) => {
      if (watched !== undefined) seen.push({ answer: status, before: watched.status });
      response.writeHead(status).end();
    });
    const service = await register(url);
    await reaches(service, "healthy");
    watched = service;
    for (const [next, expected] of [
      [500, "unhealthy"],
      [200, "healthy"],
    ] as const) {
      status = next;
      await reaches(service, expected);
      const { length } = seen;
      await expect.poll(() => seen.length).toBeGreaterThan(length + 1);
    }
    for (const [index, { before }] of seen.entries()) {
      const answer = seen[index - 1]?.answer ?? 200;
      expect(before, `before check ${index}`).toBe(answer === 200 ? "healthy" : "unhealthy");
    }
  });

  it("never overlaps itself, and a hanging service delays nobody", async () => {
    let hung = 0;
    const hanging = await serve(() => hung++);
    let answered = 0;
    const well = await serve((_request, response) => {
      answered++;
      response.end();
    });
    await register(hanging, { interval_seconds: 0.1, timeout_seconds: 300 });
    await register(well, FAST, { id: "b" });
    await expect.poll(() => hung).toBe(1);
    const before = answered;
    await expect.poll(() => answered).toBeGreaterThanOrEqual(before + 8);
    expect(hung).toBe(1);
    expect(checker.stats().running).toBeGreaterThan(0);
  });

  it("keeps to the limit of checks under way", async () => {
    configure({ checks: { max_concurrency: 3 } });
    let open = 0;
    let most = 0;
    const url = await serve((_request, response) => {
      most = Math.max(most, ++open);
      setTimeout(() => {
        open--;
        response.end();
      }, 20);
    });
    const ids = Array.from({ length: 20 }, (_, index) => `s${index}`);
    const services = await Promise.all(
      ids.map((id) => register(url, { interval_seconds: 60, timeout_seconds: 5 }, { id })),
    );
    for (const service of services) await reaches(service, "healthy");
    expect(most).toBe(3);
  });
});

describe("a change of a service", () => {
  it("asks the new URL at once, and the answer of the old one counts no more", async () => {
    let answer: (() => void) | undefined;
    const hanging = await serve((_request, response) => {
      answer = () => void response.writeHead(500).end();
    });
    const well = await serve((_request, response) => response.end());
    const slow = { interval_seconds: 3600, timeout_seconds: 300 };
    const service = await register(hanging, slow);
    await expect.poll(() => answer).toBeDefined();
    await register(well, slow);
    await reaches(service, "healthy");
    answer?.();
    await expect.poll(() => checker.stats().running).toBe(0);
    expect(service.status).toBe("healthy");
  });

  it("of labels, and its end, mark the former series as ended", async () => {
    const url = await serve((_request, response) => response.end());
    const slow = { interval_seconds: 60 };
    await register(url, slow, { labels: { team: "x" } });
    const find = (team: string) =>
      telemetry.metrics.select("default", selectMetric("probe_success", { team }))[0];
    const hasEnded = async (team: string): Promise<boolean> => {
      const ref = find(team);
      if (ref === undefined) return false;
      const [series] = await telemetry.metrics.range("default", [ref], 0, Date.now() + 1000);
      return !!series && isStale(wordsOf(series.values), series.values.length - 1);
    };
    await expect.poll(() => find("x")).toBeDefined();
    expect(await hasEnded("x")).toBe(false);
    await register(url, slow, { labels: { team: "y" } });
    await expect.poll(() => hasEnded("x")).toBe(true);
    await expect.poll(() => find("y")).toBeDefined();
    expect(await hasEnded("y")).toBe(false);
    await sleep(5);
    await registry.remove("default", "a");
    await expect.poll(() => hasEnded("y")).toBe(true);
    expect(checker.stats().jobs).toBe(0);
  });

  it("to unchecked makes it unknown and ends its checks", async () => {
    let asked = 0;
    const url = await serve((_request, response) => {
      asked++;
      response.end();
    });
    const service = await register(url);
    await reaches(service, "healthy");
    await register(url, { mode: "none" });
    expect(service.status).toBe("unknown");
    await expect.poll(() => checker.stats().running).toBe(0);
    const before = asked;
    await sleep(250);
    expect(asked).toBe(before);
  });

  it("of the configured interval holds at once", async () => {
    configure({ monitoring: { health_check_interval: "1h" } });
    let asked = 0;
    const url = await serve((_request, response) => {
      asked++;
      response.end();
    });
    await register(url, {});
    await expect.poll(() => asked).toBe(1);
    configure({ monitoring: { health_check_interval: "100ms" } });
    checker.reconfigure();
    await expect.poll(() => asked).toBeGreaterThan(3);
  });
});

describe("heartbeats", () => {
  const PUSH: HealthCheckOptions = { mode: "heartbeat" };

  it("keep a service healthy, and silence is noticed by the clock within a second", async () => {
    vi.useFakeTimers();
    configure({ checks: { heartbeat_timeout: "10s" } });
    const service = await register("http://127.0.0.1:1", PUSH);
    await vi.advanceTimersByTimeAsync(5000);
    expect(service.status).toBe("unknown");
    registry.heartbeat("default", "a");
    await vi.advanceTimersByTimeAsync(50);
    expect(service.status).toBe("healthy");
    for (let index = 0; index < 10; index++) {
      await vi.advanceTimersByTimeAsync(9000);
      expect(service.status).toBe("healthy");
      registry.heartbeat("default", "a");
    }
    await vi.advanceTimersByTimeAsync(9900);
    expect(service.status).toBe("healthy");
    await vi.advanceTimersByTimeAsync(1000);
    expect(service.status).toBe("unhealthy");
    expect(service.lastCheck).toMatchObject({ healthy: false, error: "no heartbeat for 10s" });
    expect(latest("fleetlight_service_status")).toBe(0);
    registry.heartbeat("default", "a");
    await vi.advanceTimersByTimeAsync(50);
    expect(service.status).toBe("healthy");
    expect(latest("probe_success")).toBe(1);
    expect(latest("probe_http_status_code")).toBeUndefined();
  });

  it("that never come are a failure after the timeout", async () => {
    vi.useFakeTimers();
    configure({ checks: { heartbeat_timeout: "10s" } });
    const service = await register("http://127.0.0.1:1", PUSH);
    await vi.advanceTimersByTimeAsync(9000);
    expect(service.status).toBe("unknown");
    await vi.advanceTimersByTimeAsync(2000);
    expect(service.status).toBe("unhealthy");
    expect(service.lastCheck?.error).toBe("no heartbeat has come yet");
  });

  it("say nothing about a service that is checked over HTTP", async () => {
    let asked = 0;
    const url = await serve((_request, response) => {
      asked++;
      response.writeHead(500).end();
    });
    const service = await register(url);
    await reaches(service, "unhealthy");
    registry.heartbeat("default", "a");
    expect(service.status).toBe("unhealthy");
    const before = asked;
    await expect.poll(() => asked).toBeGreaterThan(before + 1);
    expect(service.status).toBe("unhealthy");
    expect(service.lastHeartbeatMs).not.toBeNull();
  });
});

describe("the stop", () => {
  it("breaks off what is under way without calling it a failure", async () => {
    const url = await serve(() => undefined);
    const service = await register(url, { interval_seconds: 300, timeout_seconds: 300 });
    await expect.poll(() => checker.stats().running).toBe(1);
    await checker.stop();
    expect(service.status).toBe("unknown");
    expect(service.lastCheck).toBeNull();
  });
});

describe("a full store", () => {
  it("costs samples that are counted, and no state", async () => {
    await checker.stop();
    const small = await createMemoryTelemetry({ now, maxSeries: 2 });
    cleanups.push(() => small.close());
    checker = createHealthChecker({
      registry,
      metrics: small.metrics,
      outbound,
      config: () => config,
      now,
      random: () => 0.5,
      logger,
      registryMetrics: createRegistry(),
    });
    checker.start();
    const url = await serve((_request, response) => response.end());
    const service = await register(url);
    await reaches(service, "healthy");
    await expect.poll(() => checker.stats().seriesRefused).toBeGreaterThan(0);
  });
});
