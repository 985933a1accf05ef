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
  const { times, values, histograms, from, to } = window;
  if (histograms === undefined) return window;
  const count = to - from - countHistograms(window, from, to);
  if (count === to - from) return window;
  const floats = room(count);
  floats.to = 0;
  for (let i = from; i < to; i++) {
    if (histograms[i] !== undefined) continue;
    floats.times[floats.to] = times[i] as number;
    floats.values[floats.to] = values[i] as number;
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
