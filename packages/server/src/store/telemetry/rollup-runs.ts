import type { RollupColumn, RollupSeries } from "./rollup-columns.ts";

/** A part of an answer: rows in which the buckets of one series stand together, by time, possibly in several places. */
export interface RollupBlock {
  ids: BigUint64Array;
  versions: Float64Array;
  columns: Partial<Record<RollupColumn, Float64Array>>;
}

/** Rows from `from` to `to` of a block: buckets of one series whose ends ascend strictly. */
interface Run {
  series: number;
  block: RollupBlock;
  from: number;
  to: number;
}

const endAt = ({ block }: Run, row: number): number => block.columns.end?.[row] as number;
const startOf = (run: Run): number => endAt(run, run.from);
const endOf = (run: Run): number => endAt(run, run.to - 1);

function findRuns(blocks: readonly RollupBlock[], places: ReadonlyMap<bigint, number>): Run[] {
  const runs: Run[] = [];
  for (const block of blocks) {
    const { ids } = block;
    const ends = block.columns.end as Float64Array;
    // As 32-bit halves: a bigint per row would cost more than all the rest.
    const words = new Uint32Array(ids.buffer, ids.byteOffset, ids.length * 2);
    for (let from = 0; from < ids.length;) {
      const low = words[from * 2];
      const high = words[from * 2 + 1];
      let to = from + 1;
      while (
        to < ids.length &&
        words[to * 2] === low &&
        words[to * 2 + 1] === high &&
        (ends[to] as number) > (ends[to - 1] as number)
      )
        to++;
      const series = places.get(ids[from] as bigint);
      if (series !== undefined) runs.push({ series, block, from, to });
      from = to;
    }
  }
  return runs.sort((a, b) => a.series - b.series || startOf(a) - startOf(b));
}

/** Copied as 64-bit words: what is packed in a column of doubles may look like NaN. */
function copyRuns(runs: readonly Run[], columns: readonly RollupColumn[]): RollupSeries {
  const length = runs.reduce((sum, { from, to }) => sum + to - from, 0);
  const series: RollupSeries = { length };
  for (const name of columns) {
    const column = new Float64Array(length);
    let at = 0;
    for (const { block, from, to } of runs) {
      column.set((block.columns[name] as Float64Array).subarray(from, to), at);
      at += to - from;
    }
    series[name] = column;
  }
  return series;
}

/** Puts buckets of several inserts in order; of equal ends the newest version stays. */
function newest(
  series: RollupSeries,
  versions: Float64Array,
  columns: readonly RollupColumn[],
): RollupSeries {
  const ends = series.end as Float64Array;
  const order = Array.from(ends.keys())
    .toSorted(
      (a, b) =>
        (ends[a] as number) - (ends[b] as number) ||
        (versions[a] as number) - (versions[b] as number),
    )
    .filter((row, i, all) => i === all.length - 1 || ends[row] !== ends[all[i + 1] as number]);
  const result: RollupSeries = { length: order.length };
  for (const name of columns) {
    const from = series[name] as Float64Array;
    const column = new Float64Array(order.length);
    for (const [to, row] of order.entries()) column.set(from.subarray(row, row + 1), to);
    result[name] = column;
  }
  return result;
}

/** The buckets of each series by its place in `ids`, ascending by end and without doubles; undefined for those without. */
export function collectRollups(
  ids: readonly bigint[],
  blocks: readonly RollupBlock[],
  columns: readonly RollupColumn[],
): (RollupSeries | undefined)[] {
  const runs = findRuns(blocks, new Map(ids.map((id, place) => [id, place])));
  const found: (RollupSeries | undefined)[] = ids.map(() => undefined);
  for (let first = 0; first < runs.length;) {
    const { series } = runs[first] as Run;
    let next = first + 1;
    let ordered = true;
    for (; runs[next]?.series === series; next++)
      if (startOf(runs[next] as Run) <= endOf(runs[next - 1] as Run)) ordered = false;
    const own = runs.slice(first, next);
    const copied = copyRuns(own, columns);
    if (ordered) found[series] = copied;
    else {
      const versions = new Float64Array(copied.length);
      let at = 0;
      for (const { block, from, to } of own) {
        versions.set(block.versions.subarray(from, to), at);
        at += to - from;
      }
      found[series] = newest(copied, versions, columns);
    }
    first = next;
  }
  return found;
}
