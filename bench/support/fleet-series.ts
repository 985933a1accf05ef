/**
 * A fleet of agents as a source of samples: per agent 80 series with 7 to 9 labels, most of them counters and classic
 * histograms. The same numbers give the same fleet and the same samples.
 */

const JOBS = ["router", "worker", "reviewer", "retriever", "trainer"];
const REGIONS = ["eu-1", "eu-2", "us-1"];
const ROUTES = ["/run", "/plan", "/tools", "/recall", "/health"];
const CODES = ["200", "429", "500"];
const TIMED_ROUTES = ROUTES.slice(0, 3);
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, Infinity];
const REASONS = ["timeout", "tool", "conflict", "quota"];
const QUEUES = ["inbox", "tools", "outbox", "retry"];
/** Latencies of an agent follow one of so many log-normal-like distributions. */
const SPEEDS = 8;

export const AGENTS_PER_SERVICE = 10;
export const SERIES_PER_AGENT = 80;

type Kind =
  | "counter"
  | "seconds"
  | "bucket"
  | "sum"
  | "count"
  | "whole"
  | "pages"
  | "ratio"
  | "fixed";

interface Shape {
  name: string;
  labels: Readonly<Record<string, string>>;
  kind: Kind;
  /** Growth per tick of a counter, middle of a gauge, number of the bucket. */
  size: number;
}

function shapes(): Shape[] {
  const all: Shape[] = [];
  const add = (name: string, labels: Record<string, string>, kind: Kind, size: number): void => {
    all.push({ name, labels, kind, size });
  };
  for (const route of ROUTES)
    for (const [at, code] of CODES.entries())
      add("fleet_requests_total", { route, code }, "counter", [40, 2, 0.3][at] ?? 0);
  for (const route of TIMED_ROUTES) {
    for (const [at, bound] of BOUNDS.entries()) {
      const le = bound === Infinity ? "+Inf" : String(bound);
      add("fleet_request_seconds_bucket", { route, le }, "bucket", at);
    }
    add("fleet_request_seconds_sum", { route }, "sum", 0.2);
    add("fleet_request_seconds_count", { route }, "count", 0);
  }
  for (const model of ["large", "small"])
    for (const direction of ["in", "out"])
      add("fleet_tokens_total", { model, direction }, "counter", direction === "in" ? 9000 : 1100);
  for (const reason of REASONS) add("fleet_failures_total", { reason }, "counter", 0.3);
  for (const queue of QUEUES) add("fleet_queue_depth", { queue }, "whole", 12);
  add("fleet_tasks_running", {}, "whole", 5);
  add("fleet_memory_bytes", {}, "pages", 3e8);
  add("fleet_heap_bytes", {}, "pages", 1e8);
  for (const name of ["cpu", "confidence", "loss", "lag"])
    add(`fleet_${name}_ratio`, {}, "ratio", 0.5);
  add("fleet_cpu_seconds_total", {}, "seconds", 4);
  add("up", {}, "fixed", 1);
  add("fleet_info", { version: "1.4.2" }, "fixed", 1);
  add("fleet_start_time_seconds", {}, "fixed", 1.7e9);
  return all;
}

const SHAPES = shapes();
if (SHAPES.length !== SERIES_PER_AGENT) throw new Error(`an agent has ${SHAPES.length} series`);

export const serviceOf = (agent: number): string =>
  `service-${String(Math.floor(agent / AGENTS_PER_SERVICE)).padStart(4, "0")}`;
export const agentName = (agent: number): string => `agent-${String(agent).padStart(5, "0")}`;

/** Labels of one series, names ascending as remote write wants them. */
function labelsOf(agent: number, shape: Shape): [string, string][] {
  const labels = {
    __name__: shape.name,
    agent: agentName(agent),
    environment: agent % 7 === 0 ? "staging" : "production",
    instance: `10.${(agent >> 8) & 255}.${agent & 255}.9:9100`,
    job: JOBS[agent % JOBS.length] ?? "",
    region: REGIONS[agent % REGIONS.length] ?? "",
    service: serviceOf(agent),
    ...shape.labels,
  };
  return Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** The share of observations at or below each bound, by speed. */
const SHARES = Array.from({ length: SPEEDS }, (_, speed) =>
  BOUNDS.map((bound) => 1 / (1 + (0.02 * (speed + 1)) ** 2 / bound ** 2)),
);

/** Some agents of the fleet, from one to before another; `tick` is one scrape of all of them. */
export class Fleet {
  readonly series: number;
  /** Values of the present tick: agent by agent, in the order of the series. */
  readonly values: Float64Array;
  /** Where in its interval an agent is scraped: milliseconds by agent. */
  readonly offsets: Uint32Array;
  private readonly first: number;
  private readonly pace: Float64Array;
  private state: number;
  private ticks = 0;

  /** @param series How many there are; the last agent may be cut short. */
  constructor(first: number, series: number, intervalMs: number) {
    this.first = first;
    this.series = series;
    this.state = (first * 2_654_435_761 + 1) >>> 0 || 1;
    this.values = new Float64Array(series);
    this.pace = Float64Array.from({ length: series }, () => 0.2 + 1.6 * this.random());
    const agents = Math.ceil(series / SERIES_PER_AGENT);
    this.offsets = Uint32Array.from({ length: agents }, () => this.random() * intervalMs);
    for (let at = 0; at < series; at++) {
      const { kind, size } = SHAPES[at % SERIES_PER_AGENT] as Shape;
      if (kind === "fixed") this.values[at] = size;
      else if (kind === "counter") this.values[at] = Math.floor(this.random() * 1e5);
    }
  }

  labels(at: number): [string, string][] {
    const agent = this.first + Math.floor(at / SERIES_PER_AGENT);
    return labelsOf(agent, SHAPES[at % SERIES_PER_AGENT] as Shape);
  }

  private random(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x >>> 0;
    return this.state / 4_294_967_296;
  }

  tick(): void {
    const { values, pace, series } = this;
    const wave = Math.sin(this.ticks++ / 240);
    let [observed, dither] = [0, 0];
    for (let at = 0; at < series; at++) {
      const { kind, size } = SHAPES[at % SERIES_PER_AGENT] as Shape;
      const old = values[at] ?? 0;
      const growth = size * (pace[at] ?? 1) * (1 + 0.4 * wave);
      if (kind === "bucket") {
        if (size === 0) [observed, dither] = [Math.floor(45 * this.random()), this.random()];
        const speed = Math.floor((pace[at - (at % SERIES_PER_AGENT)] ?? 1) * 4);
        const share = SHARES[speed]?.[size] ?? 1;
        values[at] = old + Math.floor(Math.min(observed, observed * share + dither));
      } else if (kind === "count") values[at] = old + observed;
      else if (kind === "sum") values[at] = old + observed * growth * this.random();
      else if (kind === "counter")
        values[at] = old + Math.floor(2 * growth * this.random() + this.random());
      else if (kind === "seconds") values[at] = old + growth * this.random();
      else if (kind !== "fixed") values[at] = this.gauge(kind, size, wave);
    }
  }

  private gauge(kind: Kind, middle: number, wave: number): number {
    const random = this.random();
    if (kind === "whole") return Math.floor(middle * (1 + 0.5 * wave) * 2 * random);
    if (kind === "ratio") return middle * (1 + 0.6 * wave * random);
    return Math.floor((middle * (1 + 0.2 * wave + 0.01 * random)) / 4096) * 4096;
  }
}
