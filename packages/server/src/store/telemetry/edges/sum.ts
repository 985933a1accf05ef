import type { EdgeFigures, EdgeKey, EdgeQuery, EdgeRow, EdgeSum } from "./types.ts";

/** Buckets per factor of two: bounds are 19 % apart. */
const PER_OCTAVE = 4;
/** Beyond it nothing is told apart: 2^63 nanoseconds are 292 years. */
const MAX_INDEX = 63 * PER_OCTAVE;
export const BUCKET_COUNT = MAX_INDEX + 1;

/** Index of the bucket that holds a duration in nanoseconds. */
export const bucketOf = (durationNs: number): number =>
  Math.min(MAX_INDEX, Math.floor(Math.log2(Math.max(1, durationNs)) * PER_OCTAVE));

/** Middle of a bucket in nanoseconds. */
export const bucketMiddle = (index: number): number => 2 ** ((index + 0.5) / PER_OCTAVE);

export const edgeKeyOf = (edge: EdgeKey): string =>
  `${edge.service}\0${edge.sourceKind}\0${edge.source}\0${edge.targetKind}\0${edge.target}\0${edge.kind}`;

/** Figures that may still change, as whoever counts has them. */
type Figures = Omit<EdgeFigures, "buckets"> & {
  readonly buckets: Iterable<readonly [index: number, count: number]>;
};

interface Sum extends EdgeKey, Omit<EdgeFigures, "buckets"> {
  step: number;
  counts: Float64Array | undefined;
}

/** Adds up edges by step; an hour of hundreds of edges takes a few milliseconds. */
export class EdgeSums {
  private readonly query: Pick<EdgeQuery, "startMs" | "endMs" | "stepMs" | "buckets">;
  private readonly steps = new Map<number, Map<string, Sum>>();

  constructor(query: Pick<EdgeQuery, "startMs" | "endMs" | "stepMs" | "buckets">) {
    this.query = query;
  }

  /** Rows outside of the range are left out. */
  addRow(row: EdgeKey & Figures, timeMs: number, key: string): void {
    const { startMs, endMs, stepMs } = this.query;
    if (timeMs >= startMs && timeMs < endMs)
      this.add(Math.floor((timeMs - startMs) / stepMs), row, key);
  }

  add(step: number, row: EdgeKey & Figures, key: string): void {
    let sums = this.steps.get(step);
    if (sums === undefined) this.steps.set(step, (sums = new Map()));
    let sum = sums.get(key);
    if (sum === undefined) sums.set(key, (sum = this.begin(step, row)));
    sum.calls += row.calls;
    sum.errors += row.errors;
    sum.durationNs += row.durationNs;
    sum.inputTokens += row.inputTokens;
    sum.outputTokens += row.outputTokens;
    sum.costUsd += row.costUsd;
    if (sum.counts !== undefined) addBuckets(row.buckets, sum.counts);
  }

  /** Those with the most calls first when there are more than `limit`, else in no order. */
  list(limit: number): EdgeSum[] {
    const all = [...this.steps.values()].flatMap((sums) => [...sums.values()]);
    const some =
      all.length <= limit ? all : all.toSorted((a, b) => b.calls - a.calls).slice(0, limit);
    return some.map(({ counts, ...sum }) => ({ ...sum, buckets: bucketsOf(counts) }));
  }

  private begin(step: number, { service, sourceKind, source, targetKind, target, kind }: EdgeKey) {
    return {
      step,
      service,
      sourceKind,
      source,
      targetKind,
      target,
      kind,
      calls: 0,
      errors: 0,
      durationNs: 0,
      inputTokens: 0,
      outputTokens: 0,
      costUsd: 0,
      counts: this.query.buckets ? new Float64Array(BUCKET_COUNT) : undefined,
    };
  }
}

/** A map is walked without an array per entry: an hour has a hundred thousand of them. */
function addBuckets(buckets: Figures["buckets"], counts: Float64Array): void {
  const add = (count: number, index: number) => {
    if (index >= 0 && index < BUCKET_COUNT) counts[index] = (counts[index] ?? 0) + count;
  };
  if (buckets instanceof Map) (buckets as Map<number, number>).forEach(add);
  else for (const [index, count] of buckets) add(count, index);
}

function bucketsOf(counts: Float64Array | undefined): [number, number][] {
  const buckets: [number, number][] = [];
  for (let index = 0; index < (counts?.length ?? 0); index++) {
    const count = counts?.[index] ?? 0;
    if (count > 0) buckets.push([index, count]);
  }
  return buckets;
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
export function sumRows(rows: readonly EdgeRow[], query: EdgeQuery, fromMs: number): EdgeSum[] {
  const sums = new EdgeSums(query);
  for (const row of rows) if (row.timeMs >= fromMs) sums.addRow(row, row.timeMs, edgeKeyOf(row));
  return sums.list(query.limit);
}
