import { setStale } from "./engine/stale.ts";
import type { FloatHistogram } from "./histogram/index.ts";
import { Labels } from "./labels.ts";
import type { SelectRequest, Storage, StoredSeries } from "./storage.ts";
import { compileMatcher } from "./syntax/matcher.ts";

/** Stands for a stale marker among the samples of {@link memoryStorage}. */
export const STALE: unique symbol = Symbol("stale");

export interface MemorySeries {
  labels: Readonly<Record<string, string>>;
  /** Unix milliseconds and values, times strictly ascending. */
  samples: readonly (readonly [timeMs: number, value: number | typeof STALE | FloatHistogram])[];
  /** When counting began, by the same index as the samples, in Unix milliseconds; 0 where unknown. */
  startTimes?: readonly number[];
}

const SERIES_PER_BATCH = 256;

/** A storage of series that are given: for tests, examples and small tools. */
export function memoryStorage(series: readonly MemorySeries[]): Storage {
  const stored = series.map(store);
  return {
    async *select(request: SelectRequest): AsyncGenerator<readonly StoredSeries[]> {
      const tests = request.matchers.map((one) => ({
        name: one.name,
        passes: compileMatcher(one),
      }));
      let batch: StoredSeries[] = [];
      for (const one of stored) {
        if (!tests.every(({ name, passes }) => passes(one.labels.get(name) ?? ""))) continue;
        const part = cut(one, request.startMs, request.endMs);
        if (part) batch.push(part);
        if (batch.length < SERIES_PER_BATCH) continue;
        yield batch;
        batch = [];
      }
      if (batch.length > 0) yield batch;
    },
  };
}

function store({ labels, samples, startTimes }: MemorySeries): StoredSeries {
  const times = new Float64Array(samples.length);
  const values = new Float64Array(samples.length);
  let histograms: (FloatHistogram | undefined)[] | undefined;
  for (const [index, [timeMs, value]] of samples.entries()) {
    if (index > 0 && !(timeMs > (times[index - 1] ?? 0))) {
      throw new RangeError(`samples must be in order of time: ${timeMs}`);
    }
    times[index] = timeMs;
    if (value === STALE) setStale(values, index);
    else if (typeof value === "number") values[index] = value;
    else (histograms ??= Array.from({ length: samples.length }))[index] = value;
  }
  return {
    labels: Labels.fromObject(labels),
    times,
    values,
    ...(histograms && { histograms }),
    ...(startTimes && { startTimes: Float64Array.from(startTimes) }),
  };
}

function cut(series: StoredSeries, startMs: number, endMs: number): StoredSeries | undefined {
  const { labels, times, values, histograms, startTimes } = series;
  const from = firstAfter(times, startMs);
  const to = firstAfter(times, endMs);
  if (from >= to) return undefined;
  return {
    labels,
    times: times.subarray(from, to),
    values: values.subarray(from, to),
    ...(histograms && { histograms: histograms.slice(from, to) }),
    ...(startTimes && { startTimes: startTimes.subarray(from, to) }),
  };
}

function firstAfter(times: Float64Array, timeMs: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
