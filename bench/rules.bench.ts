import { setTimeout as sleep } from "node:timers/promises";

import { createRegistry } from "@fleetlight/sdk";

import { ConfigSchema } from "../packages/server/src/config/index.ts";
import { createRules } from "../packages/server/src/decide/index.ts";
import { createLogger } from "../packages/server/src/lib/index.ts";
import { createPromQLQueries } from "../packages/server/src/query/index.ts";
import { createMemoryTelemetry, createStateStore } from "../packages/server/src/store/index.ts";
import { ms, percentile, printTable } from "./support/table.ts";

export const describe =
  "10,000 threshold rules over 100,000 series: CPU, the event loop, breach to alert";

const METRICS = 100;
const GROUPS = 100;
/** Series of one rule. */
const INSTANCES = 10;
const INTERVAL_MS = 15_000;
/** The samples of an interval come in so many commits, evenly spread. */
const COMMITS = 100;
const INTERVALS = 2;
/** Uniform values in [0, 1): one series in so many holds at a time, others than before. */
const THRESHOLD = 0.99;
const TRIALS = 200;

const logger = createLogger({ level: "warn", format: "json" }, { version: "bench" });

const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

/** Rules on one metric each, ten series per rule. */
function rulesInput() {
  const rules: Record<string, object> = {};
  for (let metric = 0; metric < METRICS; metric++)
    for (let group = 0; group < GROUPS; group++)
      rules[`rule_${metric}_${group}`] = {
        name: `Rule ${metric} ${group}`,
        metric: `metric_${metric}{group="${group}"}`,
        condition: ">",
        threshold: THRESHOLD,
      };
  return rules;
}

type Telemetry = Awaited<ReturnType<typeof createMemoryTelemetry>>;

/** Writes a sample of every series within the interval, over and over. @returns CPU of the thread per interval. */
async function write({ metrics }: Telemetry, intervals: number): Promise<number> {
  const appender = metrics.appender("default");
  const refs: number[] = [];
  for (let metric = 0; metric < METRICS; metric++) {
    for (let group = 0; group < GROUPS; group++)
      for (let instance = 0; instance < INSTANCES; instance++)
        refs.push(
          appender.series({
            __name__: `metric_${metric}`,
            group: String(group),
            instance: `host-${instance}`,
            service: `service-${group}`,
          }),
        );
    await sleep(0);
  }
  const perCommit = refs.length / COMMITS;
  const startedCpuMs = cpuMs();
  const startedMs = performance.now();
  for (let commit = 0; commit < COMMITS * intervals; commit++) {
    const dueMs = startedMs + (commit * INTERVAL_MS) / COMMITS;
    await sleep(Math.max(0, dueMs - performance.now()));
    const first = (commit % COMMITS) * perCommit;
    const nowMs = Date.now();
    for (let at = first; at < first + perCommit; at++)
      appender.append(refs[at] ?? 0, nowMs, Math.random());
    await appender.commit();
  }
  await sleep(Math.max(0, startedMs + intervals * INTERVAL_MS - performance.now()));
  return (cpuMs() - startedCpuMs) / intervals;
}

async function openRules(telemetry: Telemetry) {
  const now = Date.now;
  const registry = createRegistry();
  const config = ConfigSchema.parse({
    alerting: { rules: rulesInput(), evaluation_interval: "15s" },
  });
  const { metrics } = telemetry;
  const queries = createPromQLQueries({
    metrics,
    config: () => config.query,
    subqueryStepMs: () => 60_000,
    registry,
    logger,
    now,
  });
  const state = await createStateStore({ path: ":memory:" }, { now, logger });
  let emitted = 0;
  let onEmit = (): void => undefined;
  const startedMs = performance.now();
  const rules = createRules({
    state,
    metrics,
    queries,
    config,
    files: () => [],
    now,
    logger,
    registry,
    emit: (evaluations) => {
      emitted += evaluations.length;
      onEmit();
    },
  });
  await rules.start();
  return {
    rules,
    startMs: performance.now() - startedMs,
    emitted: () => emitted,
    listen: (listener: () => void) => void (onEmit = listener),
    close: async () => {
      await rules.stop();
      await state.close();
    },
  };
}

/** CPU of the thread between two looks of a timer: what one piece of work makes others wait. */
function watchLoop() {
  const held: number[] = [];
  let before = cpuMs();
  const timer = setInterval(() => {
    const now = cpuMs();
    held.push(now - before);
    before = now;
  }, 1);
  return () => {
    clearInterval(timer);
    return held;
  };
}

/** From the commit of a sample that breaches to the alert, on an otherwise quiet server. */
async function breaches(
  { metrics }: Telemetry,
  listen: (listener: () => void) => void,
): Promise<number[]> {
  const appender = metrics.appender("default");
  const found: number[] = [];
  for (let trial = 0; trial < TRIALS; trial++) {
    const ref = appender.series({ __name__: "metric_0", group: "0", trial: String(trial) });
    appender.append(ref, Date.now(), 0);
    await appender.commit();
    await sleep(5);
    appender.append(ref, Date.now(), 2);
    const told = new Promise<number>((resolve) => listen(() => resolve(performance.now())));
    const startedMs = performance.now();
    await appender.commit();
    found.push((await told) - startedMs);
    listen(() => undefined);
  }
  return found;
}

export async function run(): Promise<void> {
  const telemetry = await createMemoryTelemetry({ now: Date.now, maxSeries: 200_000 });
  const bare = await write(telemetry, 1);
  const opened = await openRules(telemetry);
  const quiet = await breaches(telemetry, opened.listen);
  const stopWatching = watchLoop();
  const before = opened.emitted();
  const loaded = await write(telemetry, INTERVALS);
  const held = stopWatching();
  const { rules, active, waiting, lagSeconds, roundSeconds } = opened.rules.stats();
  const perInterval = (opened.emitted() - before) / INTERVALS;
  printTable(describe, [
    ["rules in force", String(rules)],
    ["started in", ms(opened.startMs)],
    ["CPU per 15 s, samples alone", ms(bare)],
    ["CPU per 15 s, with rules", ms(loaded)],
    [
      "share of one core that the rules take",
      `${(((loaded - bare) / INTERVAL_MS) * 100).toFixed(1)} %`,
    ],
    ["changes of alerts per 15 s", perInterval.toFixed(0)],
    ["alerts at the end", String(active)],
    ["rules that wait at the end", String(waiting)],
    [
      "the clock's latest round: late by, took",
      `${ms(lagSeconds * 1000)}, ${ms(roundSeconds * 1000)}`,
    ],
    ["loop held at once, p99 and max", `${ms(percentile(held, 0.99))}, ${ms(Math.max(...held))}`],
    [
      "breach to alert, median and p95",
      `${ms(percentile(quiet, 0.5))}, ${ms(percentile(quiet, 0.95))}`,
    ],
  ]);
  await opened.close();
  await telemetry.close();
}
