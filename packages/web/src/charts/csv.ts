import { align } from "./data.ts";
import type { Columns } from "./data.ts";

/** One cell. A spreadsheet runs one that begins like a formula, and label values come from outside. */
export const csvCell = (text: string): string => {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** What a chart draws as CSV: a column of ISO times, then one column per series. */
export const toCsv = (series: (Columns & { label: string })[]): string => {
  const [times, ...columns] = align(series);
  const head = ["time", ...series.map(({ label }) => csvCell(label))].join(",");
  const rows = times.map((at, index) =>
    [new Date(at * 1000).toISOString(), ...columns.map((column) => column[index] ?? "")].join(","),
  );
  return `${[head, ...rows].join("\n")}\n`;
};
