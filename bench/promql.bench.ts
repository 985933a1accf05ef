import { createRequire } from "node:module";

import {
  compileMatcher,
  Engine,
  Labels,
  parsePromQL,
  type SelectRequest,
  type Storage,
} from "@fleetlight/promql";

import {
  addTo,
  bucketQuantile,
  latest,
  rate,
  slidingMax,
  type Column,
  type Grid,
} from "./support/plain-loops.ts";
import { printGrid } from "./support/table.ts";

export const describe =
  "the PromQL engine without a server: evaluation against plain loops, parsing, matchers";

const SERIES = 1000;
const JOBS = 10;
const INTERVAL_MS = 15_000;
const START_MS = 1_700_000_000_000;
const HOUR_MS = 3_600_000;
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, Infinity];
/** The last of two hours, so that every window is full. */
const GRID: Grid = { startMs: START_MS + HOUR_MS, stepMs: INTERVAL_MS, steps: 241 };
const RANGE_MS = 300_000;
const ROUNDS = 9;
const TOLERANCE = 1e-9;

function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Series of one metric, two hours each. */
function column(
  labels: Readonly<Record<string, string>>,
  offsetMs: number,
  next: (before: number) => number,
): Column {
  const samples = (2 * HOUR_MS) / INTERVAL_MS;
  const times = Float64Array.from(
    { length: samples },
    (_, i) => START_MS + offsetMs + i * INTERVAL_MS,
  );
  const values = new Float64Array(samples);
  for (let i = 0, value = 0; i < samples; i++) values[i] = value = next(value);
  return { labels, times, values };
}

function makeColumns(): Map<string, Column[]> {
  const random = mulberry(11);
  const metrics = new Map<string, Column[]>();
  const base = (i: number) => ({
    instance: `host-${i}`,
    job: `job-${i % JOBS}`,
    zone: `z${i % 3}`,
  });
  const make = (name: string, next: (before: number) => number) =>
    metrics.set(
      name,
      Array.from({ length: SERIES }, (_, i) =>
        column({ __name__: name, ...base(i) }, Math.floor(random() * INTERVAL_MS), next),
      ),
    );
  // A counter is reset once in a while, as when its process starts anew.
  make("requests_total", (v) => (random() < 0.002 ? 0 : v + Math.floor(random() * 40)));
  make("memory_bytes", () => 1e8 + Math.floor(random() * 1e6));
  make("limit_bytes", () => 2e8 + Math.floor(random() * 1e6));
  const buckets: Column[] = [];
  for (let i = 0; i < SERIES / 10; i++) {
    const offsetMs = Math.floor(random() * INTERVAL_MS);
    // Every bucket grows by its share of the same observations.
    const observed = Array.from({ length: (2 * HOUR_MS) / INTERVAL_MS }, () =>
      Math.floor(random() * 90),
    );
    for (const bound of BOUNDS) {
      const share = 1 / (1 + 0.01 / bound ** 2);
      let at = 0;
      const labels = {
        __name__: "seconds_bucket",
        ...base(i),
        le: bound === Infinity ? "+Inf" : String(bound),
      };
      buckets.push(column(labels, offsetMs, (v) => v + Math.floor((observed[at++] ?? 0) * share)));
    }
  }
  return metrics.set("seconds_bucket", buckets);
}

