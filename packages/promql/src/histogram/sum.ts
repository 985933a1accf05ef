import { combinedHint, divideHistogram } from "./arithmetic.ts";
import { commonBounds, exponentialBound, reducedIndex, sameNumbers } from "./bounds.ts";
import { negativeSide, positiveSide, sameSpans, usesCustomBuckets } from "./shape.ts";
import { RunningSide, Sums } from "./running-sums.ts";
import { customMapping, reduceSide } from "./sides.ts";
import type { BucketSpan, CounterResetHint, FloatHistogram } from "./types.ts";
import { bucketsCovered, bucketsWithin, dropFirst, widenedZero } from "./zero-bucket.ts";

/** Places of the totals in their columns. */
const COUNT = 0;
const SUM = 1;
const ZERO = 2;

/**
 * Sum or mean of histograms, compensated as upstream's KahanAdd: for `sum`, `avg` and their `_over_time` functions. A mean
 * is the sum divided, and changes to a running mean before anything overflows. Not compacted; of one histogram the sum is
 * that histogram.
 */
export class HistogramSum {
  /** Hints "reset" and "not_reset" were both seen: upstream warns. */
  resetsConflict = false;
  /** Custom bounds differed: upstream tells it in an info. */
  boundsReconciled = false;
  private readonly mean: boolean;
  /** What was added, for starting over when a mean overflows; empty for sums. */
  private readonly seen: FloatHistogram[] = [];
  private readonly totals: Sums;
  private readonly positive: RunningSide;
  private readonly negative: RunningSide;
  private readonly custom: boolean;
  private schema: number;
  private zeroThreshold: number;
  private customValues: readonly number[];
  private hint: CounterResetHint;
  private hintsSeen = 0;
  private added = 1;
  private running = false;

  constructor(first: FloatHistogram, kind: "sum" | "mean") {
    this.mean = kind === "mean";
    if (this.mean) this.seen.push(first);
    this.totals = new Sums([first.count, first.sum, first.zeroCount]);
    const positive = positiveSide(first);
    const negative = negativeSide(first);
    this.positive = new RunningSide(first.positiveSpans, positive.indices, positive.counts);
    this.negative = new RunningSide(first.negativeSpans, negative.indices, negative.counts);
    this.custom = usesCustomBuckets(first);
    this.schema = first.schema;
    this.zeroThreshold = first.zeroThreshold;
    this.customValues = first.customValues;
    this.hint = first.counterResetHint;
    this.see(first);
  }

  /** False when exactly one side has custom buckets: there is no sum then, and upstream drops the group with a warning. */
  add(h: FloatHistogram): boolean {
    if (usesCustomBuckets(h) !== this.custom) return false;
    this.see(h);
    this.hint = combinedHint(this.hint, h.counterResetHint).hint;
    this.added++;
    if (!this.mean) this.accumulate(h);
    else if (this.running) this.blend(h);
    else {
      this.accumulate(h);
      if (this.overflowed) this.startRunning(h);
      else this.seen.push(h);
    }
    return true;
  }

  result(): FloatHistogram {
    const divisor = this.mean && !this.running ? this.added : 1;
    const side = (sums: Sums): number[] => sums.values.map((_, i) => sums.total(i, divisor));
    return {
      schema: this.schema,
      zeroThreshold: this.zeroThreshold,
      zeroCount: this.totals.total(ZERO, divisor),
      count: this.totals.total(COUNT, divisor),
      sum: this.totals.total(SUM, divisor),
      counterResetHint: this.hint,
      positiveSpans: this.positive.spans,
      positiveBuckets: side(this.positive.sums),
      negativeSpans: this.negative.spans,
      negativeBuckets: side(this.negative.sums),
      customValues: this.customValues,
    };
  }

  private see(h: FloatHistogram): void {
    if (h.counterResetHint === "reset") this.hintsSeen |= 1;
    else if (h.counterResetHint === "not_reset") this.hintsSeen |= 2;
    this.resetsConflict = this.hintsSeen === 3;
  }

  private get overflowed(): boolean {
    return this.totals.overflowed || this.positive.sums.overflowed || this.negative.sums.overflowed;
  }

  /** The sum just overflowed: goes back to the mean of what was before, and on from there. */
  private startRunning(h: FloatHistogram): void {
    const [first = h, ...others] = this.seen;
    const before = new HistogramSum(first, "sum");
    for (const other of others) before.add(other);
    this.running = true;
    this.seen.length = 0;
    this.takeOver(before);
    this.scale(1, this.added - 1);
    this.blend(h);
  }

