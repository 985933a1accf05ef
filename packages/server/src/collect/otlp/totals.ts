import { addHistograms, type FloatHistogram } from "@fleetlight/promql";

import type { SeriesRef } from "#store";

interface Total {
  /** Of the newest point that was added. */
  timeMs: number;
  value: number;
  histogram: FloatHistogram | undefined;
}

/**
 * Running totals of series of delta temporality, which become cumulative: bounded, the series that was silent for longest
 * goes first and would start again at its next delta, which reads as a counter's reset.
 */
export class DeltaTotals {
  private readonly totals = new Map<SeriesRef, Total>();
  forgotten = 0;

  get size(): number {
    return this.totals.size;
  }

  get(ref: SeriesRef): Total | undefined {
    return this.totals.get(ref);
  }

  set(ref: SeriesRef, total: Total, limit: number): void {
    // Anew at the end: the front of the map is the oldest.
    this.totals.delete(ref);
    this.totals.set(ref, total);
    while (this.totals.size > limit) {
      this.totals.delete(this.totals.keys().next().value as SeriesRef);
      this.forgotten++;
    }
  }
}

/** The totals of one request: they count only once its samples are stored, so that it may be sent again. */
export class StagedTotals {
  private readonly base: DeltaTotals;
  private readonly changed = new Map<SeriesRef, Total>();

  constructor(base: DeltaTotals) {
    this.base = base;
  }

  /** The total with a delta; undefined when this point, or a later one, was added before. */
  add(ref: SeriesRef, timeMs: number, delta: number): number | undefined {
    const total = this.newer(ref, timeMs);
    if (total === "old") return undefined;
    const value = (total?.value ?? 0) + delta;
    this.changed.set(ref, { timeMs, value, histogram: undefined });
    return value;
  }

  addHistogram(ref: SeriesRef, timeMs: number, delta: FloatHistogram): FloatHistogram | undefined {
    const total = this.newer(ref, timeMs);
    if (total === "old") return undefined;
    const before = total?.histogram;
    // What cannot be added, such as other kinds of buckets, starts anew.
    const histogram = (before && addHistograms(before, delta)?.histogram) ?? delta;
    this.changed.set(ref, { timeMs, value: 0, histogram });
    return histogram;
  }

  private newer(ref: SeriesRef, timeMs: number): Total | "old" | undefined {
    const total = this.changed.get(ref) ?? this.base.get(ref);
    return total !== undefined && total.timeMs >= timeMs ? "old" : total;
  }

  commit(limit: number): void {
    for (const [ref, total] of this.changed) this.base.set(ref, total, limit);
  }
}
