import {
  addWithRemarks,
  histogramIncrease,
  scaleHistogram,
  type FloatHistogram,
} from "../histogram/index.ts";
import { extendedFloatRate } from "./extended-rate.ts";
import { extendedHistogramRate } from "./extended-histogram-rate.ts";
import { countHistograms } from "./floats.ts";
import {
  infoPossibleNonCounter,
  warnMixedFloatsHistograms,
  warnStartTimeOverlap,
} from "./remarks.ts";
import { countersOver, extrapolation, type RateKind } from "./rate-series.ts";
import { isStartReset, rangeSeconds, startsOverlap } from "./start-time.ts";
import type { RangeCall, RangeFunction, RangeWindow } from "./types.ts";

/** `anchored` or `smoothed`, when the range is written with one. */
export function extensionOf(call: RangeCall): "anchored" | "smoothed" | undefined {
  let range = call.expr.args[0];
  while (range?.kind === "paren") range = range.expr;
  return range?.kind === "matrix" ? range.selector.extended : undefined;
}

/** As {@link extrapolation}, where counting is known to have begun inside of the window: it goes back to there. */
function extrapolationFrom(
  window: RangeWindow,
  beganMs: number,
  firstMs: number,
  lastMs: number,
  intervals: number,
): number {
  const interval = intervals > 0 ? (lastMs - firstMs) / 1000 / intervals : 0;
  const sampled = (lastMs - beganMs) / 1000;
  let toEnd = (window.endMs - lastMs) / 1000;
  if (toEnd >= interval * 1.1) toEnd = interval / 2;
  return (sampled + toEnd) / sampled;
}

/** When counting began inside of the window, before the first sample; 0 where it is unknown or elsewhere. */
function beganInside(window: RangeWindow): number {
  const began = window.startTimes?.[window.from] ?? 0;
  const firstMs = window.times[window.from] as number;
  return began !== 0 && began > window.startMs && began < firstMs ? began : 0;
}

function runFloats(window: RangeWindow, call: RangeCall, kind: RateKind): boolean {
  const { times, values, from, to } = window;
  if (kind.isCounter && window.startTimes !== undefined) return runStarted(window, call, kind);
  const last = to - 1;
  if (last <= from) return false;
  const first = values[from] as number;
  let increase = (values[last] as number) - first;
  if (kind.isCounter) {
    let previous = first;
    for (let i = from + 1; i < to; i++) {
      const value = values[i] as number;
      if (value < previous) increase += previous;
      previous = value;
    }
  }
  let factor = extrapolation(
    window.startMs,
    window.endMs,
    kind.isCounter ? first : -1,
    increase,
    times[from] as number,
    times[last] as number,
    last - from,
  );
  if (kind.isRate) factor /= rangeSeconds(window);
  window.value = increase * factor;
  return true;
}

/** Counters of which it is known when counting began: one sample may then be enough. */
function runStarted(window: RangeWindow, call: RangeCall, kind: RateKind): boolean {
  const { times, values, from, to } = window;
  const starts = window.startTimes ?? times;
  const last = to - 1;
  const began = beganInside(window);
  if (last === from && began === 0) return false;
  const first = values[from] as number;
  let increase = (values[last] as number) - first;
  let overlaps = false;
  for (let i = from + 1; i < to; i++) {
    const previous = values[i - 1] as number;
    const previousMs = times[i - 1] as number;
    const previousStart = starts[i - 1] as number;
    const start = starts[i] as number;
    if (!overlaps && startsOverlap(previousStart, previousMs, start)) {
      warnStartTimeOverlap(call, window.labels);
      overlaps = true;
    }
    const time = times[i] as number;
    if ((values[i] as number) < previous || isStartReset(previousStart, previousMs, start, time)) {
      increase += previous;
    }
  }
  if (began !== 0) increase += first;
  let factor = factorOf(window, began, first, increase);
  if (kind.isRate) factor /= rangeSeconds(window);
  window.value = increase * factor;
  return true;
}

function factorOf(window: RangeWindow, began: number, first: number, increase: number): number {
  const { times, from, to } = window;
  const firstMs = times[from] as number;
  const lastMs = times[to - 1] as number;
  const intervals = to - 1 - from;
  if (began !== 0) return extrapolationFrom(window, began, firstMs, lastMs, intervals);
  return extrapolation(window.startMs, window.endMs, first, increase, firstMs, lastMs, intervals);
}

function runHistograms(window: RangeWindow, call: RangeCall, kind: RateKind): boolean {
  const { from, to, histograms } = window;
  const began = kind.isCounter ? beganInside(window) : 0;
  const first = histograms?.[from];
  if (first === undefined || (to - 1 === from && began === 0)) return false;
  let increase: FloatHistogram | undefined;
  if (to - 1 > from) {
    increase = histogramIncrease(window, call, kind.isCounter);
    if (increase === undefined) return false;
  }
  if (began !== 0) {
    increase = increase ? addWithRemarks(increase, first, call, window.labels) : first;
    if (increase === undefined) return false;
  }
  if (increase === undefined) return false;
  const zero = kind.isCounter ? first.count : -1;
  let factor = factorOf(window, began, zero, increase.count);
  if (kind.isRate) factor /= rangeSeconds(window);
  window.histogram = scaleHistogram(increase, factor);
  return true;
}

function runExtended(
  window: RangeWindow,
  call: RangeCall,
  kind: RateKind,
  smoothed: boolean,
): boolean {
  const { extendedFrom, extendedTo } = window;
  const histograms = countHistograms(window, extendedFrom, extendedTo);
  if (histograms === 0) return extendedFloatRate(window, kind, smoothed);
  if (histograms === extendedTo - extendedFrom) {
    return extendedHistogramRate(window, call, kind, smoothed);
  }
  warnMixedFloatsHistograms(call, window.labels);
  return false;
}

function rateFunction(kind: RateKind): RangeFunction {
  return {
    run(window, call) {
      const extension = extensionOf(call);
      if (extension) return runExtended(window, call, kind, extension === "smoothed");
      const histograms = countHistograms(window, window.from, window.to);
      if (histograms === 0) return runFloats(window, call, kind);
      if (histograms === window.to - window.from) return runHistograms(window, call, kind);
      warnMixedFloatsHistograms(call, window.labels);
      return false;
    },
    floats: (columns, grid, row) => countersOver(columns, grid, row, kind),
    ...(kind.isCounter ? { finish: infoPossibleNonCounter } : {}),
  };
}

export const rateFunctions: [string, RangeFunction][] = [
  ["rate", rateFunction({ isCounter: true, isRate: true })],
  ["increase", rateFunction({ isCounter: true, isRate: false })],
  ["delta", rateFunction({ isCounter: false, isRate: false })],
];
