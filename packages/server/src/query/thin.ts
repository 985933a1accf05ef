import { isStale, wordsOf } from "#lib";

interface Columns {
  times: Float64Array;
  values: Float64Array;
}

interface Points {
  /** Unix milliseconds. */
  timestamps: number[];
  /** Null where the series ended or the value is not a finite number. */
  values: (number | null)[];
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/**
 * Makes a series small enough to draw: of every bucket of time the lowest and the highest sample stay, in their order,
 * so that a spike of one sample is still seen. A series that fits is left as it is.
 */
export function thin(series: Columns, startMs: number, endMs: number, maxPoints: number): Points {
  const { times, values } = series;
  const points: Points = { timestamps: [], values: [] };
  const words = wordsOf(values);
  const push = (i: number) => {
    points.timestamps.push(times[i] ?? 0);
    points.values.push(isStale(words, i) ? null : finite(values[i] ?? Number.NaN));
  };
  if (times.length <= maxPoints) {
    for (let i = 0; i < times.length; i++) push(i);
    return points;
  }
  const bucketMs = (endMs - startMs) / Math.max(1, Math.floor(maxPoints / 2));
  for (let from = 0; from < times.length;) {
    const bucket = Math.floor(((times[from] ?? 0) - startMs) / bucketMs);
    let to = from;
    let low = from;
    let high = from;
    for (
      ;
      to < times.length && Math.floor(((times[to] ?? 0) - startMs) / bucketMs) === bucket;
      to++
    ) {
      if ((values[to] ?? 0) < (values[low] ?? 0)) low = to;
      if ((values[to] ?? 0) > (values[high] ?? 0)) high = to;
    }
    push(Math.min(low, high));
    if (low !== high) push(Math.max(low, high));
    from = to;
  }
  return points;
}
