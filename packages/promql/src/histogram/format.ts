import { formatFloat } from "../format-float.ts";
import { formatShortest } from "../math/float-text.ts";
import { bucketBound } from "./bounds.ts";
import { negativeSide, positiveSide, usesCustomBuckets } from "./shape.ts";
import type { FloatHistogram } from "./types.ts";
import { bucketsOf } from "./view.ts";

/**
 * Which ends of a bucket belong to it, in the HTTP API: 0 the upper one, 1 the lower one, 2 none, 3 both.
 */
export type BoundaryRule = 0 | 1 | 2 | 3;

/** A histogram as the HTTP API shows it; numbers are strings in Go's notation, empty buckets are left out. */
export interface HistogramJson {
  count: string;
  sum: string;
  buckets?: [BoundaryRule, string, string, string][];
}

export function histogramJson(h: FloatHistogram): HistogramJson {
  const buckets: NonNullable<HistogramJson["buckets"]> = [];
  for (const bucket of bucketsOf(h)) {
    if (bucket.count === 0) continue;
    const rule = boundaryRule(bucket.lowerInclusive, bucket.upperInclusive);
    buckets.push([
      rule,
      formatFloat(bucket.lower),
      formatFloat(bucket.upper),
      formatFloat(bucket.count),
    ]);
  }
  const json: HistogramJson = { count: formatFloat(h.count), sum: formatFloat(h.sum) };
  return buckets.length === 0 ? json : { ...json, buckets };
}

function boundaryRule(lower: boolean, upper: boolean): BoundaryRule {
  if (lower) return upper ? 3 : 1;
  return upper ? 0 : 2;
}

/** `{count:4, sum:5, (0.5,1]:1, ...}` as Go prints a FloatHistogram; `count_values` makes labels of it. */
export function formatHistogram(h: FloatHistogram): string {
  const parts = [`count:${formatShortest(h.count)}`, `sum:${formatShortest(h.sum)}`];
  const custom = usesCustomBuckets(h);
  const put = (lower: number, upper: number, count: number, zero: boolean): void => {
    if (count === 0) return;
    const open = zero || (custom ? lower === -Infinity : lower < 0) ? "[" : "(";
    const close = zero || custom || upper > 0 ? "]" : ")";
    parts.push(
      `${open}${formatShortest(lower)},${formatShortest(upper)}${close}:${formatShortest(count)}`,
    );
  };
  const bound = (index: number): number => bucketBound(index, h.schema, h.customValues);
  const negative = negativeSide(h);
  for (let i = negative.indices.length - 1; i >= 0; i--) {
    const index = negative.indices[i] ?? 0;
    put(-bound(index), -bound(index - 1), negative.counts[i] ?? 0, false);
  }
  put(-h.zeroThreshold, h.zeroThreshold, h.zeroCount, true);
  const positive = positiveSide(h);
  positive.indices.forEach((index, i) =>
    put(bound(index - 1), bound(index), positive.counts[i] ?? 0, false),
  );
  return `{${parts.join(", ")}}`;
}
