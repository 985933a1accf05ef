import type { EdgeFigures, EdgeKey, EdgeQuery, EdgeRow, EdgeSum } from "./types.ts";

/** Buckets per factor of two: bounds are 19 % apart. */
const PER_OCTAVE = 4;
/** Beyond it nothing is told apart: 2^63 nanoseconds are 292 years. */
const MAX_INDEX = 63 * PER_OCTAVE;

/** Index of the bucket that holds a duration in nanoseconds. */
export const bucketOf = (durationNs: number): number =>
  Math.min(MAX_INDEX, Math.floor(Math.log2(Math.max(1, durationNs)) * PER_OCTAVE));

/** Middle of a bucket in nanoseconds. */
export const bucketMiddle = (index: number): number => 2 ** ((index + 0.5) / PER_OCTAVE);

export const edgeKeyOf = (edge: EdgeKey): string =>
  [edge.service, edge.sourceKind, edge.source, edge.targetKind, edge.target, edge.kind].join("\0");

/** Adds up what was counted of one edge. */
export function addFigures(a: EdgeFigures, b: EdgeFigures): EdgeFigures {
  const buckets = new Map(a.buckets);
  for (const [index, count] of b.buckets) buckets.set(index, (buckets.get(index) ?? 0) + count);
  return {
    calls: a.calls + b.calls,
    errors: a.errors + b.errors,
    durationNs: a.durationNs + b.durationNs,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    costUsd: a.costUsd + b.costUsd,
    buckets: [...buckets],
  };
}

/** Of rows that replace one another, the latest ones. */
export function latestRows(rows: readonly EdgeRow[]): EdgeRow[] {
  const latest = new Map<string, EdgeRow>();
  for (const row of rows) {
    const key = `${row.timeMs}\0${row.part}\0${edgeKeyOf(row)}`;
    const known = latest.get(key);
    if (known === undefined || known.version < row.version) latest.set(key, row);
  }
  return [...latest.values()];
}

/** Rows of the range by edge and step, those with the most calls first. */
export function sumRows(
  rows: readonly EdgeRow[],
  { startMs, endMs, stepMs, buckets, limit }: Omit<EdgeQuery, "without">,
  fromMs = startMs,
): EdgeSum[] {
  const sums = new Map<string, EdgeSum>();
  for (const row of rows) {
    if (row.timeMs < startMs || row.timeMs < fromMs || row.timeMs >= endMs) continue;
    const { timeMs, part: _part, version: _version, ...edge } = row;
    const counted = buckets ? edge : { ...edge, buckets: [] };
    const step = Math.floor((timeMs - startMs) / stepMs);
    const key = `${step}\0${edgeKeyOf(row)}`;
    const known = sums.get(key);
    sums.set(key, { ...counted, step, ...(known && addFigures(known, counted)) });
  }
  const all = [...sums.values()];
  return all.length <= limit
    ? all
    : all.toSorted((a, b) => b.calls - a.calls).slice(0, Math.trunc(limit));
}

/** Sums of several sources, each edge once per step. */
export function mergeSums(...sources: readonly EdgeSum[][]): EdgeSum[] {
  const [only, ...others] = sources.filter((sums) => sums.length > 0);
  if (others.length === 0) return only ?? [];
  const merged = new Map<string, EdgeSum>();
  for (const sum of sources.flat()) {
    const key = `${sum.step}\0${edgeKeyOf(sum)}`;
    const known = merged.get(key);
    merged.set(key, known === undefined ? sum : { ...sum, ...addFigures(known, sum) });
  }
  return [...merged.values()];
}
