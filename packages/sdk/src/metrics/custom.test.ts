import { beforeEach, describe, expect, it } from "vitest";

import { CustomMetrics } from "./custom.ts";
import { createRegistry } from "./registry.ts";
import type { Registry } from "./registry.ts";

describe("custom metrics", () => {
  let registry: Registry;
  let metrics: CustomMetrics;

  beforeEach(() => {
    registry = createRegistry({ prefix: "shop_" });
    metrics = new CustomMetrics(registry);
  });

  it("are recorded by name, each as its type has it", () => {
    metrics.define({
      name: "orders_total",
      type: "counter",
      description: "Orders.",
      labels: ["land"],
    });
    metrics.define({ name: "queue_depth", type: "gauge", description: "Waiting." });
    metrics.define({
      name: "wait_seconds",
      type: "histogram",
      description: "Wait.",
      buckets: [1, 2],
    });
    for (const value of [1, 2]) {
      expect(metrics.record("orders_total", value, { land: "DE" })).toBe(true);
      expect(metrics.record("queue_depth", value)).toBe(true);
      expect(metrics.record("wait_seconds", value)).toBe(true);
    }
    const page = registry.expose();
    expect(page).toContain('shop_orders_total{land="DE"} 3');
    expect(page).toContain("shop_queue_depth 2");
    expect(page).toContain('shop_wait_seconds_bucket{le="1"} 1');
    expect(page).toContain("shop_wait_seconds_sum 3");
  });

  it("ask their collector at each scrape", () => {
    let depth = 3;
    metrics.define({
      name: "queue_depth",
      type: "gauge",
      description: "Waiting.",
      labels: ["queue"],
      collect: () => [{ value: depth, labels: { queue: "a" } }],
    });
    metrics.define({
      name: "jobs_total",
      type: "counter",
      description: "Jobs.",
      collect: () => depth * 10,
    });
    expect(registry.expose()).toContain('shop_queue_depth{queue="a"} 3');
    depth = 4;
    const page = registry.expose();
    expect(page).toContain('shop_queue_depth{queue="a"} 4');
    expect(page).toContain("shop_jobs_total 40");
  });

  it.each([
    ["an unknown name", () => metrics.record("nothing_total", 1)],
    ["a label too many", () => metrics.record("orders_total", 1, { land: "DE", more: 1 })],
    ["a label too few", () => metrics.record("orders_total", 1)],
    ["another label", () => metrics.record("orders_total", 1, { country: "DE" })],
  ])("refuse and count %s", (_, record) => {
    metrics.define({
      name: "orders_total",
      type: "counter",
      description: "Orders.",
      labels: ["land"],
    });
    expect(record()).toBe(false);
    expect(registry.expose()).toContain("fleetlight_sdk_records_refused_total 1");
  });

  it.each([
    ["a counter without _total", { name: "orders", type: "counter" }],
    ["a name that is none", { name: "or-ders", type: "gauge" }],
    ["a reserved label", { name: "orders", type: "gauge", labels: ["__name"] }],
    ["buckets that fall", { name: "wait", type: "histogram", buckets: [2, 1] }],
    ["a histogram with a collector", { name: "wait", type: "histogram", collect: () => 1 }],
  ] as const)("cannot be defined as %s", (_, metric) => {
    expect(() => metrics.define({ description: "It.", ...metric })).toThrow(
      expect.objectContaining({ name: "MetricError" }) as Error,
    );
  });

  it("survive a collector that throws", () => {
    metrics.define({
      name: "depth",
      type: "gauge",
      description: "It.",
      collect: () => {
        throw new Error("no");
      },
    });
    expect(registry.expose()).toContain("fleetlight_sdk_collect_errors_total 1");
  });
});
