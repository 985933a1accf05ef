/**
 * What the engine computes, written by hand for one expression each over the same columns: no parser, no labels, no
 * limits, no yielding. The least that a JavaScript engine could take, and the check that its answers are right.
 */

export interface Column {
  labels: Readonly<Record<string, string>>;
  times: Float64Array;
  values: Float64Array;
}

export interface Grid {
  startMs: number;
  stepMs: number;
  steps: number;
}

/** Rate of a counter per step, as Prometheus extrapolates it; NaN where there is none. */
export function rate(
  { times, values }: Column,
  grid: Grid,
  rangeMs: number,
  out: Float64Array,
): void {
  let [from, to] = [0, 0];
  for (let step = 0; step < grid.steps; step++) {
    const endMs = grid.startMs + step * grid.stepMs;
    while (to < times.length && (times[to] as number) <= endMs) to++;
    while (from < to && (times[from] as number) <= endMs - rangeMs) from++;
    out[step] = to - from < 2 ? NaN : rateOf(times, values, from, to, endMs, rangeMs);
  }
}

function rateOf(
  times: Float64Array,
  values: Float64Array,
  from: number,
  to: number,
  endMs: number,
  rangeMs: number,
): number {
  const first = values[from] as number;
  let grown = (values[to - 1] as number) - first;
  for (let i = from + 1; i < to; i++)
    if ((values[i] as number) < (values[i - 1] as number)) grown += values[i - 1] as number;
  const spanS = ((times[to - 1] as number) - (times[from] as number)) / 1000;
  const averageS = spanS / (to - from - 1);
  let beforeS = ((times[from] as number) - (endMs - rangeMs)) / 1000;
  let afterS = (endMs - (times[to - 1] as number)) / 1000;
  if (beforeS >= averageS * 1.1) beforeS = averageS / 2;
  if (grown > 0 && first >= 0) beforeS = Math.min(beforeS, spanS * (first / grown));
  if (afterS >= averageS * 1.1) afterS = averageS / 2;
  return (grown * ((spanS + beforeS + afterS) / spanS)) / (rangeMs / 1000);
}

/** Value per step, not older than the look-back; NaN where there is none. */
export function latest(
  { times, values }: Column,
  grid: Grid,
  lookbackMs: number,
  out: Float64Array,
): void {
  let to = 0;
  for (let step = 0; step < grid.steps; step++) {
    const atMs = grid.startMs + step * grid.stepMs;
    while (to < times.length && (times[to] as number) <= atMs) to++;
    const fresh = to > 0 && (times[to - 1] as number) > atMs - lookbackMs;
    out[step] = fresh ? (values[to - 1] as number) : NaN;
  }
}

/** Adds a row to the sum of its group. */
export function addTo(sums: Float64Array, row: Float64Array): void {
  for (let step = 0; step < row.length; step++)
    sums[step] = (sums[step] as number) + (row[step] as number);
}

/** The largest of the last `width` values per step of a grid that is `every` times finer. */
export function slidingMax(
  inner: Float64Array,
  width: number,
  every: number,
  out: Float64Array,
): void {
  for (let step = 0; step < out.length; step++) {
    const end = width - 1 + step * every;
    let most = inner[end] as number;
    for (let i = end - width + 1; i < end; i++)
      if ((inner[i] as number) > most) most = inner[i] as number;
    out[step] = most;
  }
}

/** The quantile of classic buckets by linear interpolation; bounds ascending, the last one infinite. */
export function bucketQuantile(q: number, bounds: readonly number[], counts: Float64Array): number {
  const last = counts.length - 1;
  const total = counts[last] as number;
  if (total === 0) return NaN;
  const rank = q * total;
  let at = 0;
  while (at < last && (counts[at] as number) < rank) at++;
  if (at === last) return bounds[last - 1] ?? NaN;
  const low = at === 0 ? 0 : (bounds[at - 1] as number);
  const below = at === 0 ? 0 : (counts[at - 1] as number);
  return low + ((bounds[at] as number) - low) * ((rank - below) / ((counts[at] as number) - below));
}
