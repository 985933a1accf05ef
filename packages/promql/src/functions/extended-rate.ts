import type { RateKind } from "./rate-series.ts";
import { rangeSeconds } from "./start-time.ts";
import type { RangeWindow } from "./types.ts";

/** Which samples an anchored or smoothed window is computed from. */
export interface Bounds {
  /** The last sample at or before the start of the window, or the first there is. */
  first: number;
  /** The last sample of the window; smoothed: the first at or after its end, or the last there is. */
  last: number;
}

/** Undefined when nothing lies after the start of the window. */
export function extendedBounds(window: RangeWindow, smoothed: boolean): Bounds | undefined {
  const { times, from, to, startMs, endMs, extendedFrom, extendedTo } = window;
  let last = extendedTo - 1;
  if (last < extendedFrom) return undefined;
  const first = Math.max(extendedFrom, Math.min(from, last) - 1);
  if (smoothed) {
    const atEnd = to > extendedFrom && times[to - 1] === endMs ? to - 1 : to;
    last = Math.min(atEnd, last);
  }
  if ((times[last] as number) <= startMs) return undefined;
  if (smoothed && (times[first] as number) > endMs) return undefined;
  return { first, last };
}

/** On the line from sample i to the next one; a counter that was reset in between is taken to start at zero. */
function between(window: RangeWindow, i: number, timeMs: number, isCounter: boolean): number {
  const { times, values } = window;
  const right = values[i + 1] as number;
  const before = values[i] as number;
  const left = isCounter && right < before ? 0 : before;
  const startMs = times[i] as number;
  return left + ((right - left) * (timeMs - startMs)) / ((times[i + 1] as number) - startMs);
}

/** rate, increase and delta of floats under `anchored` and `smoothed` (upstream: extendedRate). */
export function extendedFloatRate(
  window: RangeWindow,
  { isCounter, isRate }: RateKind,
  smoothed: boolean,
): boolean {
  const { times, values, startMs, endMs, extendedFrom } = window;
  const bounds = extendedBounds(window, smoothed);
  if (!bounds) return false;
  let { first, last } = bounds;
  const left =
    smoothed && (times[first] as number) < startMs
      ? between(window, first, startMs, isCounter)
      : (values[first] as number);
  const right =
    smoothed && last > extendedFrom && (times[last] as number) > endMs
      ? between(window, last - 1, endMs, isCounter)
      : (values[last] as number);
  let result = right - left;
  if (isCounter) {
    // What lies on a bound or beyond is in `left` and `right` already.
    if ((times[first] as number) <= startMs) first++;
    if ((times[last] as number) >= endMs) last--;
    let previous = left;
    for (let i = first; i <= last; i++) {
      const value = values[i] as number;
      if (value < previous) result += previous;
      previous = value;
    }
    if (right < previous) result += previous;
  }
  window.value = isRate ? result / rangeSeconds(window) : result;
  return true;
}
