import { sameNumbers } from "./bounds.ts";
import { compactSide, readSide, reduceSide, spansOf, type Side } from "./sides.ts";
import {
  CUSTOM_BUCKETS_SCHEMA,
  type BucketSpan,
  type CounterResetHint,
  type FloatHistogram,
} from "./types.ts";

/** Fields that are left out are zero or empty, the hint is "unknown". */
export function createHistogram(fields: Partial<FloatHistogram>): FloatHistogram {
  return {
    schema: fields.schema ?? 0,
    zeroThreshold: fields.zeroThreshold ?? 0,
    zeroCount: fields.zeroCount ?? 0,
    count: fields.count ?? 0,
    sum: fields.sum ?? 0,
    counterResetHint: fields.counterResetHint ?? "unknown",
    positiveSpans: fields.positiveSpans ?? [],
    positiveBuckets: fields.positiveBuckets ?? [],
    negativeSpans: fields.negativeSpans ?? [],
    negativeBuckets: fields.negativeBuckets ?? [],
    customValues: fields.customValues ?? [],
  };
}

export function usesCustomBuckets(h: FloatHistogram): boolean {
  return h.schema === CUSTOM_BUCKETS_SCHEMA;
}

/** The histogram with other buckets. */
export function withSides(h: FloatHistogram, positive: Side, negative: Side): FloatHistogram {
  return {
    ...h,
    positiveSpans: spansOf(positive.indices),
    positiveBuckets: positive.counts,
    negativeSpans: spansOf(negative.indices),
    negativeBuckets: negative.counts,
  };
}

export function withHint(h: FloatHistogram, counterResetHint: CounterResetHint): FloatHistogram {
  return h.counterResetHint === counterResetHint ? h : { ...h, counterResetHint };
}

export function positiveSide(h: FloatHistogram): Side {
  return readSide(h.positiveSpans, h.positiveBuckets);
}

export function negativeSide(h: FloatHistogram): Side {
  return readSide(h.negativeSpans, h.negativeBuckets);
}

/** Leaves out empty buckets and joins spans, as upstream does after every operation of PromQL. */
export function compactHistogram(h: FloatHistogram): FloatHistogram {
  if (
    isCompact(h.positiveSpans, h.positiveBuckets) &&
    isCompact(h.negativeSpans, h.negativeBuckets)
  )
    return h;
  return withSides(h, compactSide(positiveSide(h)), compactSide(negativeSide(h)));
}

function isCompact(spans: readonly BucketSpan[], buckets: readonly number[]): boolean {
  for (let i = 0; i < spans.length; i++) {
    const span = spans[i];
    if (span === undefined || span.length === 0 || (i > 0 && span.offset === 0)) return false;
  }
  return !buckets.includes(0);
}

/**
 * The same observations in a lower resolution. Custom buckets and schemas that are as low already stay as they are; the
 * hint is forgotten, because a change of resolution may hide a reset (as upstream's CopyToSchema).
 */
export function reduceResolution(h: FloatHistogram, schema: number): FloatHistogram {
  if (usesCustomBuckets(h) || schema >= h.schema) return h;
  const steps = h.schema - schema;
  const reduced = withSides(
    h,
    reduceSide(positiveSide(h), steps),
    reduceSide(negativeSide(h), steps),
  );
  return { ...reduced, schema, counterResetHint: "unknown" };
}

/**
 * Whether two histograms hold the same data, bit by bit (all NaN are one); how the spans are cut and the hints do not
 * matter, empty buckets do.
 */
export function histogramsEqual(a: FloatHistogram, b: FloatHistogram): boolean {
  if (a === b) return true;
  return (
    a.schema === b.schema &&
    a.zeroThreshold === b.zeroThreshold &&
    Object.is(a.zeroCount, b.zeroCount) &&
    Object.is(a.count, b.count) &&
    Object.is(a.sum, b.sum) &&
    sameNumbers(a.customValues, b.customValues) &&
    sameBuckets(a.positiveBuckets, b.positiveBuckets) &&
    sameBuckets(a.negativeBuckets, b.negativeBuckets) &&
    sameLayout(a.positiveSpans, b.positiveSpans) &&
    sameLayout(a.negativeSpans, b.negativeSpans)
  );
}

function sameBuckets(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

/** Whether the spans are cut in the same places. */
export function sameSpans(a: readonly BucketSpan[], b: readonly BucketSpan[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i]?.offset !== b[i]?.offset || a[i]?.length !== b[i]?.length) return false;
  }
  return true;
}

/** Whether bucket i of the one is bucket i of the other. */
export function sameShape(a: FloatHistogram, b: FloatHistogram): boolean {
  return (
    a.schema === b.schema &&
    a.zeroThreshold === b.zeroThreshold &&
    sameSpans(a.positiveSpans, b.positiveSpans) &&
    sameSpans(a.negativeSpans, b.negativeSpans) &&
    a.positiveBuckets.length === b.positiveBuckets.length &&
    a.negativeBuckets.length === b.negativeBuckets.length &&
    sameNumbers(a.customValues, b.customValues)
  );
}

function sameLayout(a: readonly BucketSpan[], b: readonly BucketSpan[]): boolean {
  return sameSpans(a, b) || sameSpans(normalSpans(a), normalSpans(b));
}

/** Without empty spans, and with neighbours joined. */
function normalSpans(spans: readonly BucketSpan[]): BucketSpan[] {
  const normal: BucketSpan[] = [];
  let gap = 0;
  for (const span of spans) {
    gap += span.offset;
    if (span.length === 0) continue;
    const last = normal[normal.length - 1];
    if (last !== undefined && gap === 0) last.length += span.length;
    else normal.push({ offset: gap, length: span.length });
    gap = 0;
  }
  return normal;
}
