import { wordsOf } from "#lib";

import { WHOLE, type RollupColumn, type RollupRows, type RollupSeries } from "./rollup-columns.ts";

/** Columns that are kept as 64-bit integers. */
export const PACKED_COLUMNS = ["first", "last", "low", "high", "sum", "lost"] as const;
export type PackedColumn = (typeof PACKED_COLUMNS)[number];

/** What a packed column is kept relative to: for counters, and for what seldom changes, next to nothing is left. */
const BASE_OF: Readonly<Partial<Record<PackedColumn, PackedColumn>>> = {
  last: "first",
  low: "first",
  high: "last",
};

const HIGH = 4_294_967_296;

function writeWhole(words: Int32Array, row: number, value: number): void {
  words[row * 2] = value | 0;
  words[row * 2 + 1] = Math.floor(value / HIGH);
}

/** A packed column of the first rows: differences of whole numbers, or bits that differ. */
export function packColumn({ columns, length }: RollupRows, name: PackedColumn): BigInt64Array {
  const packed = new BigInt64Array(length);
  const words = new Int32Array(packed.buffer);
  const column = columns[name];
  const bits = wordsOf(column);
  const baseName = BASE_OF[name];
  const base = baseName && columns[baseName];
  const baseBits = base && wordsOf(base);
  for (let row = 0; row < length; row++) {
    const value = column[row] as number;
    if (((columns.flags[row] as number) & WHOLE) !== 0) {
      // Whole sums are at most 2^52, and so is what they are compared with.
      const from =
        name === "sum"
          ? (columns.count[row] as number) * (columns.first[row] as number)
          : base?.[row];
      writeWhole(words, row, value - (from ?? 0));
      continue;
    }
    words[row * 2] = (bits[row * 2] as number) ^ (baseBits?.[row * 2] ?? 0);
    words[row * 2 + 1] = (bits[row * 2 + 1] as number) ^ (baseBits?.[row * 2 + 1] ?? 0);
  }
  return packed;
}

/** The columns that have to be read for those that are wanted. */
export function columnsToRead(wanted: readonly RollupColumn[]): RollupColumn[] {
  const needed = new Set<RollupColumn>(["end", "flags", ...wanted]);
  if (needed.has("high")) needed.add("last");
  if (needed.has("sum")) needed.add("count");
  if (["last", "low", "sum"].some((name) => needed.has(name as RollupColumn))) needed.add("first");
  return [...needed];
}

/** Turns packed columns, whose 64 bits stand in the columns of doubles, into numbers in place. */
export function unpackColumns(series: RollupSeries): void {
  const { flags, length } = series;
  for (const name of PACKED_COLUMNS) {
    const column = series[name];
    if (column === undefined) continue;
    const words = new Int32Array(column.buffer, column.byteOffset, length * 2);
    const baseName = BASE_OF[name];
    const base = baseName && series[baseName];
    const baseWords = base && new Int32Array(base.buffer, base.byteOffset, length * 2);
    for (let row = 0; row < length; row++) {
      const low = words[row * 2] as number;
      const high = words[row * 2 + 1] as number;
      if (((flags?.[row] as number) & WHOLE) !== 0) {
        const sum = name === "sum";
        const from = sum
          ? (series.count?.[row] as number) * (series.first?.[row] as number)
          : (base?.[row] ?? 0);
        column[row] = from + (high * HIGH + (low >>> 0));
      } else if (baseWords) {
        words[row * 2] = low ^ (baseWords[row * 2] as number);
        words[row * 2 + 1] = high ^ (baseWords[row * 2 + 1] as number);
      }
    }
  }
}