  private takeOver(other: HistogramSum): void {
    this.schema = other.schema;
    this.zeroThreshold = other.zeroThreshold;
    this.customValues = other.customValues;
    for (const side of ["positive", "negative"] as const) {
      this[side].spans = other[side].spans;
      this[side].indices = other[side].indices;
      this[side].sums = other[side].sums;
    }
    for (const at of [COUNT, SUM, ZERO]) {
      this.totals.values[at] = other.totals.values[at] ?? 0;
      this.totals.errors[at] = other.totals.errors[at] ?? 0;
    }
  }

  /** mean * (n - 1) / n + h / n. */
  private blend(h: FloatHistogram): void {
    this.scale((this.added - 1) / this.added, 1);
    this.accumulate(divideHistogram(h, this.added));
  }

  private scale(factor: number, divisor: number): void {
    this.totals.scale(factor, divisor);
    this.positive.sums.scale(factor, divisor);
    this.negative.sums.scale(factor, divisor);
  }

  private accumulate(h: FloatHistogram): void {
    if (this.custom) this.accumulateCustom(h);
    else this.accumulateExponential(h);
    this.totals.add(COUNT, h.count);
    this.totals.add(SUM, h.sum);
  }

  private accumulateCustom(h: FloatHistogram): void {
    if (sameNumbers(this.customValues, h.customValues)) {
      this.addSide(this.positive, h.positiveSpans, h.positiveBuckets, h);
      return;
    }
    this.boundsReconciled = true;
    const bounds = commonBounds(this.customValues, h.customValues);
    const ours = customMapping(this.customValues, bounds);
    const theirs = customMapping(h.customValues, bounds);
    this.positive.remap((index) => ours[index] ?? bounds.length);
    this.customValues = bounds;
    const side = positiveSide(h);
    this.positive.add(
      side.indices.map((index) => theirs[index] ?? bounds.length),
      side.counts,
    );
  }

  private accumulateExponential(h: FloatHistogram): void {
    const zeroCount = this.reconcileZero(h);
    if (h.schema < this.schema) {
      const steps = this.schema - h.schema;
      this.positive.remap((index) => reducedIndex(index, steps));
      this.negative.remap((index) => reducedIndex(index, steps));
      this.schema = h.schema;
    }
    this.totals.add(ZERO, zeroCount);
    this.addSide(this.positive, h.positiveSpans, h.positiveBuckets, h);
    this.addSide(this.negative, h.negativeSpans, h.negativeBuckets, h);
  }

  private addSide(
    side: RunningSide,
    spans: readonly BucketSpan[],
    buckets: readonly number[],
    h: FloatHistogram,
  ): void {
    if (buckets.length === 0) return;
    const plain =
      h.schema === this.schema && (this.custom || h.zeroThreshold === this.zeroThreshold);
    if (plain && sameSpans(side.spans, spans) && side.indices.length === buckets.length) {
      side.addAligned(buckets);
      return;
    }
    const all = side === this.positive ? positiveSide(h) : negativeSide(h);
    if (this.custom) {
      side.add(all.indices, all.counts);
      return;
    }
    // What the wider zero bucket took in must not be counted twice.
    const zero = h.zeroThreshold === this.zeroThreshold ? bucketsCovered : bucketsWithin;
    const outside = dropFirst(all, zero(all, h.schema, this.zeroThreshold));
    const theirs = reduceSide(outside, h.schema - this.schema);
    side.add(theirs.indices, theirs.counts);
  }

  /** Makes the zero buckets equally wide, and answers what is then in that of `h`. */
  private reconcileZero(h: FloatHistogram): number {
    if (h.zeroThreshold === this.zeroThreshold) return h.zeroCount;
    const theirs = {
      schema: h.schema,
      zeroThreshold: h.zeroThreshold,
      zeroCount: h.zeroCount,
      positive: positiveSide(h),
      negative: negativeSide(h),
    };
    let zero = { count: h.zeroCount, threshold: h.zeroThreshold };
    while (zero.threshold !== this.zeroThreshold) {
      if (this.zeroThreshold > zero.threshold) zero = widenedZero(theirs, this.zeroThreshold);
      else if (this.zeroThreshold < zero.threshold) this.widen(zero.threshold);
      else break;
    }
    return zero.count;
  }

  private widen(threshold: number): void {
    const zero = widenedZero(
      {
        schema: this.schema,
        zeroThreshold: this.zeroThreshold,
        zeroCount: 0,
        positive: { indices: this.positive.indices, counts: this.positive.sums.values },
        negative: { indices: this.negative.indices, counts: this.negative.sums.values },
      },
      threshold,
    );
    for (const side of [this.positive, this.negative]) {
      let first = 0;
      while (first < side.indices.length) {
        if (exponentialBound((side.indices[first] ?? 0) - 1, this.schema) >= zero.threshold) break;
        this.totals.absorb(ZERO, side.sums.values[first] ?? 0, side.sums.errors[first] ?? 0);
        first++;
      }
      side.remap((index) => index, first);
    }
    this.zeroThreshold = zero.threshold;
  }
}
