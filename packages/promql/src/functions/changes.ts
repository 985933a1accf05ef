import { detectReset, histogramsEqual, type FloatHistogram } from "../histogram/index.ts";
import { extensionOf } from "./rate.ts";
import { startReset } from "./start-time.ts";
import type { RangeCall, RangeFunction, RangeWindow } from "./types.ts";

/**
 * The first sample to look at: of an anchored window the last one at or before its start. -1 when nothing lies after
 * the start.
 */
function firstSample(window: RangeWindow, call: RangeCall): number {
  const { from, to, extendedFrom } = window;
  if (from === to) return -1;
  return extensionOf(call) === "anchored" ? Math.max(extendedFrom, from - 1) : from;
}

function floatChanges(values: Float64Array, first: number, to: number): number {
  let count = 0;
  let previous = values[first] as number;
  for (let i = first + 1; i < to; i++) {
    const value = values[i] as number;
    // From NaN to NaN nothing has changed.
    if (value !== previous && (value === value || previous === previous)) count++;
    previous = value;
  }
  return count;
}

function floatResets(values: Float64Array, first: number, to: number): number {
  let count = 0;
  let previous = values[first] as number;
  for (let i = first + 1; i < to; i++) {
    const value = values[i] as number;
    if (value < previous) count++;
    previous = value;
  }
  return count;
}

/** Counts neighbours of which `differ` says so; a float beside a histogram always counts. */
function countPairs(
  window: RangeWindow,
  first: number,
  ofHistograms: (current: FloatHistogram, previous: FloatHistogram, at: number) => boolean,
  ofFloats: (current: number, previous: number, at: number) => boolean,
): number {
  const { values, histograms, to } = window;
  let count = 0;
  for (let i = first + 1; i < to; i++) {
    const current = histograms?.[i];
    const previous = histograms?.[i - 1];
    const differs =
      current && previous
        ? ofHistograms(current, previous, i)
        : current !== previous || ofFloats(values[i] as number, values[i - 1] as number, i);
    if (differs) count++;
  }
  return count;
}

export const changes: RangeFunction = {
  run(window, call) {
    const first = firstSample(window, call);
    if (first < 0) return false;
    window.value =
      window.histograms === undefined
        ? floatChanges(window.values, first, window.to)
        : countPairs(
            window,
            first,
            (current, previous) => !histogramsEqual(current, previous),
            (current, previous) =>
              current !== previous && (current === current || previous === previous),
          );
    return true;
  },
};

export const resets: RangeFunction = {
  run(window, call) {
    const first = firstSample(window, call);
    if (first < 0) return false;
    window.value =
      window.histograms === undefined && window.startTimes === undefined
        ? floatResets(window.values, first, window.to)
        : countPairs(
            window,
            first,
            (current, previous, at) => startReset(window, at) || detectReset(current, previous),
            (current, previous, at) => current < previous || startReset(window, at),
          );
    return true;
  },
};
