import {
  addWithRemarks,
  compactHistogram,
  detectReset,
  divideHistogram,
  scaleHistogram,
  subWithRemarks,
  usesCustomBuckets,
  warnMixedSchemas,
  withHint,
  type FloatHistogram,
} from "../histogram/index.ts";
import { extendedBounds, type Bounds } from "./extended-rate.ts";
import type { RateKind } from "./rate-series.ts";
import { firstArgument, warnNotCounter, warnNotGauge } from "./remarks.ts";
import { rangeSeconds } from "./start-time.ts";
import type { RangeCall, RangeWindow } from "./types.ts";

/** The samples of the bounds; undefined, with a warning, when their buckets are of different kinds. */
function samplesOf(
  window: RangeWindow,
  { first, last }: Bounds,
  call: RangeCall,
  isCounter: boolean,
): FloatHistogram[] | undefined {
  const samples: FloatHistogram[] = [];
  for (let i = first; i <= last; i++) {
    const histogram = window.histograms?.[i];
    if (histogram === undefined) return undefined;
    samples.push(histogram);
  }
  const custom = samples[0] !== undefined && usesCustomBuckets(samples[0]);
  for (const histogram of samples) {
    if (usesCustomBuckets(histogram) !== custom) {
      warnMixedSchemas(call.ctx.annotations, window.labels, firstArgument(call));
      return undefined;
    }
    if (isCounter && histogram.counterResetHint === "gauge") warnNotCounter(call, window.labels);
  }
  return samples;
}

/** The histogram at a fraction of the way between two; a counter that was reset in between starts at zero. */
function between(
  before: FloatHistogram,
  after: FloatHistogram,
  fraction: number,
  isCounter: boolean,
  window: RangeWindow,
  call: RangeCall,
): FloatHistogram | undefined {
  if (isCounter && detectReset(after, before)) return scaleHistogram(after, fraction);
  const change = subWithRemarks(after, before, call, window.labels);
  return change && addWithRemarks(scaleHistogram(change, fraction), before, call, window.labels);
}

/** What counters lost by resets between the bounds; undefined, with a warning, when it cannot be added up. */
function addResets(
  result: FloatHistogram,
  samples: readonly FloatHistogram[],
  left: FloatHistogram,
  right: FloatHistogram,
  startsBetween: boolean,
  window: RangeWindow,
  call: RangeCall,
): FloatHistogram | undefined {
  let previous = left;
  let next = 1;
  const [first, second] = samples;
  if (startsBetween && first && second && detectReset(second, first)) {
    // The left value was worked out across this reset, and holds it already.
    previous = second;
    next = 2;
  }
  const last = samples.length - 1;
  if (next > last) return result;
  let lost: FloatHistogram | undefined;
  for (let i = next; i <= last; i++) {
    // In place of the last sample stands what was worked out from it.
    const current = i === last ? right : samples[i];
    if (current === undefined) continue;
    if (detectReset(current, previous)) {
      lost = lost ? addWithRemarks(lost, previous, call, window.labels) : previous;
      if (lost === undefined) return undefined;
    }
    previous = current;
  }
  return lost ? addWithRemarks(result, lost, call, window.labels) : result;
}

/** Values at the start and the end of the window. */
function valuesAtBounds(
  window: RangeWindow,
  { first, last }: Bounds,
  samples: readonly FloatHistogram[],
  smoothed: boolean,
  isCounter: boolean,
  call: RangeCall,
): { left: FloatHistogram | undefined; right: FloatHistogram | undefined } {
  const { times, startMs, endMs, extendedFrom, histograms } = window;
  let left = samples[0];
  let right = samples[samples.length - 1];
  const firstMs = times[first] as number;
  const [, second] = samples;
  if (smoothed && firstMs < startMs && left && second) {
    const fraction = (startMs - firstMs) / ((times[first + 1] as number) - firstMs);
    left = between(left, second, fraction, isCounter, window, call);
  }
  const lastMs = times[last] as number;
  const beforeLast = last > extendedFrom ? histograms?.[last - 1] : undefined;
  if (smoothed && lastMs > endMs && beforeLast && right) {
    const beforeMs = times[last - 1] as number;
    const fraction = (endMs - beforeMs) / (lastMs - beforeMs);
    right =
      fraction === 0 ? beforeLast : between(beforeLast, right, fraction, isCounter, window, call);
  }
  return { left, right };
}

/**
 * rate, increase and delta of native histograms under `anchored` and `smoothed` (upstream: extendedHistogramRate). All
 * samples from extendedFrom to extendedTo MUST be histograms.
 */
export function extendedHistogramRate(
  window: RangeWindow,
  call: RangeCall,
  { isCounter, isRate }: RateKind,
  smoothed: boolean,
): boolean {
  const { labels, times, startMs } = window;
  const bounds = extendedBounds(window, smoothed);
  if (!bounds) return false;
  const samples = samplesOf(window, bounds, call, isCounter);
  if (!samples) return false;
  const { left, right } = valuesAtBounds(window, bounds, samples, smoothed, isCounter, call);
  if (!left || !right) return false;
  const gauges = left.counterResetHint === "gauge" && right.counterResetHint === "gauge";
  if (!isCounter && !gauges) warnNotGauge(call, labels);
  let result = subWithRemarks(right, left, call, labels);
  if (result && isCounter) {
    const startsBetween = smoothed && (times[bounds.first] as number) < startMs;
    result = addResets(result, samples, left, right, startsBetween, window, call);
  }
  if (!result) return false;
  const perSecond = isRate ? divideHistogram(result, rangeSeconds(window)) : result;
  window.histogram = compactHistogram(withHint(perSecond, "gauge"));
  return true;
}
