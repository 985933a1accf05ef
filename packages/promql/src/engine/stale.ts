import type { StoredSeries } from "../storage.ts";

const STALE_HIGH = 0x7ff00000;
const STALE_LOW = 2;

/** Whether the machine keeps the low word of a double first, as nearly all do. */
const lowFirst = new Uint32Array(new Float64Array([1]).buffer)[0] === 0;

/**
 * A column with a stale marker at an index. Only whole words are compared: a NaN may lose its bits as soon as it is
 * read as a number.
 */
export function setStale(values: Float64Array, index: number): void {
  const words = wordsOf(values);
  words[2 * index + (lowFirst ? 0 : 1)] = STALE_LOW;
  words[2 * index + (lowFirst ? 1 : 0)] = STALE_HIGH;
}

/** The column as words, for {@link areStale}. */
export function wordsOf(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
}

/** Whether the words of the number at an index are those of a stale marker. */
export function areStale(words: Uint32Array, index: number): boolean {
  const low = words[2 * index + (lowFirst ? 0 : 1)];
  return low === STALE_LOW && words[2 * index + (lowFirst ? 1 : 0)] === STALE_HIGH;
}

/** Whether the bits at an index are those of a stale marker. For many of one column {@link areStale} is faster. */
export function isStale(values: Float64Array, index: number): boolean {
  return areStale(wordsOf(values), index);
}

/** The same series without its stale markers; the very same when it has none. */
export function withoutStale(series: StoredSeries): StoredSeries {
  const { times, values, histograms } = series;
  let stale = 0;
  let words: Uint32Array | undefined;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (value === value || histograms?.[i] !== undefined) continue;
    words ??= wordsOf(values);
    if (areStale(words, i)) stale++;
  }
  if (stale === 0) return series;
  return keep(series, times.length - stale);
}

function keep(series: StoredSeries, length: number): StoredSeries {
  const { labels, times, values, histograms, startTimes } = series;
  const result = {
    labels,
    times: new Float64Array(length),
    values: new Float64Array(length),
    ...(histograms && { histograms: Array.from<(typeof histograms)[number]>({ length }) }),
    ...(startTimes && { startTimes: new Float64Array(length) }),
  };
  const words = wordsOf(values);
  let to = 0;
  for (let i = 0; i < times.length; i++) {
    const value = values[i] ?? 0;
    if (value !== value && histograms?.[i] === undefined && areStale(words, i)) continue;
    result.times[to] = times[i] ?? 0;
    result.values[to] = value;
    if (result.histograms) result.histograms[to] = histograms?.[i];
    if (result.startTimes) result.startTimes[to] = startTimes?.[i] ?? 0;
    to++;
  }
  return result;
}
