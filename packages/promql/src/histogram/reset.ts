import { commonBounds, sameNumbers } from "./bounds.ts";
import { negativeSide, positiveSide, sameShape, usesCustomBuckets, withHint } from "./shape.ts";
import { mapCustomSide, reduceSide, type Side } from "./sides.ts";
import type { FloatHistogram } from "./types.ts";
import { bucketsCovered, dropFirst, widenedZero } from "./zero-bucket.ts";
import { zeroBucketed } from "./arithmetic.ts";

/**
 * Whether a counter was reset between two histograms: by the hint when it says so, else when any count went down, the
 * resolution went up, or the zero bucket shrank. A gauge is looked at as if it were a counter.
 */
export function detectReset(current: FloatHistogram, previous: FloatHistogram): boolean {
  if (current.counterResetHint === "reset") return true;
  if (current.counterResetHint === "not_reset") return false;
  if (current.count < previous.count) return true;
  if (usesCustomBuckets(current)) return customReset(current, previous);
  if (usesCustomBuckets(previous)) return true;
  if (current.schema > previous.schema || current.zeroThreshold < previous.zeroThreshold)
    return true;
  if (sameShape(current, previous)) {
    return (
      current.zeroCount < previous.zeroCount ||
      anyLess(current.positiveBuckets, previous.positiveBuckets) ||
      anyLess(current.negativeBuckets, previous.negativeBuckets)
    );
  }
  const before = zeroBucketed(previous);
  const zero = widenedZero(before, current.zeroThreshold);
  if (zero.threshold !== current.zeroThreshold || current.zeroCount < zero.count) return true;
  const steps = previous.schema - current.schema;
  const shrank = (now: Side, then: Side): boolean =>
    sideShrank(outside(now, current), outside(reduceSide(then, steps), current));
  return (
    shrank(positiveSide(current), before.positive) || shrank(negativeSide(current), before.negative)
  );
}

function outside(side: Side, h: FloatHistogram): Side {
  return dropFirst(side, bucketsCovered(side, h.schema, h.zeroThreshold));
}

function anyLess(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < b.length; i++) if ((a[i] ?? 0) < (b[i] ?? 0)) return true;
  return false;
}

/** Whether a populated bucket of `then` is missing or smaller now. */
function sideShrank(now: Side, then: Side): boolean {
  let i = 0;
  for (let j = 0; j < then.indices.length; j++) {
    const index = then.indices[j] ?? 0;
    while (i < now.indices.length && (now.indices[i] ?? 0) < index) i++;
    const count = then.counts[j] ?? 0;
    if (now.indices[i] === index) {
      if ((now.counts[i] ?? 0) < count) return true;
    } else if (count !== 0) return true;
  }
  return false;
}

/** With other custom bounds: whether there are fewer observations between two bounds that both have. */
function customReset(current: FloatHistogram, previous: FloatHistogram): boolean {
  if (!usesCustomBuckets(previous)) return true;
  const now = positiveSide(current);
  const then = positiveSide(previous);
  if (sameNumbers(current.customValues, previous.customValues)) return sideShrank(now, then);
  const bounds = commonBounds(current.customValues, previous.customValues);
  return sideShrank(
    mapCustomSide(now, current.customValues, bounds),
    mapCustomSide(then, previous.customValues, bounds),
  );
}

/**
 * The samples with hints as upstream's HistogramStatsIterator makes them: worked out from sample to sample where they
 * are unknown. Upstream reads selectors under histogram_count, histogram_sum and histogram_avg this way, and conflicts
 * of hints are warned of there. Sparse in, sparse out.
 */
export function withDetectedHints(
  histograms: readonly (FloatHistogram | undefined)[],
): (FloatHistogram | undefined)[] {
  let previous: FloatHistogram | undefined;
  return histograms.map((h) => {
    if (h === undefined) return undefined;
    const before = previous;
    previous = h;
    if (h.counterResetHint !== "unknown" || before === undefined) return h;
    return withHint(h, detectReset(h, before) ? "reset" : "not_reset");
  });
}
