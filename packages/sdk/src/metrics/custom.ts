import type { LabelValue } from "./family.ts";
import type { Counter, Gauge, Histogram } from "./kinds.ts";
import { MetricError } from "./names.ts";
import type { Registry } from "./registry.ts";

type Labels = Readonly<Record<string, LabelValue>>;

/** A value of a metric, with the labels that it is about. */
export type Reading = { value: number; labels?: Labels };

export type CustomMetric = {
  /** Without the registry's prefix. */
  name: string;
  type: "counter" | "gauge" | "histogram";
  description: string;
  labels?: readonly string[];
  unit?: string;
  /** Of a histogram: rising upper bounds. */
  buckets?: readonly number[];
  /** Asked at each scrape; it must be quick. A counter's is its total. */
  collect?: () => number | readonly Reading[];
};

type Known = { labels: ReadonlySet<string>; record: (reading: Reading, isTotal: boolean) => void };

/** Metrics that are defined by data and recorded by name, for programs that learn of them while they run. */
export class CustomMetrics {
  readonly #registry: Registry;
  readonly #known = new Map<string, Known>();
  readonly #refused: Counter;

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#refused = registry.counter({
      name: "fleetlight_sdk_records_refused_total",
      help: "Values recorded under a name or with labels that nobody defined.",
      unprefixed: true,
    });
  }

  /** @throws MetricError when a name, a label or the buckets are invalid, or the name is taken. */
  define(metric: CustomMetric): void {
    const { name, type, collect, labels = [] } = metric;
    if (type === "histogram" && collect !== undefined) {
      throw new MetricError("invalid_name", `${name}: a histogram is observed, not collected`);
    }
    const known = { labels: new Set(labels), record: this.#recorderOf(metric) };
    this.#known.set(name, known);
    if (collect === undefined) return;
    this.#registry.collect(() => {
      const found = collect();
      const readings = typeof found === "number" ? [{ value: found }] : found;
      for (const reading of readings) this.#take(known, reading, true);
    });
  }

  /** Adds to a counter, sets a gauge, or observes; false when the name or a label is unknown. Never throws. */
  record(name: string, value: number, labels: Labels = {}): boolean {
    const known = this.#known.get(name);
    if (known === undefined) {
      this.#refused.inc();
      return false;
    }
    return this.#take(known, { value, labels }, false);
  }

  #take(known: Known, reading: Reading, isTotal: boolean): boolean {
    const names = Object.keys(reading.labels ?? {});
    // A label that is left out would make a series that nobody asks for.
    const fits =
      names.length === known.labels.size && names.every((name) => known.labels.has(name));
    if (fits) known.record(reading, isTotal);
    else this.#refused.inc();
    return fits;
  }

  #recorderOf(metric: CustomMetric): Known["record"] {
    const { name, type, description: help, labels: labelNames = [], unit, buckets } = metric;
    const options = { name, help, labelNames, ...(unit === undefined ? {} : { unit }) };
    if (type === "histogram") {
      const histogram: Histogram<string> = this.#registry.histogram({
        ...options,
        ...(buckets === undefined ? {} : { buckets }),
      });
      return ({ value, labels = {} }) => histogram.with(labels).observe(value);
    }
    if (type === "gauge") {
      const gauge: Gauge<string> = this.#registry.gauge(options);
      return ({ value, labels = {} }) => gauge.with(labels).set(value);
    }
    const counter: Counter<string> = this.#registry.counter(options);
    return ({ value, labels = {} }, isTotal) => {
      if (isTotal) counter.with(labels).setTotal(value);
      else counter.with(labels).inc(value);
    };
  }
}
