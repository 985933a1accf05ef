import { bucketBound } from "./bounds.ts";
import { negativeSide, positiveSide, usesCustomBuckets } from "./shape.ts";
import type { Side } from "./sides.ts";
import type { FloatHistogram } from "./types.ts";

export interface Bucket {
  lower: number;
  upper: number;
  lowerInclusive: boolean;
  upperInclusive: boolean;
  count: number;
}

/**
 * All buckets of a histogram from the lowest to the highest, the zero bucket (when it holds anything) between the
 * negative and the positive ones. Buckets that overlap the zero bucket end at its threshold. A cursor: `move` makes
 * `lower`, `upper` and `count` those of one bucket, and nothing is allocated from bucket to bucket.
 */
export class BucketView {
  readonly length: number;
  lower = 0;
  upper = 0;
  count = 0;
  private readonly h: FloatHistogram;
  private readonly positive: Side;
  private readonly negative: Side;
  private readonly zero: number;

  constructor(h: FloatHistogram) {
    this.h = h;
    this.positive = positiveSide(h);
    this.negative = negativeSide(h);
    this.zero = !usesCustomBuckets(h) && h.zeroCount > 0 ? 1 : 0;
    this.length = this.negative.indices.length + this.zero + this.positive.indices.length;
  }

  /** @param at from 0 to length - 1. */
  move(at: number): void {
    const below = this.negative.indices.length;
    const { schema, zeroThreshold, customValues } = this.h;
    if (at < below) {
      const index = this.negative.indices[below - 1 - at] ?? 0;
      this.lower = -bucketBound(index, schema, customValues);
      this.upper = -bucketBound(index - 1, schema, customValues);
      if (this.upper < 0 && this.upper > -zeroThreshold) this.upper = -zeroThreshold;
      this.count = this.negative.counts[below - 1 - at] ?? 0;
    } else if (at === below && this.zero === 1) {
      this.lower = -zeroThreshold;
      this.upper = zeroThreshold;
      this.count = this.h.zeroCount;
    } else {
      const i = at - below - this.zero;
      const index = this.positive.indices[i] ?? 0;
      this.lower = bucketBound(index - 1, schema, customValues);
      this.upper = bucketBound(index, schema, customValues);
      if (this.lower > 0 && this.lower < zeroThreshold) this.lower = zeroThreshold;
      this.count = this.positive.counts[i] ?? 0;
    }
  }

  /** Whether the bucket at this place holds what lies around zero. */
  isZero(at: number): boolean {
    return this.zero === 1 && at === this.negative.indices.length;
  }
}

/** All buckets as objects, ascending; for output, not for hot paths. Of custom buckets the first takes in its lower end. */
export function bucketsOf(h: FloatHistogram): Bucket[] {
  const view = new BucketView(h);
  const custom = usesCustomBuckets(h);
  return Array.from({ length: view.length }, (_, at) => {
    view.move(at);
    const { lower, upper, count } = view;
    const zero = view.isZero(at);
    return {
      lower,
      upper,
      count,
      lowerInclusive: zero || (custom ? lower === -Infinity : lower < 0),
      upperInclusive: zero || custom || upper > 0,
    };
  });
}
