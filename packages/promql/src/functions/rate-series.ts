import { rangeSeconds } from "./start-time.ts";
import type { FloatColumns, WindowGrid, WindowRow } from "./types.ts";

/** What tells rate, increase and delta apart. */
export interface RateKind {
  isCounter: boolean;
  isRate: boolean;
}

/**
 * By how much an increase between the first and the last sample is to be multiplied to stand for the whole window from
 * startMs to endMs. Samples that end up to 1.1 mean intervals before a bound are taken to go on to it, others for half an
 * interval. A counter is not followed back below zero: `first` is its first value, negative where that does not matter.
 */
export function extrapolation(
  startMs: number,
  endMs: number,
  first: number,
  increase: number,
  firstMs: number,
  lastMs: number,
  intervals: number,
): number {
  const sampled = (lastMs - firstMs) / 1000;
  const interval = sampled / intervals;
  const threshold = interval * 1.1;
  let toStart = (firstMs - startMs) / 1000;
  let toEnd = (endMs - lastMs) / 1000;
  if (toStart >= threshold) toStart = interval / 2;
  if (first >= 0 && increase > 0) {
    const toZero = sampled * (first / increase);
    if (toZero < toStart) toStart = toZero;
  }
  if (toEnd >= threshold) toEnd = interval / 2;
  return (sampled + toStart + toEnd) / sampled;
}

/** Beyond so many falls a series is looked at window by window, with pauses in between. */
const MAX_FALLS = 1024;
/** Indexes at which a counter fell, of the series that is being looked at. */
const falls = new Int32Array(MAX_FALLS);

/** Notes where the values fall. @returns at how many places; -1 when there are too many. */
function findFalls(values: Float64Array): number {
  let count = 0;
  let previous = values.length > 0 ? (values[0] as number) : 0;
  for (let i = 1; i < values.length; i++) {
    const value = values[i] as number;
    if (value < previous) {
      if (count === MAX_FALLS) return -1;
      falls[count++] = i;
    }
    previous = value;
  }
  return count;
}

/**
 * rate, increase or delta of a series of floats in all windows, in one pass: where a counter fell is found once, and a
 * window without a fall is the difference of its ends. The additions are those of a single window, in the same order.
 */
// oxlint-disable-next-line complexity -- the innermost loop of most dashboards
export function countersOver(
  { times, values }: FloatColumns,
  { endMs, stepMs, rangeMs, steps }: WindowGrid,
  row: WindowRow,
  { isCounter, isRate }: RateKind,
): number | undefined {
  const count = times.length;
  const fallCount = isCounter ? findFalls(values) : 0;
  if (fallCount < 0) return undefined;
  const seconds = isRate ? rangeSeconds({ startMs: 0, endMs: rangeMs }) : 1;
  let [from, to, fall, found] = [0, 0, 0, 0];
  for (let step = 0; step < steps; step++) {
    const end = endMs + step * stepMs;
    const start = end - rangeMs;
    while (to < count && (times[to] as number) <= end) to++;
    while (from < to && (times[from] as number) <= start) from++;
    const last = to - 1;
    if (last <= from) continue;
    const first = values[from] as number;
    let increase = (values[last] as number) - first;
    while (fall < fallCount && (falls[fall] as number) <= from) fall++;
    for (let f = fall; f < fallCount && (falls[f] as number) <= last; f++)
      increase += values[(falls[f] as number) - 1] as number;
    const factor = extrapolation(
      start,
      end,
      isCounter ? first : -1,
      increase,
      times[from] as number,
      times[last] as number,
      last - from,
    );
    row.values[row.from + step] = increase * (isRate ? factor / seconds : factor);
    row.present[row.from + step] = 1;
    found++;
  }
  return found;
}
