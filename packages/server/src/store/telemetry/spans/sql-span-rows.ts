import { entries, HOST, INTEGERS, JSONS, MAPS, TEXTS } from "./span-columns.ts";
import type { LeanRow, ListedRow, SpanRow } from "./types.ts";

/** An expression, the key of the row that holds it, and what is made of its value. */
type Cell = readonly [sql: string, key: string, make: (value: unknown) => unknown];

interface Rows<T> {
  select: string;
  rowOf(values: readonly unknown[]): T;
}

/** An empty list is an empty text. */
const listOf = (json: unknown): unknown[] =>
  json === "" ? [] : (JSON.parse(String(json)) as unknown[]);

const texts = (without: readonly string[]): Cell[] =>
  entries(TEXTS)
    .filter(([column]) => !without.includes(column))
    .map(([column, key]) => [column, key, String]);

const SHORT: readonly Cell[] = [
  // As a text: not every format keeps 64 bits whole.
  ["toString(toUnixTimestamp64Nano(ts))", "startNs", String],
  ...entries(INTEGERS).map(([column, key]): Cell => [column, key, Number]),
  ["ended", "ended", (value) => Number(value) === 1],
  ["cost_usd", "costUsd", Number],
];

const plain = (value: unknown): unknown => value;

function rowsOf<T>(cells: readonly Cell[]): Rows<T> {
  return {
    select: cells.map(([sql]) => sql).join(", "),
    rowOf: (values) => {
      const row: Record<string, unknown> = {};
      for (let i = 0; i < cells.length; i++) {
        const [, key, make] = cells[i] as Cell;
        row[key] = make(values[i]);
      }
      return row as T;
    },
  };
}

export const WHOLE_ROWS = rowsOf<SpanRow>([
  ...texts([]),
  ...SHORT,
  ...entries(MAPS).map(([column, key]): Cell => [column, key, plain]),
  ["attrs_num", "numbers", plain],
  ...entries(JSONS).map(([column, key]): Cell => [column, key, listOf]),
]);

/** What is long comes only where it is asked for. */
export const LEAN_ROWS = rowsOf<LeanRow>([
  ...texts(["trace_state", "scope"]),
  ...SHORT,
  [HOST, "host", String],
]);

export const LISTED_ROWS = rowsOf<ListedRow>([
  ...texts(["trace_state", "scope", "status_message"]),
  ...SHORT,
]);
