import type { RangeWindow } from "./types.ts";

/** Floats with the indices from <= i < to. */
export interface Floats {
  times: Float64Array;
  values: Float64Array;
  from: number;
  to: number;
}

/** Beyond so many samples the copy is not kept for the next window. */
const MAX_KEPT = 2 ** 20;

let kept: Floats = { times: new Float64Array(256), values: new Float64Array(256), from: 0, to: 0 };

function room(samples: number): Floats {
  if (kept.times.length >= samples) return kept;
  const size = 2 ** Math.ceil(Math.log2(samples));
  const made = { times: new Float64Array(size), values: new Float64Array(size), from: 0, to: 0 };
  if (size <= MAX_KEPT) kept = made;
  return made;
}

/**
 * The floats of a window: the window itself where there is no histogram, otherwise a copy without them, which is good
 * until the next call.
 */
export function floatsOf(window: RangeWindow): Floats {
  const { histograms } = window;
  return histograms === undefined ? window : pick(window, histograms, window.from, window.to);
}

/** As {@link floatsOf}, with the samples around a window that is anchored or smoothed. */
export function extendedFloatsOf(window: RangeWindow): Floats {
  const { times, values, histograms, extendedFrom, extendedTo } = window;
  if (histograms === undefined) return { times, values, from: extendedFrom, to: extendedTo };
  return pick(window, histograms, extendedFrom, extendedTo);
}

function pick(
  window: RangeWindow,
  histograms: readonly unknown[],
  from: number,
  to: number,
): Floats {
  let count = 0;
  for (let i = from; i < to; i++) if (histograms[i] === undefined) count++;
  if (count === to - from && from === window.from && to === window.to) return window;
  const floats = room(count);
  floats.to = 0;
  for (let i = from; i < to; i++) {
    if (histograms[i] !== undefined) continue;
    floats.times[floats.to] = window.times[i] as number;
    floats.values[floats.to] = window.values[i] as number;
    floats.to++;
  }
  return floats;
}

/** How many samples of from <= i < to are histograms. */
export function countHistograms(window: RangeWindow, from: number, to: number): number {
  const { histograms } = window;
  if (histograms === undefined) return 0;
  let count = 0;
  for (let i = from; i < to; i++) if (histograms[i] !== undefined) count++;
  return count;
}
