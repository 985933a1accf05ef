import { Family } from "./family.ts";
import type { FamilyDescription, LabelValues, UpdateStats } from "./family.ts";

/** Default upper bounds in seconds, for durations from 5 ms to 10 s. */
export const DEFAULT_BUCKETS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** One series of a counter. */
export class CounterChild {
  value = 0;
  readonly #stats: UpdateStats;

  constructor(stats: UpdateStats) {
    this.#stats = stats;
  }

  /** Adds `by`; a negative or infinite amount is refused and counted. */
  inc(by = 1): void {
    if (by >= 0 && by < Infinity) this.value += by;
    else this.#stats.rejected++;
  }

  /** Takes over a total that something else counts; a smaller one reads as a reset. */
  setTotal(total: number): void {
    if (total >= 0 && total < Infinity) this.value = total;
    else this.#stats.rejected++;
  }
}

/** One series of a gauge. */
export class GaugeChild {
  value = 0;

  set(value: number): void {
    this.value = value;
  }

  inc(by = 1): void {
    this.value += by;
  }

  dec(by = 1): void {
    this.value -= by;
  }
}

/** One series of a histogram; `counts` are per bucket, not cumulative, the last one is that of +Inf. */
export class HistogramChild {
  readonly counts: Float64Array;
  sum = 0;
  readonly #bounds: Float64Array;
  readonly #stats: UpdateStats;

  constructor(bounds: Float64Array, stats: UpdateStats) {
    this.#bounds = bounds;
    this.#stats = stats;
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** Counts one observation; NaN is refused and counted. */
  observe(value: number): void {
    if (Number.isNaN(value)) {
      this.#stats.rejected++;
      return;
    }
    const bounds = this.#bounds;
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (value <= (bounds[middle] as number)) high = middle;
      else low = middle + 1;
    }
    this.counts[low] = (this.counts[low] as number) + 1;
    this.sum += value;
  }
}

/** A total that only grows. */
export class Counter<L extends string = never> extends Family<L, CounterChild> {
  constructor(description: FamilyDescription<L>) {
    super(description, (stats) => new CounterChild(stats));
  }

  inc(by?: number): void;
  inc(labels: LabelValues<L>, by?: number): void;
  inc(first: LabelValues<L> | number = 1, by = 1): void {
    if (typeof first === "number") this.only.inc(first);
    else this.with(first).inc(by);
  }

  /** Takes over a total that something else counts; a smaller one reads as a reset. */
  setTotal(total: number): void;
  setTotal(labels: LabelValues<L>, total: number): void;
  setTotal(first: LabelValues<L> | number, total = 0): void {
    if (typeof first === "number") this.only.setTotal(first);
    else this.with(first).setTotal(total);
  }
}

/** A value that goes up and down. */
export class Gauge<L extends string = never> extends Family<L, GaugeChild> {
  constructor(description: FamilyDescription<L>) {
    super(description, () => new GaugeChild());
  }

  set(value: number): void;
  set(labels: LabelValues<L>, value: number): void;
  set(first: LabelValues<L> | number, value = 0): void {
    if (typeof first === "number") this.only.set(first);
    else this.with(first).set(value);
  }

  inc(by?: number): void;
  inc(labels: LabelValues<L>, by?: number): void;
  inc(first: LabelValues<L> | number = 1, by = 1): void {
    if (typeof first === "number") this.only.inc(first);
    else this.with(first).inc(by);
  }

  dec(by?: number): void;
  dec(labels: LabelValues<L>, by?: number): void;
  dec(first: LabelValues<L> | number = 1, by = 1): void {
    if (typeof first === "number") this.only.dec(first);
    else this.with(first).dec(by);
  }
}

/** A distribution, as counts below fixed upper bounds. */
export class Histogram<L extends string = never> extends Family<L, HistogramChild> {
  /** Upper bounds, rising, without +Inf. */
  readonly bounds: Float64Array;

  constructor(description: FamilyDescription<L>, bounds: Float64Array) {
    super(description, (stats) => new HistogramChild(bounds, stats));
    this.bounds = bounds;
  }

  observe(value: number): void;
  observe(labels: LabelValues<L>, value: number): void;
  observe(first: LabelValues<L> | number, value = 0): void {
    if (typeof first === "number") this.only.observe(first);
    else this.with(first).observe(value);
  }
}
