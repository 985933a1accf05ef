import { bucketMiddle } from "#store";

/** Estimates a quantile of durations that were counted by bucket; undefined when there are none. In seconds. */
export function quantileSeconds(counts: Float64Array, share: number): number | undefined {
  let total = 0;
  for (const count of counts) total += count;
  if (total === 0) return undefined;
  let seen = 0;
  for (let index = 0; index < counts.length; index++) {
    seen += counts[index] ?? 0;
    if (seen >= total * share && seen > 0) return bucketMiddle(index) / 1e9;
  }
  return undefined;
}
