import type { Columns } from "./join.ts";

/** A part of an answer: rows in which the samples of one series stand together, in order of time, possibly in several places. */
export interface SampleBlock {
  ids: BigUint64Array;
  times: Float64Array;
  values: Float64Array;
}

/** Rows from `from` to `to` of a block that belong to one series. */
interface Run {
  series: number;
  block: SampleBlock;
  from: number;
  to: number;
}

const startOf = ({ block, from }: Run): number => block.times[from] as number;
const endOf = ({ block, to }: Run): number => block.times[to - 1] as number;

function findRuns(blocks: readonly SampleBlock[], places: ReadonlyMap<bigint, number>): Run[] {
  const runs: Run[] = [];
  for (const block of blocks) {
    const { ids, times } = block;
    // As 32-bit halves: a bigint per row would cost more than all the rest.
    const words = new Uint32Array(ids.buffer, ids.byteOffset, ids.length * 2);
    for (let from = 0; from < ids.length;) {
      const low = words[from * 2];
      const high = words[from * 2 + 1];
      let to = from + 1;
      // Where time goes back, another part of the table begins with the same series.
      while (
        to < ids.length &&
        words[to * 2] === low &&
        words[to * 2 + 1] === high &&
        (times[to] as number) >= (times[to - 1] as number)
      )
        to++;
      const series = places.get(ids[from] as bigint);
      if (series !== undefined) runs.push({ series, block, from, to });
      from = to;
    }
  }
  return runs;
}

/** Copies a run; values as 64-bit words, so that markers keep their bits. */
function copyRun({ block, from, to }: Run, into: Columns, at: number): void {
  into.times.set(block.times.subarray(from, to), at);
  into.values.set(block.values.subarray(from, to), at);
}

/** The samples of runs that overlap, by time; the first of equal times is first. */
function sorted(columns: Columns): Columns {
  const order = Array.from(columns.times.keys()).toSorted(
    (a, b) => (columns.times[a] as number) - (columns.times[b] as number) || a - b,
  );
  const result = {
    times: Float64Array.from(order, (i) => columns.times[i] as number),
    values: new Float64Array(order.length),
  };
  for (const [to, i] of order.entries()) result.values.set(columns.values.subarray(i, i + 1), to);
  return result;
}

/**
 * The samples of each series, ascending by time with doubles left in, from rows that come in pieces: every piece of a series is
 * ascending, and the pieces are in no order. That is how tables give them without sorting.
 * @returns columns by the series' place in `ids`; undefined for those without rows. They share memory.
 */
export function collectRuns(
  ids: readonly bigint[],
  blocks: readonly SampleBlock[],
): (Columns | undefined)[] {
  const runs = findRuns(blocks, new Map(ids.map((id, place) => [id, place])));
  runs.sort((a, b) => a.series - b.series || startOf(a) - startOf(b));
  const rows = runs.reduce((sum, { from, to }) => sum + to - from, 0);
  const all = { times: new Float64Array(rows), values: new Float64Array(rows) };
  const found: (Columns | undefined)[] = ids.map(() => undefined);
  let at = 0;
  for (let first = 0; first < runs.length;) {
    const { series } = runs[first] as Run;
    const start = at;
    let ordered = true;
    let next = first;
    for (; runs[next]?.series === series; next++) {
      const run = runs[next] as Run;
      if (next > first && startOf(run) < endOf(runs[next - 1] as Run)) ordered = false;
      copyRun(run, all, at);
      at += run.to - run.from;
    }
    const columns = {
      times: all.times.subarray(start, at),
      values: all.values.subarray(start, at),
    };
    found[series] = ordered ? columns : sorted(columns);
    first = next;
  }
  return found;
}
