import { extrapolation, type RateKind } from "../functions/rate-series.ts";
import { rangeSeconds } from "../functions/start-time.ts";
import type { WindowGrid, WindowRow } from "../functions/types.ts";
import type { BucketColumn, Buckets } from "../storage.ts";
import { EvaluationError } from "./errors.ts";

/** Buckets of one series: their ends, ascending, and what is in them. */
interface BucketSeries extends Buckets {
  ends: Float64Array;
}

/** Answers a window of the buckets with the indices from <= i < to, of which there is at least one; undefined: no sample. */
type Kernel = (from: number, to: number, startMs: number, endMs: number) => number | undefined;

interface BucketFunction {
  needs: readonly BucketColumn[];
  over(column: (name: BucketColumn) => Float64Array): Kernel;
}

const at = (column: Float64Array, index: number): number => column[index] as number;

/**
 * Neumaier's sum of the buckets' sums. Whole numbers have no rounding, so that it is that of the samples; others differ from it by
 * less than what either rounds.
 */
function total(sums: Float64Array, from: number, to: number): number {
  let sum = 0;
  let lost = 0;
  for (let i = from; i < to; i++) {
    const value = at(sums, i);
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + lost;
}

function count(counts: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += at(counts, i);
  return sum;
}

/** The value of a column that no other one beats. */
function best(column: Float64Array, from: number, to: number, sign: 1 | -1): number {
  let found = at(column, from);
  for (let i = from + 1; i < to; i++)
    if (sign * at(column, i) > sign * found) found = at(column, i);
  return found;
}

/** As `rate` does it with samples: the same additions in the same order, where a bucket has at most one reset. */
function increaseOver(kind: RateKind): BucketFunction {
  return {
    needs: ["count", "firstTime", "lastTime", "first", "last", "resets", "lost"],
    over(column) {
      const [firsts, lasts] = [column("first"), column("last")];
      const [firstTimes, lastTimes] = [column("firstTime"), column("lastTime")];
      const [counts, resets, lost] = [column("count"), column("resets"), column("lost")];
      return (from, to, startMs, endMs) => {
        const samples = count(counts, from, to);
        if (samples < 2) return undefined;
        const first = at(firsts, from);
        let increase = at(lasts, to - 1) - first;
        for (let i = from; kind.isCounter && i < to; i++) {
          if (i > from && at(firsts, i) < at(lasts, i - 1)) increase += at(lasts, i - 1);
          if (at(resets, i) > 0) increase += at(lost, i);
        }
        let factor = extrapolation(
          startMs,
          endMs,
          kind.isCounter ? first : -1,
          increase,
          at(firstTimes, from),
          at(lastTimes, to - 1),
          samples - 1,
        );
        if (kind.isRate) factor /= rangeSeconds({ startMs, endMs });
        return increase * factor;
      };
    },
  };
}

/** Counts inside of buckets, and between neighbours. */
function countOver(
  name: "resets" | "changes",
  differs: (value: number, previous: number) => boolean,
): BucketFunction {
  return {
    needs: [name, "first", "last"],
    over(column) {
      const [inside, firsts, lasts] = [column(name), column("first"), column("last")];
      return (from, to) => {
        let sum = count(inside, from, to);
        for (let i = from + 1; i < to; i++) if (differs(at(firsts, i), at(lasts, i - 1))) sum++;
        return sum;
      };
    },
  };
}

const bucketFunctions: ReadonlyMap<string, BucketFunction> = new Map<string, BucketFunction>([
  ["rate", increaseOver({ isCounter: true, isRate: true })],
  ["increase", increaseOver({ isCounter: true, isRate: false })],
  ["delta", increaseOver({ isCounter: false, isRate: false })],
  ["resets", countOver("resets", (value, previous) => value < previous)],
  ["changes", countOver("changes", (value, previous) => value !== previous)],
  ["present_over_time", { needs: [], over: () => () => 1 }],
  [
    "count_over_time",
    { needs: ["count"], over: (column) => (from, to) => count(column("count"), from, to) },
  ],
  ["first_over_time", { needs: ["first"], over: (column) => (from) => at(column("first"), from) }],
  ["last_over_time", { needs: ["last"], over: (column) => (_, to) => at(column("last"), to - 1) }],
  [
    "min_over_time",
    { needs: ["low"], over: (column) => (from, to) => best(column("low"), from, to, -1) },
  ],
  [
    "max_over_time",
    { needs: ["high"], over: (column) => (from, to) => best(column("high"), from, to, 1) },
  ],
  [
    "sum_over_time",
    { needs: ["sum"], over: (column) => (from, to) => total(column("sum"), from, to) },
  ],
  [
    "avg_over_time",
    {
      needs: ["count", "sum"],
      over: (column) => (from, to) =>
        total(column("sum"), from, to) / count(column("count"), from, to),
    },
  ],
]);

/** Functions of a range that take buckets in place of samples, with the columns that they need. */
export const bucketColumns: ReadonlyMap<string, readonly BucketColumn[]> = new Map(
  [...bucketFunctions].map(([name, { needs }]) => [name, needs]),
);

/**
 * All windows of a series that came as buckets. Answers how many steps got a sample.
 *
 * @throws EvaluationError when the store gave buckets that were not asked for, or do not fit the windows.
 */
export function overBuckets(
  name: string,
  { ends, bucketMs, columns }: BucketSeries,
  { endMs, stepMs, rangeMs, steps }: WindowGrid,
  row: WindowRow,
): number {
  const fn = bucketFunctions.get(name);
  const fits = [endMs, rangeMs, steps > 1 ? stepMs : 0].every((ms) => ms % bucketMs === 0);
  if (!fn || !fits) throw new EvaluationError("internal", `no windows of ${name} from buckets`);
  const kernel = fn.over((column) => {
    const found = columns[column];
    if (found) return found;
    throw new EvaluationError("internal", `${name} needs the ${column} of buckets`);
  });
  let samples = 0;
  let [from, to] = [0, 0];
  for (let step = 0; step < steps; step++) {
    const windowEnd = endMs + step * stepMs;
    const windowStart = windowEnd - rangeMs;
    while (to < ends.length && at(ends, to) <= windowEnd) to++;
    while (from < to && at(ends, from) <= windowStart) from++;
    if (from === to) continue;
    const value = kernel(from, to, windowStart, windowEnd);
    if (value === undefined) continue;
    row.values[row.from + step] = value;
    row.present[row.from + step] = 1;
    samples++;
  }
  return samples;
}
