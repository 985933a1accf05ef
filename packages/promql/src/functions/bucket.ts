/** Differences between cumulated counts up to this share are taken for rounding. */
const TOLERANCE = 1e-12;
/** Smallest normal number. */
const MIN_NORMAL = 2.2250738585072014e-308;

/** Buckets of one classic histogram at one step: bounds ascending, counts cumulated. */
export interface Buckets {
  bounds: Float64Array;
  counts: Float64Array;
  length: number;
}

/** Joins buckets with the same bound. Bounds MUST be sorted. */
function coalesce(buckets: Buckets): void {
  const { bounds, counts } = buckets;
  let last = 0;
  for (let i = 1; i < buckets.length; i++) {
    const bound = bounds[i] as number;
    const count = counts[i] as number;
    if (bound === bounds[last]) {
      counts[last] = (counts[last] as number) + count;
    } else {
      last++;
      bounds[last] = bound;
      counts[last] = count;
    }
  }
  buckets.length = last + 1;
}

/** Upstream's util/almost: equal but for a share of the sum of magnitudes. */
function almostEqual(a: number, b: number, tolerance: number): boolean {
  if (a === b || (a !== a && b !== b)) return true;
  const magnitudes = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || magnitudes < MIN_NORMAL) return difference < tolerance * MIN_NORMAL;
  return difference / Math.min(magnitudes, Number.MAX_VALUE) < tolerance;
}

/** Makes counts ascend; true when more than rounding had to be corrected. */
function makeMonotonic({ counts, length }: Buckets): boolean {
  let forced = false;
  let previous = counts[0] as number;
  for (let i = 1; i < length; i++) {
    const count = counts[i] as number;
    if (count === previous) continue;
    if (almostEqual(previous, count, TOLERANCE)) counts[i] = previous;
    else if (count < previous) {
      counts[i] = previous;
      forced = true;
    } else previous = count;
  }
  return forced;
}

/** Sorts, joins and repairs; `usable` when there is a bucket for everything. */
export function prepare(buckets: Buckets): { usable: boolean; forced: boolean } {
  if (buckets.length === 0 || buckets.bounds[buckets.length - 1] !== Infinity) {
    return { usable: false, forced: false };
  }
  coalesce(buckets);
  return { usable: true, forced: makeMonotonic(buckets) };
}

/** The first bucket that holds the rank; the last one is not asked. */
function search({ counts, length }: Buckets, rank: number): number {
  let low = 0;
  let high = length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((counts[middle] as number) >= rank) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * The quantile of prepared buckets, linear within a bucket. The lowest bucket begins at 0 unless it ends below; the
 * highest has no end, so that its lower bound is the answer.
 */
export function bucketQuantile(quantile: number, buckets: Buckets): number {
  const { bounds, counts, length } = buckets;
  if (length < 2) return NaN;
  const observations = counts[length - 1] as number;
  if (observations === 0) return NaN;
  let rank = quantile * observations;
  const at = search(buckets, rank);
  if (at === length - 1) return bounds[length - 2] as number;
  const end = bounds[at] as number;
  if (at === 0 && end <= 0) return end;
  let start = 0;
  let count = counts[at] as number;
  if (at > 0) {
    start = bounds[at - 1] as number;
    count -= counts[at - 1] as number;
    rank -= counts[at - 1] as number;
  }
  return start + (end - start) * (rank / count);
}

/** How many observations lie below a value: cumulated counts, linear within a bucket. */
function rankOf({ bounds, counts, length }: Buckets, value: number): number {
  const total = counts[length - 1] as number;
  let lower = (bounds[0] as number) <= 0 ? -Infinity : 0;
  let rank = 0;
  for (let i = 0; i < length; i++) {
    if (i > 0) lower = bounds[i - 1] as number;
    const upper = bounds[i] as number;
    const count = counts[i] as number;
    if (lower >= value) return Math.min(rank, total);
    if (upper > value) {
      // Nothing can be told about where in an unbounded bucket observations are.
      const within =
        lower === -Infinity ? count : rank + ((count - rank) * (value - lower)) / (upper - lower);
      return within > total ? total : within;
    }
    rank = count;
  }
  return total;
}

/** The share of observations between two values. Bounds MUST be sorted; only equal ones are joined. */
export function bucketFraction(lower: number, upper: number, buckets: Buckets): number {
  if (buckets.length === 0 || buckets.bounds[buckets.length - 1] !== Infinity) return NaN;
  coalesce(buckets);
  const total = buckets.counts[buckets.length - 1] as number;
  if (total === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return NaN;
  if (lower >= upper) return 0;
  return (rankOf(buckets, upper) - rankOf(buckets, lower)) / total;
}
