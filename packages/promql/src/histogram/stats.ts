import { usesCustomBuckets } from "./shape.ts";
import type { FloatHistogram } from "./types.ts";
import { BucketView } from "./view.ts";

export function histogramCount(h: FloatHistogram): number {
  return h.count;
}

export function histogramSum(h: FloatHistogram): number {
  return h.sum;
}

/** NaN of an empty histogram. */
export function histogramAvg(h: FloatHistogram): number {
  return h.sum / h.count;
}

/**
 * Estimated variance: every observation is taken to be in the middle of its bucket, which is the geometric mean of
 * exponential buckets, zero for the zero bucket and the arithmetic mean of custom ones.
 */
export function histogramStdvar(h: FloatHistogram): number {
  const mean = histogramAvg(h);
  const custom = usesCustomBuckets(h);
  const view = new BucketView(h);
  let sum = 0;
  let error = 0;
  for (let at = 0; at < view.length; at++) {
    view.move(at);
    if (view.count === 0) continue;
    const distance = middle(view.lower, view.upper, custom) - mean;
    const term = view.count * distance * distance;
    const next = sum + term;
    if (next === Infinity || next === -Infinity) error = 0;
    else error += Math.abs(sum) >= Math.abs(term) ? sum - next + term : term - next + sum;
    sum = next;
  }
  return (sum + error) / h.count;
}

export function histogramStddev(h: FloatHistogram): number {
  return Math.sqrt(histogramStdvar(h));
}

function middle(lower: number, upper: number, custom: boolean): number {
  if (custom) return (upper + lower) / 2;
  if (lower <= 0 && upper >= 0) return 0;
  const size = Math.sqrt(upper * lower);
  return upper < 0 ? -size : size;
}
