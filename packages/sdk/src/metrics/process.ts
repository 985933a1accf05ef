import { readdirSync, readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

import type { MetricOptions, Registry } from "./registry.ts";
import { runtimeSources, type EventLoopLag } from "./runtime-sources.ts";

/** What other exporters write where the kernel sets no limit: the largest unsigned 64-bit number. */
const UNLIMITED = 2 ** 64;

/** `VmRSS` and the like from /proc/self/status, in bytes; null where there is no such file. */
function procStatus(): { resident: number; virtual: number } | null {
  try {
    const text = readFileSync("/proc/self/status", "latin1");
    const kilobytes = (key: string) =>
      Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(text)?.[1]);
    return { resident: kilobytes("VmRSS") * 1024, virtual: kilobytes("VmSize") * 1024 };
  } catch {
    return null;
  }
}

/** Soft limit from /proc/self/limits; null where there is no such file or line. */
function procLimit(name: string): number | null {
  try {
    const text = readFileSync("/proc/self/limits", "latin1");
    const soft = new RegExp(`^${name}\\s+(\\S+)`, "m").exec(text)?.[1];
    if (soft === undefined) return null;
    return soft === "unlimited" ? UNLIMITED : Number(soft);
  } catch {
    return null;
  }
}

/** Files and sockets that are open now; null where /proc is missing. */
function openFds(): number | null {
  try {
    // One of the entries is the directory that is being read.
    return readdirSync("/proc/self/fd").length - 1;
  } catch {
    return null;
  }
}

const fixed = (name: string, help: string): MetricOptions<never> => ({
  name,
  help,
  unprefixed: true,
});

function addMemoryMetrics(registry: Registry): void {
  const resident = registry.gauge(
    fixed("process_resident_memory_bytes", "Resident memory size in bytes."),
  );
  const first = procStatus();
  const virtual =
    first === null
      ? null
      : registry.gauge(fixed("process_virtual_memory_bytes", "Virtual memory size in bytes."));
  registry.collect(() => {
    const now = first === null ? null : procStatus();
    resident.set(now?.resident ?? process.memoryUsage.rss());
    if (now !== null) virtual?.set(now.virtual);
  });
  const limit = procLimit("Max address space");
  if (limit !== null) {
    registry
      .gauge(fixed("process_virtual_memory_max_bytes", "Limit of the virtual memory in bytes."))
      .set(limit);
  }
}

function addFileMetrics(registry: Registry): void {
  if (openFds() === null) return;
  registry
    .gauge(fixed("process_open_fds", "Open file descriptors."))
    .collect((gauge) => gauge.set(openFds() ?? NaN));
  const limit = procLimit("Max open files");
  if (limit !== null) {
    registry.gauge(fixed("process_max_fds", "Limit of open file descriptors.")).set(limit);
  }
}

function addCpuMetrics(registry: Registry): void {
  const total = registry.counter(
    fixed("process_cpu_seconds_total", "User and system CPU time in seconds."),
  );
  const user = registry.counter(
    fixed("process_cpu_user_seconds_total", "User CPU time in seconds."),
  );
  const system = registry.counter(
    fixed("process_cpu_system_seconds_total", "System CPU time in seconds."),
  );
  registry.collect(() => {
    const usage = process.cpuUsage();
    user.setTotal(usage.user / 1e6);
    system.setTotal(usage.system / 1e6);
    total.setTotal((usage.user + usage.system) / 1e6);
  });
  registry
    .gauge(fixed("process_start_time_seconds", "Start of the process as Unix time in seconds."))
    .set(performance.timeOrigin / 1000);
}

function addHeapMetrics(registry: Registry): void {
  const used = registry.gauge(fixed("nodejs_heap_size_used_bytes", "Used part of the heap."));
  const total = registry.gauge(fixed("nodejs_heap_size_total_bytes", "Size of the heap."));
  const external = registry.gauge(
    fixed("nodejs_external_memory_bytes", "Memory of C++ objects bound to JavaScript ones."),
  );
  registry.collect(() => {
    const usage = process.memoryUsage();
    used.set(usage.heapUsed);
    total.set(usage.heapTotal);
    external.set(usage.external);
  });
  registry
    .gauge({
      name: "nodejs_version_info",
      help: "Version of Node.",
      labelNames: ["version"],
      unprefixed: true,
    })
    .set({ version: process.version }, 1);
}

function addLagMetrics(registry: Registry, now: () => number): void {
  const mean = registry.gauge(
    fixed("nodejs_eventloop_lag_seconds", "Mean delay of the event loop since the last window."),
  );
  const p50 = registry.gauge(
    fixed("nodejs_eventloop_lag_p50_seconds", "Median delay of the event loop."),
  );
  const p99 = registry.gauge(
    fixed("nodejs_eventloop_lag_p99_seconds", "99th percentile of the event loop's delay."),
  );
  const max = registry.gauge(
    fixed("nodejs_eventloop_lag_max_seconds", "Longest delay of the event loop."),
  );
  registry.collect(() => {
    const lag = runtimeSources.lag(now());
    mean.set(lag.mean);
    p50.set(lag.p50);
    p99.set(lag.p99);
    max.set(lag.max);
  });
}

/**
 * Adds the process metrics that every Prometheus client knows (`process_*`, from /proc where there is one) and those of
 * Node (`nodejs_*`: event loop, heap, garbage collection). Read at exposition; between two of them nothing runs but the
 * event-loop monitor. What the platform does not tell is left out.
 * @returns Stops the observers; the metrics stay.
 * @throws MetricError when the registry has one of the names already.
 */
export function collectProcessMetrics(
  registry: Registry,
  options: { now?: () => number } = {},
): { stop(): void; eventLoopLag(): EventLoopLag } {
  addCpuMetrics(registry);
  addMemoryMetrics(registry);
  addFileMetrics(registry);
  addHeapMetrics(registry);
  addLagMetrics(registry, options.now ?? Date.now);
  const gc = registry.histogram({
    name: "nodejs_gc_duration_seconds",
    help: "Pauses of the garbage collector.",
    labelNames: ["kind"],
    unprefixed: true,
    buckets: [0.001, 0.01, 0.1, 1, 2, 5],
  });
  const stop = runtimeSources.use(({ kind, seconds }) => gc.observe({ kind }, seconds));
  return { stop, eventLoopLag: () => runtimeSources.lag((options.now ?? Date.now)()) };
}
