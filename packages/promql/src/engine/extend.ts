import type { StoredSeries } from "../storage.ts";
import { EvaluationError } from "./errors.ts";
import type { MatrixSeries } from "./types.ts";

/**
 * The samples of an `anchored` or `smoothed` range that is shown as it is: those inside, and one on each bound. Anchored,
 * a bound has the value of the last sample before it; smoothed, it lies on the line between the samples around it.
 */
export function extendSeries(
  { labels, times, values, histograms }: StoredSeries,
  startMs: number,
  endMs: number,
  smoothed: boolean,
): MatrixSeries | undefined {
  if (histograms?.some((histogram) => histogram !== undefined)) {
    const reason = "anchored modifier is not supported with histograms";
    throw new EvaluationError("execution", reason);
  }
  let inside = 0;
  while (inside < times.length && (times[inside] ?? 0) <= startMs) inside++;
  if (inside === times.length) return undefined;
  let after = inside;
  while (after < times.length && (times[after] ?? 0) < endMs) after++;
  const line: Line = { times, values };
  const outTimes = [startMs, ...times.subarray(inside, after), endMs];
  const left = smoothed ? onLine(line, inside, startMs) : stepBefore(line, inside);
  const atEnd = times[after] === endMs ? after + 1 : after;
  const right = smoothed ? onLine(line, after, endMs) : stepBefore(line, atEnd);
  const outValues = [left, ...values.subarray(inside, after), right];
  return {
    labels,
    times: Float64Array.from(outTimes),
    values: Float64Array.from(outValues),
    histograms: undefined,
  };
}

interface Line {
  times: Float64Array;
  values: Float64Array;
}

/** The value before an index, or the first one there is. */
function stepBefore({ values }: Line, index: number): number {
  return values[Math.max(0, index - 1)] ?? 0;
}

/** The value at a time between the samples before and at an index; beyond the ends that of the end. */
function onLine({ times, values }: Line, index: number, timeMs: number): number {
  const [fromMs, toMs] = [times[index - 1], times[index]];
  const [from = 0, to = 0] = [values[index - 1], values[index]];
  if (fromMs === undefined) return to;
  if (toMs === undefined) return from;
  return from + ((to - from) * (timeMs - fromMs)) / (toMs - fromMs);
}
