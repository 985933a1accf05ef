import { commonBounds, exponentialBound, sameNumbers } from "./bounds.ts";
import { mapCustomSide, mergeSides, reduceSide } from "./sides.ts";
import { negativeSide, positiveSide, sameShape, usesCustomBuckets, withSides } from "./shape.ts";
import type { BucketSpan, CounterResetHint, FloatHistogram } from "./types.ts";
import {
  bucketsCovered,
  dropFirst,
  reconcileZeroBuckets,
  type ZeroBucketed,
} from "./zero-bucket.ts";

/** The outcome of adding or subtracting, and what the user should hear of. */
export interface Combination {
  /** Not compacted. */
  histogram: FloatHistogram;
  /** One hint said "reset", the other "not_reset": upstream warns of conflicting counter resets. */
  resetsConflict: boolean;
  /** Custom bounds differed, the result has those that both have: upstream tells it in an info. */
  boundsReconciled: boolean;
}

/** a + b in the lower resolution and the wider zero bucket; undefined when only one of them has custom buckets. */
export function addHistograms(a: FloatHistogram, b: FloatHistogram): Combination | undefined {
  return combine(a, b, 1);
}

/**
 * a - b, otherwise as {@link addHistograms}; also the hint is made as for a sum. The operator `-` of PromQL gives a gauge
 * (withHint), which is up to the caller.
 */
export function subHistograms(a: FloatHistogram, b: FloatHistogram): Combination | undefined {
  return combine(a, b, -1);
}

function combine(a: FloatHistogram, b: FloatHistogram, sign: 1 | -1): Combination | undefined {
  if (usesCustomBuckets(a) !== usesCustomBuckets(b)) return undefined;
  const hint = combinedHint(a.counterResetHint, b.counterResetHint);
  const base: FloatHistogram = {
    ...a,
    count: a.count + sign * b.count,
    sum: a.sum + sign * b.sum,
    counterResetHint: hint.hint,
  };
  if (sameShape(a, b) && bucketsClearZero(a)) {
    const histogram = {
      ...base,
      zeroCount: a.zeroCount + sign * b.zeroCount,
      positiveBuckets: combineCounts(a.positiveBuckets, b.positiveBuckets, sign),
      negativeBuckets: combineCounts(a.negativeBuckets, b.negativeBuckets, sign),
    };
    return { histogram, boundsReconciled: false, resetsConflict: hint.conflict };
  }
  const outcome = usesCustomBuckets(a)
    ? combineCustom(base, b, sign)
    : combineExponential(base, b, sign);
  return { ...outcome, resetsConflict: hint.conflict };
}

/** Whether the first buckets, and so all, end outside of the zero bucket. */
function bucketsClearZero(h: FloatHistogram): boolean {
  if (usesCustomBuckets(h) || h.zeroThreshold === 0) return true;
  const clears = (spans: readonly BucketSpan[]): boolean =>
    spans.length === 0 || exponentialBound(spans[0]?.offset ?? 0, h.schema) > h.zeroThreshold;
  return clears(h.positiveSpans) && clears(h.negativeSpans);
}

function combineCounts(a: readonly number[], b: readonly number[], sign: 1 | -1): number[] {
  return a.map((count, i) => count + sign * (b[i] ?? 0));
}

function combineCustom(
  a: FloatHistogram,
  b: FloatHistogram,
  sign: 1 | -1,
): Omit<Combination, "resetsConflict"> {
  const left = positiveSide(a);
  const right = positiveSide(b);
  const nothing = { indices: [], counts: [] };
  if (sameNumbers(a.customValues, b.customValues)) {
    return {
      histogram: withSides(a, mergeSides(left, right, sign), nothing),
      boundsReconciled: false,
    };
  }
  const bounds = commonBounds(a.customValues, b.customValues);
  const merged = mergeSides(
    mapCustomSide(left, a.customValues, bounds),
    mapCustomSide(right, b.customValues, bounds),
    sign,
  );
  return {
    histogram: { ...withSides(a, merged, nothing), customValues: bounds },
    boundsReconciled: true,
  };
}

function combineExponential(
  a: FloatHistogram,
  b: FloatHistogram,
  sign: 1 | -1,
): Omit<Combination, "resetsConflict"> {
  const left = zeroBucketed(a);
  const right = zeroBucketed(b);
  reconcileZeroBuckets(left, right);
  const schema = Math.min(a.schema, b.schema);
  const merge = (side: "positive" | "negative"): ReturnType<typeof mergeSides> => {
    const theirs = reduceSide(right[side], b.schema - schema);
    const covered = bucketsCovered(theirs, schema, left.zeroThreshold);
    return mergeSides(reduceSide(left[side], a.schema - schema), dropFirst(theirs, covered), sign);
  };
  const histogram: FloatHistogram = {
    ...withSides(a, merge("positive"), merge("negative")),
    schema,
    zeroThreshold: left.zeroThreshold,
    zeroCount: left.zeroCount + sign * right.zeroCount,
  };
  return { histogram, boundsReconciled: false };
}

export function zeroBucketed(h: FloatHistogram): ZeroBucketed {
  return {
    schema: h.schema,
    zeroThreshold: h.zeroThreshold,
    zeroCount: h.zeroCount,
    positive: positiveSide(h),
    negative: negativeSide(h),
  };
}

/** Hint of a sum: a gauge wins, then "unknown"; "reset" against "not_reset" is a conflict. */
export function combinedHint(
  a: CounterResetHint,
  b: CounterResetHint,
): { hint: CounterResetHint; conflict: boolean } {
  if (a === b) return { hint: a, conflict: false };
  if (a === "gauge" || b === "gauge") return { hint: "gauge", conflict: false };
  return { hint: "unknown", conflict: a !== "unknown" && b !== "unknown" };
}

/** Multiplies counts and sum; a negative factor makes a gauge of it. Not compacted. */
export function scaleHistogram(h: FloatHistogram, factor: number): FloatHistogram {
  return {
    ...h,
    zeroCount: h.zeroCount * factor,
    count: h.count * factor,
    sum: h.sum * factor,
    counterResetHint: factor < 0 ? "gauge" : h.counterResetHint,
    positiveBuckets: h.positiveBuckets.map((count) => count * factor),
    negativeBuckets: h.negativeBuckets.map((count) => count * factor),
  };
}

/** Divides counts and sum; division by zero leaves no buckets, only infinite or NaN totals. Not compacted. */
export function divideHistogram(h: FloatHistogram, divisor: number): FloatHistogram {
  const keep = divisor !== 0;
  return {
    ...h,
    zeroCount: h.zeroCount / divisor,
    count: h.count / divisor,
    sum: h.sum / divisor,
    counterResetHint: divisor < 0 ? "gauge" : h.counterResetHint,
    positiveSpans: keep ? h.positiveSpans : [],
    positiveBuckets: keep ? h.positiveBuckets.map((count) => count / divisor) : [],
    negativeSpans: keep ? h.negativeSpans : [],
    negativeBuckets: keep ? h.negativeBuckets.map((count) => count / divisor) : [],
  };
}
