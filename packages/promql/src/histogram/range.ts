import { argument, warnNotCounter, warnNotGauge } from "../functions/remarks.ts";
import { isStartReset } from "../functions/start-time.ts";
import type { RangeCall, RangeWindow } from "../functions/types.ts";
import type { Labels } from "../labels.ts";
import { addHistograms, divideHistogram, subHistograms } from "./arithmetic.ts";
import { infoBoundsReconciled, warnMixedSchemas, warnResetsConflict } from "./remarks.ts";
import { detectReset } from "./reset.ts";
import {
  compactHistogram,
  createHistogram,
  reduceResolution,
  usesCustomBuckets,
  withHint,
} from "./shape.ts";
import { HistogramSum } from "./sum.ts";
import type { FloatHistogram } from "./types.ts";

/**
 * By how much a histogram grew from the first to the last sample of a window, resets of counters undone: upstream's
 * histogramRate, before extrapolation. All samples of the window MUST be histograms, two at least. Undefined, with a
 * warning, when they cannot be combined. The result is a gauge, compacted.
 */
export function histogramIncrease(
  window: RangeWindow,
  call: RangeCall,
  isCounter: boolean,
): FloatHistogram | undefined {
  const samples = samplesOf(window);
  const [first, second] = samples;
  const last = samples[samples.length - 1];
  if (first === undefined || second === undefined || last === undefined) return undefined;
  const reset = (i: number): boolean => isCounter && resetBefore(window, i);
  // Before a reset nothing of the first sample is needed, so that its buckets may be of another kind.
  const base = reset(1)
    ? createHistogram({ schema: second.schema, customValues: second.customValues })
    : first;
  const relevant = isCounter ? [base, ...samples.slice(1)] : [base, last];
  const custom = usesCustomBuckets(base);
  if (relevant.some((h) => usesCustomBuckets(h) !== custom)) {
    // As upstream, which forgets its other warnings when it finds a sample in the middle that does not fit.
    if (isCounter && usesCustomBuckets(last) !== custom)
      checkKind(true, [first, last], call, window.labels);
    warnMixedSchemas(call.ctx.annotations, window.labels, argument(call.expr, 0));
    return undefined;
  }
  checkKind(isCounter, isCounter ? samples : [first, last], call, window.labels);
  const schema = Math.min(...relevant.map((h) => h.schema));
  let increase = subWithRemarks(reduceResolution(last, schema), base, call, window.labels);
  for (let i = 2; i < samples.length && increase !== undefined; i++) {
    const previous = samples[i - 1] ?? base;
    if (reset(i)) increase = addWithRemarks(increase, previous, call, window.labels);
  }
  return increase && compactHistogram(withHint(increase, "gauge"));
}

function samplesOf(window: RangeWindow): FloatHistogram[] {
  const samples: FloatHistogram[] = [];
  for (let i = window.from; i < window.to; i++) {
    const h = window.histograms?.[i];
    if (h !== undefined) samples.push(h);
  }
  return samples;
}

/** Whether a counter was reset just before the i-th sample of a window of histograms. */
function resetBefore(window: RangeWindow, i: number): boolean {
  const { histograms, times, startTimes } = window;
  const at = window.from + i;
  const current = histograms?.[at];
  const previous = histograms?.[at - 1];
  if (current === undefined || previous === undefined) return false;
  const start = startTimes?.[at] ?? 0;
  if (isStartReset(startTimes?.[at - 1] ?? 0, times[at - 1] ?? 0, start, times[at] ?? 0))
    return true;
  return detectReset(current, previous);
}

/** Warns when counters are asked for and there is a gauge, or the other way round. */
function checkKind(
  isCounter: boolean,
  samples: readonly FloatHistogram[],
  call: RangeCall,
  labels: Labels,
): void {
  if (isCounter && samples.some((h) => h.counterResetHint === "gauge"))
    warnNotCounter(call, labels);
  if (!isCounter && samples.some((h) => h.counterResetHint !== "gauge")) warnNotGauge(call, labels);
}

/**
 * a + b, with upstream's remarks; undefined, with a warning, when they cannot be added. Conflicting resets are not told:
 * functions over counters handle resets themselves.
 */
export function addWithRemarks(
  a: FloatHistogram,
  b: FloatHistogram,
  call: RangeCall,
  labels: Labels,
): FloatHistogram | undefined {
  const place = argument(call.expr, 0);
  const sum = addHistograms(a, b);
  if (sum === undefined) warnMixedSchemas(call.ctx.annotations, labels, place);
  else if (sum.boundsReconciled) infoBoundsReconciled(call.ctx.annotations, "addition", place);
  return sum?.histogram;
}

/** a - b, as {@link addWithRemarks}. */
export function subWithRemarks(
  a: FloatHistogram,
  b: FloatHistogram,
  call: RangeCall,
  labels: Labels,
): FloatHistogram | undefined {
  const place = argument(call.expr, 0);
  const difference = subHistograms(a, b);
  if (difference === undefined) warnMixedSchemas(call.ctx.annotations, labels, place);
  else if (difference.boundsReconciled)
    infoBoundsReconciled(call.ctx.annotations, "subtraction", place);
  return difference?.histogram;
}

/**
 * irate and idelta of the last two samples of a window, which MUST be histograms: their difference, or for a counter that
 * was reset the last sample; for a rate by second. Undefined, with a warning, when they cannot be subtracted.
 */
export function histogramStep(
  window: RangeWindow,
  call: RangeCall,
  isRate: boolean,
): FloatHistogram | undefined {
  const { from, histograms, labels, times, to } = window;
  const last = histograms?.[to - 1];
  const previous = histograms?.[to - 2];
  if (last === undefined || previous === undefined) return undefined;
  checkKind(isRate, [previous, last], call, labels);
  const reset = isRate && resetBefore(window, to - 1 - from);
  const step = reset ? last : subWithRemarks(last, previous, call, labels);
  if (step === undefined) return undefined;
  const gauge = compactHistogram(withHint(step, "gauge"));
  const intervalMs = (times[to - 1] ?? 0) - (times[to - 2] ?? 0);
  return isRate ? divideHistogram(gauge, intervalMs / 1000) : gauge;
}

/**
 * sum_over_time and avg_over_time of a window whose samples MUST all be histograms. Undefined, with a warning, when they
 * cannot be added. Not compacted, as upstream.
 */
export function sumOverTime(
  window: RangeWindow,
  call: RangeCall,
  kind: "sum" | "mean",
): FloatHistogram | undefined {
  const [first, ...others] = samplesOf(window);
  if (first === undefined) return undefined;
  const sum = new HistogramSum(first, kind);
  const { annotations } = call.ctx;
  const place = argument(call.expr, 0);
  if (!others.every((h) => sum.add(h))) {
    warnMixedSchemas(annotations, window.labels, place);
    return undefined;
  }
  if (sum.resetsConflict) warnResetsConflict(annotations, "aggregation", place);
  if (sum.boundsReconciled) infoBoundsReconciled(annotations, "aggregation", place);
  return sum.result();
}
