import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";

import { createRegistry } from "@fleetlight/sdk";

import {
  createScraper,
  decodeSeries,
  parseExposition,
} from "../packages/server/src/collect/scrape/index.ts";
import { ConfigSchema } from "../packages/server/src/config/index.ts";
import { createLogger, createOutbound } from "../packages/server/src/lib/index.ts";
import {
  createMemoryTelemetry,
  createTelemetryStore,
  type TelemetryStore,
} from "../packages/server/src/store/telemetry/index.ts";
import { sleep } from "./support/process.ts";
import { mib, ms, printTable } from "./support/table.ts";

export const describe =
  "1,000 targets of 100 series every 15 s, and reading pages [--seconds N --targets N --series N --interval S --store chdb|memory]";

const DAY_MS = 86_400_000;
/** What the delay of the event loop is measured with, and reads as when nothing blocks. */
const RESOLUTION_MS = 5;
const PAGE_SAMPLES = 100_000;

function openStore(kind: string, dataDir: string): Promise<TelemetryStore> {
  const telemetry = {
    flushIntervalMs: 1000,
    flushRows: 10_000,
    maxPendingRows: 2_000_000,
    headMaxBytes: 256 << 20,
    headWindowMs: 7_200_000,
    maxSeries: 1_000_000,
    retention: () => ({
      metricsMs: 15 * DAY_MS,
      eventsMs: 15 * DAY_MS,
      tracesMs: 15 * DAY_MS,
      maxBytes: undefined,
    }),
    now: Date.now,
    onError: (message: string) => console.error(message),
  };
  return kind === "memory"
    ? createMemoryTelemetry(telemetry)
    : createTelemetryStore({ dataDir }, telemetry);
}

/** Scrapes that started at most so many seconds late, by bound. */
function latenessBuckets(page: string): Map<number, number> {
  const bytes = Buffer.from(page);
  const buckets = new Map<number, number>();
  parseExposition(bytes, "text", {
    sample(start, end, count) {
      const { __name__: name, le } = decodeSeries(bytes, start, end);
      if (name === "fleetlight_scrape_lateness_seconds_bucket") {
        buckets.set(le === "+Inf" ? Infinity : Number(le), count);
      }
    },
    metadata: () => undefined,
  });
  return buckets;
}

/** The upper bound, in milliseconds, of the bucket that holds this share of what came between two looks. */
function lateness(before: Map<number, number>, after: Map<number, number>, share: number): string {
  const since = [...after].map(([bound, n]) => [bound, n - (before.get(bound) ?? 0)] as const);
  const total = since.at(-1)?.[1] ?? 0;
  return `<= ${ms((since.find(([, n]) => n >= total * share)?.[0] ?? Number.NaN) * 1000)}`;
}

/** The parser alone: bytes to series ranges and values. */
function benchParser(): void {
  const lines = Array.from({ length: PAGE_SAMPLES }, (_, at) => {
    const value = at % 3 === 0 ? Math.sqrt(at) : at * 7;
    return `http_requests_total{method="GET",code="${at % 500}",route="/api/v1/things/${at}"} ${value}\n`;
  });
  const page = Buffer.from(lines.join(""));
  let sum = 0;
  const read = (): void =>
    parseExposition(page, "text", {
      sample(_start, _end, value) {
        sum += value;
      },
      metadata: () => undefined,
    });
  for (let round = 0; round < 5; round++) read();
  const rounds = 20;
  const cpu = process.cpuUsage();
  const started = performance.now();
  for (let round = 0; round < rounds; round++) read();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const samples = rounds * PAGE_SAMPLES;
  if (!(sum > 0)) throw new Error("the page was not read");
  printTable(`Reading a page of ${PAGE_SAMPLES} samples`, [
    ["throughput", `${((page.length * rounds) / seconds / 1e6).toFixed(0)} MB/s`],
    ["samples per second", (samples / seconds / 1e6).toFixed(2) + " million"],
    ["CPU per million samples", `${((user + system) / 1e6 / (samples / 1e6)).toFixed(2)} s`],
  ]);
}

