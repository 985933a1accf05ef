import type { ServiceRegistration } from "@fleetlight/contract";
import { describe, expect, it } from "vitest";

import { ConfigSchema, type Config, type ConfigInput } from "#config";

import { endpointUrl, instanceOf, serviceLabels } from "./labels.ts";
import { scrapeTargets } from "./scrape-targets.ts";
import type { WatchedService } from "./types.ts";

const configOf = (input: ConfigInput = {}): Config => ConfigSchema.parse(input) as Config;

const serviceOf = (
  registration: Partial<ServiceRegistration>,
  vanishedAtMs: number | null = null,
): WatchedService => ({
  tenant: "default",
  origin: "api",
  registration: {
    id: "api-1",
    name: "API",
    type: "agent",
    url: "http://10.0.0.7:8001",
    health_endpoint: "/health",
    metrics_endpoint: "/metrics",
    labels: {},
    ...registration,
  },
  status: "unhealthy",
  statusSinceMs: 0,
  registeredAtMs: 0,
  updatedAtMs: 0,
  lastHeartbeatMs: null,
  lastCheck: null,
  lastScrape: null,
  vanishedAtMs,
});

describe("scrape targets", () => {
  it("take their defaults from the configuration, and the unhealthy are scraped too", () => {
    const config = configOf({ scrape: { interval: "10s", timeout: "4s", honor_labels: true } });
    expect(scrapeTargets([serviceOf({ labels: { component: "models" } })], config)).toEqual([
      {
        tenant: "default",
        id: "api-1",
        url: "http://10.0.0.7:8001/metrics",
        labels: {
          service: "api-1",
          job: "api-1",
          instance: "10.0.0.7:8001",
          component: "models",
        },
        intervalMs: 10_000,
        timeoutMs: 4000,
        honorLabels: true,
        pool: "services",
      },
    ]);
  });

  it("follow the registration, with a timeout that is never longer than the interval", () => {
    const scrape = { interval_seconds: 2, honor_labels: false };
    const [target] = scrapeTargets(
      [serviceOf({ scrape, metrics_endpoint: "https://metrics.test/x" })],
      configOf({ scrape: { honor_labels: true } }),
    );
    expect(target).toMatchObject({
      url: "https://metrics.test/x",
      intervalMs: 2000,
      timeoutMs: 2000,
      honorLabels: false,
      pool: "services",
    });
  });

  it.each([
    ["are switched off by the registration", { scrape: { enabled: false } }, {}, null, 0],
    ["are switched off by the configuration", {}, { scrape: { enabled: false } }, null, 0],
    ["leave out what vanished", {}, {}, 5, 0],
    ["leave out services that only send heartbeats", { check: { mode: "heartbeat" } }, {}, null, 0],
    [
      "take in services that send heartbeats and ask for it",
      { check: { mode: "heartbeat" }, scrape: { enabled: true } },
      {},
      null,
      1,
    ],
    ["take in services that are not checked", { check: { mode: "none" } }, {}, null, 1],
  ] as const)("%s", (_name, registration, config, vanishedAtMs, count) => {
    expect(scrapeTargets([serviceOf(registration, vanishedAtMs)], configOf(config)).length).toBe(
      count,
    );
  });
});

describe("labels", () => {
  it("keep job and instance of the registration, never its service", () => {
    const labels = { job: "models", instance: "gpu-3", service: "other", __secret: "x" };
    expect(serviceLabels(serviceOf({ labels }))).toEqual({
      job: "models",
      instance: "gpu-3",
      service: "api-1",
    });
  });

  it("lose the separator of the store's keys", () => {
    expect(serviceLabels(serviceOf({ labels: { team: "a\u0001b" } }))["team"]).toBe("a\u{fffd}b");
  });

  it.each([
    ["http://a.test", "a.test:80"],
    ["https://a.test/x", "a.test:443"],
    ["http://user:pass@[::1]:9/", "[::1]:9"],
  ])("name the instance of %s", (url, instance) => {
    expect(instanceOf(url)).toBe(instance);
  });

  it.each([
    ["http://a.test", "/health", "http://a.test/health"],
    ["http://a.test/", "/health", "http://a.test/health"],
    ["http://a.test/base/", "/health?x=1", "http://a.test/base/health?x=1"],
    ["http://a.test/base?q=1#f", "/health", "http://a.test/base/health"],
    ["http://a.test", "http://b.test/h", "http://b.test/h"],
  ])("join %s and %s", (base, endpoint, url) => {
    expect(endpointUrl(base, endpoint)).toBe(url);
  });
});
