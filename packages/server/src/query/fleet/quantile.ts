import { bucketMiddle } from "#store";

/** Estimates a quantile of durations that were counted by bucket; undefined when there are none. In seconds. */
export function quantileSeconds(
  counts: ReadonlyMap<number, number>,
  share: number,
): number | undefined {
  const buckets = [...counts].toSorted(([a], [b]) => a - b);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [index, count] of buckets) {
    seen += count;
    if (seen >= total * share) return bucketMiddle(index) / 1e9;
  }
  return undefined;
}
