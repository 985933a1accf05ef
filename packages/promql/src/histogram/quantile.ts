import { usesCustomBuckets } from "./shape.ts";
import type { FloatHistogram } from "./types.ts";
import { BucketView } from "./view.ts";

/** What NaN observations did to a quantile: nothing, pushed it up, or left none. */
export type NanEffect = "none" | "skewed" | "nan";

export interface QuantileOutcome {
  value: number;
  nan: NanEffect;
}

/**
 * The q-quantile of a native histogram, as upstream's HistogramQuantile: between the bounds of an exponential bucket
 * interpolated on a logarithmic scale, in the zero bucket and in custom buckets linearly. NaN of an empty histogram and for
 * q = NaN, -Inf for q < 0, +Inf for q > 1. NaN observations (the sum is NaN then) count as higher than all others.
 */
export function histogramQuantile(q: number, h: FloatHistogram): QuantileOutcome {
  if (q < 0) return { value: -Infinity, nan: "none" };
  if (q > 1) return { value: Infinity, nan: "none" };
  if (h.count === 0 || Number.isNaN(q)) return { value: NaN, nan: "none" };
  const view = new BucketView(h);
  // Buckets leave out NaN observations, so that counting must then begin at the lower end; else at the nearer one.
  const forward = Number.isNaN(h.sum) || q < 0.5;
  const rank = (forward ? q : 1 - q) * h.count;
  const found = seek(view, rank, forward);
  const within = clampBucket(h, view);
  if (within !== undefined) return { value: within, nan: "none" };
  const count = Math.min(found.count, h.count);
  if (count < rank) {
    return Number.isNaN(h.sum) ? { value: NaN, nan: "nan" } : { value: view.upper, nan: "none" };
  }
  const inBucket = forward ? rank - (count - view.count) : count - rank;
  const value = interpolate(view, inBucket / view.count, usesCustomBuckets(h));
  return { value, nan: skewed(h, view, found, count) ? "skewed" : "none" };
}

/** Goes to the bucket that holds the rank; with no such bucket to the last one. */
function seek(view: BucketView, rank: number, forward: boolean): { at: number; count: number } {
  let count = 0;
  for (let step = 0; step < view.length; step++) {
    const at = forward ? step : view.length - 1 - step;
    view.move(at);
    if (view.count === 0) continue;
    count += view.count;
    if (count >= rank) return { at, count };
  }
  return { at: view.length, count };
}

/** Narrows the bucket where the histogram as a whole lets it; a number when that is the answer already. */
function clampBucket(h: FloatHistogram, view: BucketView): number | undefined {
  if (!usesCustomBuckets(h)) {
    if (view.lower < 0 && view.upper > 0) narrowZero(h, view);
    return undefined;
  }
  if (view.lower === -Infinity) {
    if (view.upper <= 0) return view.upper;
    view.lower = 0;
  } else if (view.upper === Infinity) return view.lower;
  return undefined;
}

/** When all other observations have one sign, those in the zero bucket are taken to have it too. */
function narrowZero(h: FloatHistogram, view: BucketView): void {
  const negative = h.negativeBuckets.length > 0;
  const positive = h.positiveBuckets.length > 0;
  if (positive && !negative) view.lower = 0;
  else if (negative && !positive) view.upper = 0;
}

/** NaN observations are missing in the buckets: of a sum that is NaN for other reasons (+Inf and -Inf) none are. */
function skewed(
  h: FloatHistogram,
  view: BucketView,
  found: { at: number },
  counted: number,
): boolean {
  if (!Number.isNaN(h.sum)) return false;
  let count = counted;
  for (let at = found.at + 1; at < view.length; at++) {
    view.move(at);
    count += view.count;
  }
  return count < h.count;
}

function interpolate(view: BucketView, fraction: number, linear: boolean): number {
  const { lower, upper } = view;
  if (linear || (lower <= 0 && upper >= 0)) return lower + (upper - lower) * fraction;
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  if (lower > 0) return 2 ** (logLower + (logUpper - logLower) * fraction);
  return -(2 ** (logUpper + (logLower - logUpper) * (1 - fraction)));
}

/** A fraction, and whether NaN observations are in none of the buckets that it counts. */
export interface FractionOutcome {
  value: number;
  nanExcluded: boolean;
}

/**
 * The share of observations between two values, as upstream's HistogramFraction: the inverse of {@link histogramQuantile}.
 * NaN of an empty histogram and for bounds that are NaN.
 */
export function histogramFraction(
  lower: number,
  upper: number,
  h: FloatHistogram,
): FractionOutcome {
  if (h.count === 0 || Number.isNaN(lower) || Number.isNaN(upper))
    return { value: NaN, nanExcluded: false };
  if (lower >= upper) return { value: 0, nanExcluded: false };
  const view = new BucketView(h);
  const total = Number.isNaN(h.sum) ? countedIn(view) : h.count;
  const low = rankOf(lower, h, view, total);
  const high = rankOf(upper, h, view, total);
  return { value: (high - low) / h.count, nanExcluded: total < h.count };
}

function countedIn(view: BucketView): number {
  let count = 0;
  for (let at = 0; at < view.length; at++) {
    view.move(at);
    count += view.count;
  }
  return count;
}

/** How many observations are below a value; at most `total`. */
function rankOf(value: number, h: FloatHistogram, view: BucketView, total: number): number {
  const custom = usesCustomBuckets(h);
  let rank = 0;
  for (let at = 0; at < view.length; at++) {
    view.move(at);
    const zero = view.lower <= 0 && view.upper >= 0;
    if (zero) narrowZero(h, view);
    if (view.lower >= value) return Math.min(rank, total);
    if (view.upper > value) return Math.min(rankWithin(value, view, rank, custom || zero), total);
    rank += view.count;
  }
  return total;
}

function rankWithin(value: number, view: BucketView, rank: number, linear: boolean): number {
  const { lower, upper, count } = view;
  if (linear) {
    // No place can be told between -Inf and a bound: all of the first bucket counts as below.
    if (lower === -Infinity) return count;
    return rank + (count * (value - lower)) / (upper - lower);
  }
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  const logValue = Math.log2(Math.abs(value));
  const fraction =
    value > 0
      ? (logValue - logLower) / (logUpper - logLower)
      : 1 - (logValue - logUpper) / (logLower - logUpper);
  return rank + count * fraction;
}
