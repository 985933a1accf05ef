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
  const first = samples[0];
  const last = samples[samples.length - 1];
  if (first === undefined || last === undefined) return undefined;
  const resets = isCounter ? resetsIn(window, samples) : [];
  const base = resets[1] === true ? emptyLike(samples[1] ?? first) : first;
  if (isCounter) checkCounters(samples, call, window.labels);
  else if (first.counterResetHint !== "gauge" || last.counterResetHint !== "gauge") {
    warnNotGauge(call, window.labels);
  }
  const relevant = isCounter ? [base, ...samples.slice(1)] : [base, last];
  const custom = usesCustomBuckets(base);
  if (relevant.some((h) => usesCustomBuckets(h) !== custom)) {
    warnMixedSchemas(call.ctx.annotations, window.labels, argument(call.expr, 0));
    return undefined;
  }
  const schema = Math.min(...relevant.map((h) => h.schema));
  let increase = subWithRemarks(reduceResolution(last, schema), base, call, window.labels);
  let previous = base;
  for (let i = 1; i < samples.length && increase !== undefined; i++) {
    if (resets[i] === true) increase = addWithRemarks(increase, previous, call, window.labels);
    previous = samples[i] ?? previous;
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

/** By index of the sample: whether the counter was reset before it. */
function resetsIn(window: RangeWindow, samples: readonly FloatHistogram[]): boolean[] {
  const { times, startTimes, from } = window;
  return samples.map((h, i) => {
    const previous = samples[i - 1];
    if (previous === undefined) return false;
    const at = from + i;
    return (
      (startTimes !== undefined &&
        isStartReset(
          startTimes[at - 1] ?? 0,
          times[at - 1] ?? 0,
          startTimes[at] ?? 0,
          times[at] ?? 0,
        )) ||
      detectReset(h, previous)
    );
  });
}

/** Stands for the sample before a reset, whose buckets need not be looked at then. */
function emptyLike(h: FloatHistogram): FloatHistogram {
  return createHistogram({ schema: h.schema, customValues: h.customValues });
}

function checkCounters(samples: readonly FloatHistogram[], call: RangeCall, labels: Labels): void {
  if (samples.some((h) => h.counterResetHint === "gauge")) warnNotCounter(call, labels);
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
  const { histograms, labels, times, startTimes, to } = window;
  const last = histograms?.[to - 1];
  const previous = histograms?.[to - 2];
  if (last === undefined || previous === undefined) return undefined;
  if (isRate) checkCounters([previous, last], call, labels);
  else if (previous.counterResetHint !== "gauge" || last.counterResetHint !== "gauge")
    warnNotGauge(call, labels);
  const lastMs = times[to - 1] ?? 0;
  const previousMs = times[to - 2] ?? 0;
  const reset =
    isRate &&
    (isStartReset(startTimes?.[to - 2] ?? 0, previousMs, startTimes?.[to - 1] ?? 0, lastMs) ||
      detectReset(last, previous));
  const step = reset ? last : subWithRemarks(last, previous, call, labels);
  if (step === undefined) return undefined;
  const gauge = compactHistogram(withHint(step, "gauge"));
  return isRate ? divideHistogram(gauge, (lastMs - previousMs) / 1000) : gauge;
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
  const complete = others.every((h) => sum.add(h));
  if (!complete) warnMixedSchemas(annotations, window.labels, place);
  if (sum.resetsConflict) warnResetsConflict(annotations, "aggregation", place);
  if (sum.boundsReconciled) infoBoundsReconciled(annotations, "aggregation", place);
  return complete ? sum.result() : undefined;
}
