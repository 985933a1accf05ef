import { concatColumns, type Columns } from "./join.ts";

/** Samples of one answer of the tables, as far as that can be foreseen: what comes is decoded without a pause. */
const WINDOW_SAMPLES = 262_144;
/** Shorter ranges, and those without an end, are read at once; of longer ones windows end where a day's partition does. */
const WHOLE_MS = 2 * 86_400_000;
const DAY_MS = 86_400_000;
/** How much longer than the one before a window may be: where there is nothing, steps soon become long. */
const MAX_GROWTH = 8;

type ReadColumns = (startMs: number, endMs: number) => Promise<readonly (Columns | undefined)[]>;

export interface WindowLimits {
  maxSamples: number;
  signal: AbortSignal;
}

/** The next window's length, from what there was in the one before. */
function nextLength(lengthMs: number, samples: number): number {
  const longest = lengthMs * MAX_GROWTH;
  if (samples === 0) return longest;
  const days = Math.floor((lengthMs * WINDOW_SAMPLES) / samples / DAY_MS);
  return Math.min(longest, Math.max(1, days) * DAY_MS);
}

/**
 * Reads a long range window by window, so that no answer is too long to be decoded at once.
 * @returns the samples of a series by its place in the answers, ascending with doubles left in; nothing when there are more than
 * allowed of several series, or when the signal has ended it.
 */
export async function readWindows(
  read: ReadColumns,
  startMs: number,
  endMs: number,
  limits?: WindowLimits,
): Promise<((place: number) => Columns | undefined) | undefined> {
  const windows: (readonly (Columns | undefined)[])[] = [];
  const isLong = endMs - startMs > WHOLE_MS && Number.isFinite(endMs - startMs);
  let [total, lengthMs] = [0, DAY_MS];
  for (let fromMs = startMs; fromMs <= endMs;) {
    const nextMs = isLong ? Math.floor(fromMs / DAY_MS) * DAY_MS + lengthMs : Infinity;
    const found = await read(fromMs, Math.min(endMs, nextMs - 1));
    const samples = found.reduce((sum, one) => sum + (one?.times.length ?? 0), 0);
    if (samples > 0) windows.push(found);
    total += samples;
    if (limits?.signal.aborted === true) return undefined;
    if (limits !== undefined && total > limits.maxSamples && found.length > 1) return undefined;
    lengthMs = nextLength(lengthMs, samples);
    if (!isLong) break;
    fromMs = nextMs;
  }
  return (place) => concatColumns(windows.flatMap((window) => window[place] ?? []));
}
