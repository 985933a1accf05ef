import { openSync, closeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { describe, expect, it } from "vitest";

import { collectProcessMetrics, createRegistry } from "./index.ts";
import type { Registry } from "./index.ts";

function read(registry: Registry, name: string): number {
  const line = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "m").exec(registry.expose());
  if (line?.[1] === undefined) throw new Error(`${name} is not exposed`);
  return Number(line[1]);
}

function burn(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) Math.sqrt(2);
}

describe("process metrics", () => {
  it("agree with what the process knows about itself", () => {
    const registry = createRegistry({ prefix: "ignored_" });
    const { stop } = collectProcessMetrics(registry);
    const rss = process.memoryUsage.rss();
    expect(read(registry, "process_resident_memory_bytes") / rss).toBeCloseTo(1, 0);
    expect(read(registry, "nodejs_heap_size_used_bytes")).toBeGreaterThan(1e6);
    const started = read(registry, "process_start_time_seconds");
    expect(Math.abs(started - (Date.now() / 1000 - process.uptime()))).toBeLessThan(5);
    expect(registry.expose()).toContain(`nodejs_version_info{version="${process.version}"} 1\n`);
    expect(registry.warnings).toEqual([]);
    stop();
    stop();
  });

  it("count CPU time as it is used", () => {
    const registry = createRegistry();
    const { stop } = collectProcessMetrics(registry);
    const before = read(registry, "process_cpu_user_seconds_total");
    const start = process.cpuUsage();
    // On a busy machine a process gets less CPU time than time goes by.
    while (process.cpuUsage(start).user < 100_000) Math.sqrt(2);
    expect(read(registry, "process_cpu_user_seconds_total") - before).toBeGreaterThan(0.05);
    stop();
  });

  it.runIf(process.platform === "linux")("read limits, memory and open files from /proc", () => {
    const registry = createRegistry();
    const { stop } = collectProcessMetrics(registry);
    const before = read(registry, "process_open_fds");
    const file = openSync(import.meta.filename, "r");
    expect(read(registry, "process_open_fds")).toBe(before + 1);
    closeSync(file);
    expect(read(registry, "process_max_fds")).toBeGreaterThan(before);
    const virtual = read(registry, "process_virtual_memory_bytes");
    expect(virtual).toBeGreaterThan(read(registry, "process_resident_memory_bytes"));
    expect(read(registry, "process_virtual_memory_max_bytes")).toBeGreaterThanOrEqual(virtual);
    stop();
  });

  it("see a blocked event loop, and forget it with the next window", async () => {
    const registry = createRegistry();
    let now = 0;
    const { stop } = collectProcessMetrics(registry, { now: () => now });
    await sleep(60);
    burn(1000);
    await sleep(60);
    expect(read(registry, "nodejs_eventloop_lag_max_seconds")).toBeGreaterThan(0.9);
    expect(read(registry, "nodejs_eventloop_lag_p50_seconds")).toBeLessThan(0.9);
    now = 60_000;
    read(registry, "nodejs_eventloop_lag_max_seconds");
    await sleep(100);
    expect(read(registry, "nodejs_eventloop_lag_max_seconds")).toBeLessThan(0.9);
    stop();
  });

  it("time garbage collections", async () => {
    const registry = createRegistry();
    const { stop } = collectProcessMetrics(registry);
    const keep: number[][] = [];
    for (let i = 0; i < 400; i++)
      keep[i % 10] = Array.from({ length: 10_000 }, () => Math.random());
    await sleep(50);
    expect(read(registry, "nodejs_gc_duration_seconds_count")).toBeGreaterThan(0);
    stop();
  });
});
