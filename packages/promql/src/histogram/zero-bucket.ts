import { exponentialBound } from "./bounds.ts";
import type { Side } from "./sides.ts";

/** What the width of the zero bucket touches. */
export interface ZeroBucketed {
  schema: number;
  zeroThreshold: number;
  zeroCount: number;
  positive: Side;
  negative: Side;
}

/**
 * The count of the zero bucket if it were at least as wide as `threshold`. When the threshold falls into a populated
 * bucket it is raised to that bucket's end. As upstream's zeroCountForLargerThreshold, but positive and negative buckets
 * need no second look: the threshold only grows, and the sums are made at the end.
 */
export function widenedZero(
  h: ZeroBucketed,
  threshold: number,
): { count: number; threshold: number } {
  if (threshold === h.zeroThreshold) return { count: h.zeroCount, threshold };
  let width = threshold;
  for (;;) {
    const raised = Math.max(
      raisedBy(h.positive, h.schema, width),
      raisedBy(h.negative, h.schema, width),
    );
    if (raised === width) break;
    width = raised;
  }
  let count = h.zeroCount;
  for (const side of [h.positive, h.negative]) {
    for (let i = 0; i < side.indices.length; i++) {
      if (exponentialBound((side.indices[i] ?? 0) - 1, h.schema) >= width) break;
      count += side.counts[i] ?? 0;
    }
  }
  return { count, threshold: width };
}

/** The end of the populated bucket that holds the width in its middle, else the width. */
function raisedBy(side: Side, schema: number, width: number): number {
  for (let i = 0; i < side.indices.length; i++) {
    const index = side.indices[i] ?? 0;
    if (exponentialBound(index - 1, schema) >= width) return width;
    const upper = exponentialBound(index, schema);
    if (upper > width && side.counts[i] !== 0) return upper;
  }
  return width;
}

/** How many of the side's first buckets lie within the zero bucket, by their lower bounds. */
export function bucketsWithin(side: Side, schema: number, threshold: number): number {
  let within = 0;
  while (within < side.indices.length) {
    if (exponentialBound((side.indices[within] ?? 0) - 1, schema) >= threshold) break;
    within++;
  }
  return within;
}

/** The same by their upper bounds: what a partner of an addition has already counted as zero. */
export function bucketsCovered(side: Side, schema: number, threshold: number): number {
  let covered = 0;
  while (covered < side.indices.length) {
    if (exponentialBound(side.indices[covered] ?? 0, schema) > threshold) break;
    covered++;
  }
  return covered;
}

export function dropFirst(side: Side, buckets: number): Side {
  if (buckets === 0) return side;
  return { indices: side.indices.slice(buckets), counts: side.counts.slice(buckets) };
}

/** Widens a zero bucket in place. */
export function widen(h: ZeroBucketed, threshold: number): void {
  const zero = widenedZero(h, threshold);
  h.zeroCount = zero.count;
  h.zeroThreshold = zero.threshold;
  h.positive = dropFirst(h.positive, bucketsWithin(h.positive, h.schema, zero.threshold));
  h.negative = dropFirst(h.negative, bucketsWithin(h.negative, h.schema, zero.threshold));
}

/** Makes both zero buckets equally wide, in place. */
export function reconcileZeroBuckets(a: ZeroBucketed, b: ZeroBucketed): void {
  while (a.zeroThreshold !== b.zeroThreshold) {
    if (a.zeroThreshold > b.zeroThreshold) widen(b, a.zeroThreshold);
    else if (a.zeroThreshold < b.zeroThreshold) widen(a, b.zeroThreshold);
    else return;
  }
}
