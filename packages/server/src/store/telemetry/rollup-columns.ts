import type { BucketColumn } from "@fleetlight/promql";

import { isStale, wordsOf } from "#lib";

/** Lengths of buckets that are kept, in milliseconds. */
export const ROLLUPS = { rollups_5m: 300_000, rollups_1h: 3_600_000 } as const;
export type RollupName = keyof typeof ROLLUPS;
export const ROLLUP_NAMES = ["rollups_5m", "rollups_1h"] as const;

/** All samples are whole numbers, and no sum of them in any order leaves the range in which doubles are exact. */
export const WHOLE = 1;
/** A sample is a histogram, NaN, infinite or a negative zero: the bucket says nothing. */
export const ODD = 2;

/** Sums of whole numbers up to here have no rounding, with room for one more operation. */
export const EXACT_LIMIT = 2 ** 52;
/** Larger sums could become infinite where their buckets are added. */
const MAX_SUM = 1e300;

export const ROLLUP_COLUMNS = [
  "end",
  "flags",
  "count",
  "firstTime",
  "lastTime",
  "first",
  "last",
  "low",
  "high",
  "sum",
  "lost",
  "resets",
  "changes",
] as const satisfies readonly (BucketColumn | "end" | "flags")[];
export type RollupColumn = (typeof ROLLUP_COLUMNS)[number];

type Columns = Record<RollupColumn, Float64Array>;

const emptyColumns = (capacity: number): Columns =>
  Object.fromEntries(
    ROLLUP_COLUMNS.map((name) => [name, new Float64Array(capacity)]),
  ) as unknown as Columns;

/** Buckets of series, one after the other, in columns that grow. */
export class RollupRows {
  columns: Columns = emptyColumns(0);
  length = 0;

  private grow(): void {
    const bigger = emptyColumns(Math.max(64, this.length * 2));
    for (const name of ROLLUP_COLUMNS) bigger[name].set(this.columns[name]);
    this.columns = bigger;
  }

  clear(): void {
    this.length = 0;
  }

  /** Adds the buckets of a series: samples by time, without doubles. Buckets with nothing but stale markers are left out. */
  add(times: Float64Array, values: Float64Array, bucketMs: number): void {
    const words = wordsOf(values);
    for (let from = 0; from < times.length;) {
      const end = Math.ceil((times[from] as number) / bucketMs) * bucketMs;
      let to = from + 1;
      while (to < times.length && (times[to] as number) <= end) to++;
      this.addBucket(times, values, words, from, to, end);
      from = to;
    }
  }

  // oxlint-disable-next-line complexity, max-lines-per-function -- one pass over the samples of a bucket, with all its figures in registers
  private addBucket(
    times: Float64Array,
    values: Float64Array,
    words: Uint32Array,
    from: number,
    to: number,
    end: number,
  ): void {
    let [count, firstAt, lastAt] = [0, from, from];
    let [low, high, sum, rest, lost, resets, changes] = [Infinity, -Infinity, 0, 0, 0, 0, 0];
    let previous = 0;
    let whole = true;
    let odd = false;
    for (let i = from; i < to; i++) {
      const value = values[i] as number;
      if (value !== value && isStale(words, i)) continue;
      // NaN and infinity give NaN here; a negative zero is told by its bits.
      if (value - value !== 0 || (value === 0 && words[i * 2 + 1] !== 0)) {
        odd = true;
        break;
      }
      if (count === 0) firstAt = i;
      else {
        if (value < previous) {
          resets++;
          lost += previous;
        }
        if (value !== previous) changes++;
      }
      count++;
      lastAt = i;
      if (value < low) low = value;
      if (value > high) high = value;
      const next = sum + value;
      rest += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
      sum = next;
      whole &&= Number.isInteger(value);
      previous = value;
    }
    if (count === 0 && !odd) return;
    if (this.length === this.columns.end.length) this.grow();
    const { columns } = this;
    const row = this.length++;
    sum += rest;
    odd ||= !(Math.abs(sum) < MAX_SUM && Math.abs(lost) < MAX_SUM);
    columns.end[row] = end;
    if (odd) {
      columns.flags[row] = ODD;
      for (const name of ROLLUP_COLUMNS)
        if (name !== "end" && name !== "flags") columns[name][row] = 0;
      columns.firstTime[row] = columns.lastTime[row] = end;
      return;
    }
    whole &&= count * Math.max(Math.abs(low), Math.abs(high)) <= EXACT_LIMIT;
    columns.flags[row] = whole ? WHOLE : 0;
    columns.count[row] = count;
    columns.firstTime[row] = times[firstAt] as number;
    columns.lastTime[row] = times[lastAt] as number;
    columns.first[row] = values[firstAt] as number;
    columns.last[row] = values[lastAt] as number;
    columns.low[row] = low;
    columns.high[row] = high;
    columns.sum[row] = sum;
    columns.lost[row] = lost;
    columns.resets[row] = resets;
    columns.changes[row] = changes;
  }
}

/** How a column of one series' rows is used: all of them together. */
export type RollupSeries = { length: number } & Partial<Record<RollupColumn, Float64Array>>;

/** Columns that decide, beside those that a function needs, whether its answer from buckets is that from samples. */
export function proofColumns(name: string): readonly RollupColumn[] {
  if (name === "sum_over_time" || name === "avg_over_time") return ["count", "low", "high"];
  if (name === "rate" || name === "increase") return ["resets", "lost", "first", "last"];
  return [];
}

/**
 * Whether a function gives from these buckets what it gives from their samples, bit for bit. Sums of whole numbers have no rounding;
 * of others it would depend on where buckets begin. An increase over buckets adds what resets lost in the order of the samples,
 * except where several lie in one bucket.
 */
export function isExact(name: string, series: RollupSeries): boolean {
  const { length, flags } = series;
  const column = (of: RollupColumn) => series[of] as Float64Array;
  let whole = true;
  for (let i = 0; i < length; i++) if (((flags?.[i] as number) & WHOLE) === 0) whole = false;
  let bound = 0;
  if (name === "sum_over_time" || name === "avg_over_time") {
    const [counts, lows, highs] = [column("count"), column("low"), column("high")];
    for (let i = 0; i < length; i++)
      bound +=
        (counts[i] as number) * Math.max(Math.abs(lows[i] as number), Math.abs(highs[i] as number));
    return whole && bound <= EXACT_LIMIT;
  }
  if (name !== "rate" && name !== "increase") return true;
  const [resets, lost, firsts, lasts] = [
    column("resets"),
    column("lost"),
    column("first"),
    column("last"),
  ];
  let many = false;
  for (let i = 0; i < length; i++) {
    if ((resets[i] as number) > 1) many = true;
    bound +=
      Math.abs(lost[i] as number) + Math.abs(firsts[i] as number) + Math.abs(lasts[i] as number);
  }
  return !many || (whole && bound <= EXACT_LIMIT);
}

/** Whether there is a bucket that says nothing. */
export function hasOdd({ length, flags }: RollupSeries): boolean {
  for (let i = 0; i < length; i++) if (((flags?.[i] as number) & ODD) !== 0) return true;
  return false;
}
