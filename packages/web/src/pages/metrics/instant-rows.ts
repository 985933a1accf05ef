import type { InstantRow } from "../../promql/columns.ts";

/** `=` orders by value, `?` by query, `#` by the whole series, anything else by that label. */
export interface RowOrder {
  by: string;
  down: boolean;
}

type Row = InstantRow & { query: string };

/** Labels that any row has; the metric's name first. */
export const labelsOf = (rows: readonly Row[]): string[] =>
  [...new Set(rows.flatMap(({ labels }) => Object.keys(labels)))].toSorted(
    (a, b) => Number(b === "__name__") - Number(a === "__name__") || a.localeCompare(b),
  );

/** Labels that all rows share, which tell nothing apart; none for a single row, whose labels are all there is. */
export const sharedLabels = (rows: readonly Row[]): [string, string][] => {
  const [first, ...others] = rows;
  if (first === undefined || others.length === 0) return [];
  return Object.entries(first.labels).filter(([label, value]) =>
    others.every(({ labels }) => labels[label] === value),
  );
};

const textOf = ({ labels }: Row): string => Object.values(labels).join(" ");

const keyOf = (row: Row, by: string): string => {
  if (by === "?") return row.query;
  return by === "#" ? textOf(row) : (row.labels[by] ?? "");
};

/** NaN goes last whichever way numbers are sorted. */
const compareValues = (a: number, b: number, down: boolean): number => {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  if (a === b) return 0;
  return a < b === down ? 1 : -1;
};

/** Rows that hold every word of the filter, in order. */
export const arrange = <T extends Row>(
  rows: readonly T[],
  order: RowOrder,
  filter: string,
): T[] => {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const left = rows.filter((row) => {
    const text = `${row.query} ${textOf(row)}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const { by, down } = order;
  if (by === "=") return left.toSorted((a, b) => compareValues(a.value, b.value, down));
  const sign = down ? -1 : 1;
  return left.toSorted(
    (a, b) => keyOf(a, by).localeCompare(keyOf(b, by), "en", { numeric: true }) * sign,
  );
};