/** Yields the columns of a metric, cut to the range: what a store would do at best. */
function columnStorage(metrics: ReadonlyMap<string, Column[]>): Storage {
  const stored = new Map(
    [...metrics].map(([name, columns]) => [
      name,
      columns.map((one) => ({ ...one, labels: Labels.fromObject(one.labels) })),
    ]),
  );
  const firstAfter = (times: Float64Array, timeMs: number): number => {
    let [low, high] = [0, times.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((times[middle] as number) <= timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    async *select({ matchers, startMs, endMs }: SelectRequest) {
      const name = matchers.find((one) => one.name === "__name__")?.value ?? "";
      yield (stored.get(name) ?? []).map(({ labels, times, values }) => {
        const [from, to] = [firstAfter(times, startMs), firstAfter(times, endMs)];
        return { labels, times: times.subarray(from, to), values: values.subarray(from, to) };
      });
    },
  };
}

interface Case {
  name: string;
  query: string;
  /** Values that are evaluated: series that go in, times steps. */
  points: number;
  /** The same answer: rows of the grid by key, the labels of the answer. */
  plain: () => Map<string, Float64Array>;
}

const get = (metrics: ReadonlyMap<string, Column[]>, name: string): Column[] =>
  metrics.get(name) ?? [];

/** Sums of rates by a key. */
function sumRates(
  columns: readonly Column[],
  key: (column: Column) => string,
): Map<string, Float64Array> {
  const sums = new Map<string, Float64Array>();
  const row = new Float64Array(GRID.steps);
  for (const one of columns) {
    rate(one, GRID, RANGE_MS, row);
    const name = key(one);
    let sum = sums.get(name);
    if (sum === undefined) sums.set(name, (sum = new Float64Array(GRID.steps)));
    addTo(sum, row);
  }
  return sums;
}

function quantiles(columns: readonly Column[]): Map<string, Float64Array> {
  const sums = sumRates(columns, ({ labels }) => `${labels["job"]} ${labels["le"]}`);
  const answer = new Map<string, Float64Array>();
  const counts = new Float64Array(BOUNDS.length);
  for (let job = 0; job < JOBS; job++) {
    const rows = BOUNDS.map((bound) =>
      sums.get(`job-${job} ${bound === Infinity ? "+Inf" : bound}`),
    );
    const out = new Float64Array(GRID.steps);
    for (let step = 0; step < GRID.steps; step++) {
      for (const [at, row] of rows.entries()) counts[at] = row?.[step] ?? 0;
      out[step] = bucketQuantile(0.95, BOUNDS, counts);
    }
    answer.set(`job-${job}`, out);
  }
  return answer;
}

function ratios(above: readonly Column[], below: readonly Column[]): Map<string, Float64Array> {
  const other = new Map(below.map((one) => [one.labels["instance"] ?? "", one]));
  const answer = new Map<string, Float64Array>();
  const divisor = new Float64Array(GRID.steps);
  for (const one of above) {
    const instance = one.labels["instance"] ?? "";
    const match = other.get(instance);
    if (match === undefined) continue;
    const out = new Float64Array(GRID.steps);
    latest(one, GRID, RANGE_MS, out);
    latest(match, GRID, RANGE_MS, divisor);
    for (let step = 0; step < GRID.steps; step++)
      out[step] = (out[step] as number) / (divisor[step] as number);
    answer.set(instance, out);
  }
  return answer;
}

/** Every 15 s the largest rate that a subquery of 10 minutes sees every 30 s on whole half minutes. */
function largestRates(columns: readonly Column[], steps: number): Map<string, Float64Array> {
  const innerMs = 30_000;
  const width = 600_000 / innerMs;
  const startMs = Math.ceil((GRID.startMs - 600_000 + 1) / innerMs) * innerMs;
  const inner = { startMs, stepMs: innerMs, steps: width + steps - 1 };
  const row = new Float64Array(inner.steps);
  const answer = new Map<string, Float64Array>();
  for (const one of columns) {
    rate(one, inner, RANGE_MS, row);
    const out = new Float64Array(steps);
    slidingMax(row, width, 1, out);
    answer.set(one.labels["instance"] ?? "", out);
  }
  return answer;
}

function makeCases(metrics: ReadonlyMap<string, Column[]>): Case[] {
  const requests = get(metrics, "requests_total");
  const buckets = get(metrics, "seconds_bucket");
  return [
    {
      name: "rate",
      query: "rate(requests_total[5m])",
      points: SERIES * GRID.steps,
      plain: () => {
        const answer = new Map<string, Float64Array>();
        for (const one of requests) {
          const out = new Float64Array(GRID.steps);
          rate(one, GRID, RANGE_MS, out);
          answer.set(one.labels["instance"] ?? "", out);
        }
        return answer;
      },
    },
    {
      name: "sum by (rate)",
      query: "sum by (job) (rate(requests_total[5m]))",
      points: SERIES * GRID.steps,
      plain: () => sumRates(requests, ({ labels }) => labels["job"] ?? ""),
    },
    {
      name: "histogram_quantile",
      query: "histogram_quantile(0.95, sum by (le, job) (rate(seconds_bucket[5m])))",
      points: buckets.length * GRID.steps,
      plain: () => quantiles(buckets),
    },
    {
      name: "binary, one to one",
      query: "memory_bytes / on (instance) limit_bytes",
      points: SERIES * GRID.steps,
      plain: () => ratios(get(metrics, "memory_bytes"), get(metrics, "limit_bytes")),
    },
    {
      name: "subquery",
      query: "max_over_time(rate(requests_total[5m])[10m:30s])",
      points: SERIES * Math.ceil(GRID.steps / 2),
      plain: () => largestRates(requests, Math.ceil(GRID.steps / 2)),
    },
  ];
}

/** Median CPU of the process, its collector's threads included, in nanoseconds. They take turns, so that both meet the same machine. */
async function cpuNs(...works: readonly (() => unknown)[]): Promise<number[]> {
  const rounds = works.map((): number[] => []);
  for (let round = -2; round < ROUNDS; round++)
    for (const [at, work] of works.entries()) {
      const before = process.cpuUsage();
      await work();
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) rounds[at]?.push((user + system) * 1000);
    }
  return rounds.map((each) => each.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? NaN);
}

/** Fails when the engine answers something else than the plain loop: then they did not do the same work. */
function compare(
  one: Case,
  expected: Map<string, Float64Array>,
  rows: [string, Float64Array][],
): void {
  if (rows.length !== expected.size)
    throw new Error(`${one.name}: ${rows.length} series instead of ${expected.size}`);
  for (const [key, values] of rows) {
    const plain = expected.get(key);
    for (const [step, value] of values.entries()) {
      const other = plain?.[step] ?? NaN;
      if (!(Math.abs(value - other) <= TOLERANCE * Math.max(1, Math.abs(other))))
        throw new Error(`${one.name}: ${key} is ${value} instead of ${other} at step ${step}`);
    }
  }
}

async function benchEvaluation(): Promise<void> {
  const metrics = makeColumns();
  const storage = columnStorage(metrics);
  const engine = new Engine();
  const rows: string[][] = [["", "points", "engine", "plain loop", "ratio"]];
  for (const one of makeCases(metrics)) {
    const stepMs = one.name === "subquery" ? 30_000 : GRID.stepMs;
    const endMs = GRID.startMs + (GRID.steps - 1) * GRID.stepMs;
    const ask = () => engine.range(storage, one.query, GRID.startMs, endMs, stepMs);
    const { data } = await ask();
    if (data.kind !== "matrix") throw new Error(`${one.name}: no matrix`);
    const name = (labels: Labels) => labels.get("instance") ?? labels.get("job") ?? "";
    compare(
      one,
      one.plain(),
      data.series.map(({ labels, values }) => [name(labels), values]),
    );
    const [engineNs = NaN, plainNs = NaN] = await cpuNs(ask, one.plain);
    rows.push([
      one.name,
      String(one.points),
      `${(engineNs / one.points).toFixed(1)} ns`,
      `${(plainNs / one.points).toFixed(1)} ns`,
      (engineNs / plainNs).toFixed(2),
    ]);
  }
  printGrid(`evaluation: CPU per point, 20 samples per window, median of ${ROUNDS}`, rows);
}

const EXPRESSIONS = [
  "up",
  'up{job="api"}',
  "1 + 2 * 3",
  "rate(http_requests_total[5m])",
  'sum by (job) (rate(http_requests_total{code=~"5.."}[5m]))',
  'sum(rate(http_requests_total{code=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))',
  "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))",
  "topk(10, sum by (instance) (rate(node_network_receive_bytes_total[5m])))",
  "avg_over_time(node_load1[1h:5m])",
  "max_over_time(deriv(rate(distance_covered_meters_total[1m])[5m:1m])[10m:])",
  "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes * 100 < 10",
  "100 - (avg by (instance) (rate(node_cpu_seconds_total{mode='idle'}[5m])) * 100)",
  "predict_linear(node_filesystem_avail_bytes{fstype!~'tmpfs|overlay'}[6h], 24 * 3600) < 0",
  "absent(up{job='api'} == 1)",
  "sum by (namespace) (kube_pod_info * on (node) group_left (zone) kube_node_labels)",
  'label_replace(up, "host", "$1", "instance", "(.*):.*")',
  "increase(errors_total[1h] offset 1d) > 2 * increase(errors_total[1h])",
  "rate(requests_total[5m] @ end()) unless on (job) maintenance == 1",
  "count_values('version', build_info) or vector(0)",
  "quantile by (job) (0.99, request_seconds) and on (job) (up == 1)",
];

async function benchParser(): Promise<void> {
  const repeats = 200;
  const took = await cpuNs(
    ...EXPRESSIONS.map((text) => () => {
      for (let i = 0; i < repeats; i++) parsePromQL(text);
    }),
  );
  const each = EXPRESSIONS.map((text, at) => ({ text, us: (took[at] ?? NaN) / repeats / 1000 }));
  const worst = each.toSorted((a, b) => b.us - a.us)[0];
  const mean = each.reduce((sum, { us }) => sum + us, 0) / each.length;
  printGrid(`parsing ${EXPRESSIONS.length} expressions`, [
    ["", "CPU"],
    ["mean", `${mean.toFixed(1)} us`],
    [`slowest: ${worst?.text}`, `${worst?.us.toFixed(1)} us`],
  ]);
}

/** As PromQL wants it: the whole value, and the dot matches a newline. */
interface Re2 {
  RE2JS: {
    DOTALL: number;
    compile(pattern: string, flags: number): { matches(text: string): boolean };
  };
}

const PATTERNS = [
  "agent-00042",
  "agent-00042|agent-00043|agent-07000",
  "agent-00.*",
  ".*42",
  ".*-004.*",
  ".+",
  "agent-00[0-4].*",
  "(agent|worker)-[0-9]+",
];

async function benchMatchers(): Promise<void> {
  const promql = new URL("../packages/promql/package.json", import.meta.url);
  const { RE2JS } = createRequire(promql)("re2js") as Re2;
  const values = Array.from({ length: 10_000 }, (_, i) => `agent-${String(i).padStart(5, "0")}`);
  const count = (test: (value: string) => boolean) => {
    let found = 0;
    for (const value of values) if (test(value)) found++;
    return found;
  };
  const rows: string[][] = [["", "matcher", "re2js", "times faster"]];
  for (const pattern of PATTERNS) {
    const compiled = RE2JS.compile(pattern, RE2JS.DOTALL);
    const make = () => compileMatcher({ op: "=~", value: pattern });
    const slow = (value: string) => compiled.matches(value);
    if (count(make()) !== count(slow)) throw new Error(`${pattern}: other values than re2js finds`);
    // Compiled anew, as for each query: what it remembers of a value is part of its cost.
    const [fastNs = NaN, slowNs = NaN] = await cpuNs(
      () => {
        for (let i = 0; i < 20; i++) count(make());
      },
      () => {
        for (let i = 0; i < 20; i++) count(slow);
      },
    );
    const per = 20 * values.length;
    rows.push([
      pattern,
      `${(fastNs / per).toFixed(1)} ns`,
      `${(slowNs / per).toFixed(1)} ns`,
      (slowNs / fastNs).toFixed(1),
    ]);
  }
  printGrid(`matchers: CPU per value, ${values.length} distinct values`, rows);
}

export async function run(): Promise<void> {
  await benchEvaluation();
  await benchParser();
  await benchMatchers();
}
