import { bucketBound } from "./bounds.ts";
import {
  compactHistogram,
  negativeSide,
  positiveSide,
  usesCustomBuckets,
  withSides,
} from "./shape.ts";
import type { Side } from "./sides.ts";
import type { FloatHistogram } from "./types.ts";

/** What is kept of a bucket, and where its observations are taken to be. */
interface Kept {
  count: number;
  middle: number;
}

interface Bounds {
  lower: number;
  upper: number;
  count: number;
}

/** What is asked of every bucket. */
interface Trim {
  /** "upper" removes what is above the limit (`</`), "lower" what is below (`>/`). */
  end: "upper" | "lower";
  limit: number;
  custom: boolean;
}

/** Totals of what is kept. */
interface Totals {
  count: number;
  sum: number;
  changed: boolean;
}

/**
 * The histogram without the observations above (`end` "upper", the operator `</`) or below (`>/`) a limit. A bucket that
 * holds the limit is divided by interpolation; one that ends at infinity is kept or removed whole, unless it starts at zero
 * by convention. Count and sum are made anew from the middles of buckets, but only when something was removed.
 */
export function trimHistogram(
  h: FloatHistogram,
  limit: number,
  end: "upper" | "lower",
): FloatHistogram {
  const trim: Trim = { end, limit, custom: usesCustomBuckets(h) };
  const totals: Totals = { count: 0, sum: 0, changed: false };
  const positive = positiveSide(h);
  const negative = negativeSide(h);
  const hasPositive = positive.counts.some((count) => count !== 0);
  const hasNegative = negative.counts.some((count) => count !== 0);
  const keptPositive = trimSide(h, positive, 1, trim, totals);
  const keptNegative = trimSide(h, negative, -1, trim, totals);
  let { zeroCount } = h;
  if (!trim.custom && zeroCount > 0) {
    const zero: Bounds = {
      lower: hasPositive && !hasNegative ? 0 : -h.zeroThreshold,
      upper: hasNegative && !hasPositive ? 0 : h.zeroThreshold,
      count: zeroCount,
    };
    const kept = trimZero(zero, trim);
    if (kept.count !== zeroCount) totals.changed = true;
    zeroCount = kept.count;
    totals.count += kept.count;
    totals.sum += kept.middle * kept.count;
  }
  if (!totals.changed) return h;
  const trimmed = { ...withSides(h, keptPositive, keptNegative), zeroCount };
  return compactHistogram({ ...trimmed, count: totals.count, sum: totals.sum });
}

function trimSide(h: FloatHistogram, side: Side, sign: 1 | -1, trim: Trim, totals: Totals): Side {
  const counts = side.counts.map((count, i) => {
    if (count === 0) return count;
    const index = side.indices[i] ?? 0;
    const outer = sign * bucketBound(index, h.schema, h.customValues);
    const inner = sign * bucketBound(index - 1, h.schema, h.customValues);
    const bucket =
      sign === 1 ? { lower: inner, upper: outer, count } : { lower: outer, upper: inner, count };
    const kept = trimBucket(bucket, sign, trim);
    totals.count += kept.count;
    if (kept.count !== 0) totals.sum += kept.middle * kept.count;
    if (kept.count !== count) totals.changed = true;
    return kept.count;
  });
  return { indices: side.indices, counts };
}

function trimBucket(bucket: Bounds, sign: 1 | -1, trim: Trim): Kept {
  const { lower, upper, count } = bucket;
  const { end, limit, custom } = trim;
  const inside = end === "upper" ? upper <= limit : lower >= limit;
  if (inside) return { count, middle: middleOf(lower, upper, sign, custom) };
  const reached = end === "upper" ? lower < limit : upper > limit;
  if (!reached) return { count: 0, middle: 0 };
  if (lower === -Infinity)
    return end === "upper" ? cutLowestAbove(bucket, limit) : cutLowestBelow(bucket, limit);
  if (upper === Infinity) {
    // Where observations are in a bucket without end is unknown: above the limit if that can be, else nowhere.
    return end === "lower" && limit >= lower ? { count, middle: limit } : { count: 0, middle: 0 };
  }
  const below = count * fractionBelow(bucket, sign, trim);
  return end === "upper"
    ? { count: below, middle: middleOf(lower, limit, sign, custom) }
    : { count: count - below, middle: middleOf(limit, upper, sign, custom) };
}

/** Removes what is above the limit from a bucket that starts at -Inf; it starts at zero when it ends above. */
function cutLowestAbove({ upper, count }: Bounds, limit: number): Kept {
  if (limit > 0 && upper > 0 && upper !== Infinity)
    return { count: (count * limit) / upper, middle: limit / 2 };
  return upper <= 0 ? { count, middle: limit } : { count: 0, middle: 0 };
}

function cutLowestBelow({ upper, count }: Bounds, limit: number): Kept {
  if (limit >= 0 && upper > limit && upper !== Infinity) {
    return { count: count * (1 - limit / upper), middle: (limit + upper) / 2 };
  }
  return { count: 0, middle: 0 };
}

function fractionBelow({ lower, upper }: Bounds, sign: 1 | -1, { limit, custom }: Trim): number {
  if (limit <= lower) return 0;
  if (limit >= upper) return 1;
  if (custom) return (limit - lower) / (upper - lower);
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  const logLimit = Math.log2(Math.abs(limit));
  return sign === 1
    ? (logLimit - logLower) / (logUpper - logLower)
    : 1 - (logLimit - logUpper) / (logLower - logUpper);
}

function trimZero({ lower, upper, count }: Bounds, { end, limit }: Trim): Kept {
  const whole = { count, middle: (lower + upper) / 2 };
  const nothing = { count: 0, middle: 0 };
  if (limit <= lower) return end === "upper" ? nothing : whole;
  if (limit >= upper) return end === "upper" ? whole : nothing;
  const width = upper - lower;
  return end === "upper"
    ? { count: (count * (limit - lower)) / width, middle: (lower + limit) / 2 }
    : { count: (count * (upper - limit)) / width, middle: (limit + upper) / 2 };
}

function middleOf(lower: number, upper: number, sign: 1 | -1, custom: boolean): number {
  if (Math.abs(lower) === Infinity) {
    if (Math.abs(upper) === Infinity) return 0;
    return upper > 0 ? upper / 2 : upper;
  }
  if (Math.abs(upper) === Infinity) return lower;
  return custom ? (lower + upper) / 2 : sign * Math.sqrt(Math.abs(lower * upper));
}