interface Options {
  seconds: number;
  targets: number;
  series: number;
  intervalMs: number;
  store: string;
}

async function benchScraper(options: Options): Promise<void> {
  const exporter = fork(new URL("support/fake-exporter.ts", import.meta.url), [
    String(options.targets),
    String(options.series),
  ]);
  const dataDir = await mkdtemp(join(tmpdir(), "bench-scrape-"));
  const [ports] = (await once(exporter, "message")) as [number[]];
  const store = await openStore(options.store, dataDir);
  const outbound = createOutbound({ allowLinkLocal: false, allowAddresses: [] });
  const registry = createRegistry();
  const config = ConfigSchema.parse({}).scrape;
  const scraper = createScraper({
    metrics: store.metrics,
    outbound,
    config: () => config,
    now: Date.now,
    random: Math.random,
    registry,
    logger: createLogger({ level: "warn", format: "json" }, { version: "bench" }),
    onResult: () => undefined,
  });
  scraper.sync(
    ports.map((port, at) => ({
      tenant: "default",
      id: `svc-${at}`,
      url: `http://127.0.0.1:${port}/metrics`,
      labels: { job: `job-${at % 20}`, instance: `127.0.0.1:${port}`, service: `svc-${at}` },
      intervalMs: options.intervalMs,
      timeoutMs: 10_000,
      honorLabels: false,
      pool: "bench",
    })),
  );
  // The first round makes connections and series; what comes after is the steady state.
  await sleep(options.intervalMs + 10 * options.targets);
  const lateBefore = latenessBuckets(registry.expose());
  const before = { ...scraper.stats(), cpu: process.cpuUsage(), at: performance.now() };
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  await sleep(options.seconds * 1000);
  delay.disable();
  const seconds = (performance.now() - before.at) / 1000;
  const { user, system } = process.cpuUsage(before.cpu);
  const cpuSeconds = (user + system) / 1e6;
  const after = scraper.stats();
  const samples = after.samples - before.samples;
  const lateAfter = latenessBuckets(registry.expose());
  const { targets, series, intervalMs } = options;
  printTable(`${targets} targets x ${series} series every ${intervalMs} ms into ${options.store}`, [
    ["samples per second", (samples / seconds).toFixed(0)],
    ["failed, dropped, skipped", [after.failed, after.dropped, after.skipped].join(", ")],
    ["lateness p50", lateness(lateBefore, lateAfter, 0.5)],
    ["lateness p99", lateness(lateBefore, lateAfter, 0.99)],
    ["CPU, store included", `${(cpuSeconds / seconds).toFixed(3)} cores`],
    ["CPU per million samples", `${(cpuSeconds / (samples / 1e6)).toFixed(2)} s`],
    ["CPU per scrape", ms((cpuSeconds / (after.scrapes - before.scrapes)) * 1000)],
    ["event loop delay p99", ms(delay.percentile(99) / 1e6 - RESOLUTION_MS)],
    ["event loop delay max", ms(delay.max / 1e6 - RESOLUTION_MS)],
    ["resident", mib(process.memoryUsage.rss())],
    ["remembered series", mib(after.cacheBytes)],
  ]);
  await scraper.stop();
  exporter.disconnect();
  await outbound.close();
  await store.close();
  await rm(dataDir, { recursive: true, force: true });
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: "string", default: "60" },
      targets: { type: "string", default: "1000" },
      series: { type: "string", default: "100" },
      interval: { type: "string", default: "15" },
      store: { type: "string", default: "chdb" },
    },
  });
  benchParser();
  await benchScraper({
    seconds: Number(values.seconds),
    targets: Number(values.targets),
    series: Number(values.series),
    intervalMs: Number(values.interval) * 1000,
    store: values.store,
  });
}
