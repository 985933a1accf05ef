import { csvCell } from "../../charts/csv.ts";
import type { GridLine } from "../../charts/grid-chart.tsx";
import type { InstantRow } from "../../promql/columns.ts";
import { selectorOf } from "../../format/selector.ts";

const numberOf = (value: number | undefined): string =>
  value === undefined || Number.isNaN(value) ? "" : String(value);

/** Lines as CSV: a column of ISO times, then one column per series; a gap is an empty cell. */
export const csvOfLines = (
  times: Float64Array,
  lines: readonly Pick<GridLine, "label" | "values">[],
): string => {
  const head = ["time", ...lines.map(({ label }) => csvCell(label))].join(",");
  const rows = Array.from(times, (at, index) =>
    [new Date(at * 1000).toISOString(), ...lines.map(({ values }) => numberOf(values[index]))].join(
      ",",
    ),
  );
  return `${[head, ...rows].join("\n")}\n`;
};

/** Instant values as CSV: one column per label that any row has. */
export const csvOfRows = (
  names: readonly string[],
  rows: readonly (InstantRow & { query: string })[],
): string => {
  const head = ["query", ...names, "value", "time"].map(csvCell).join(",");
  const lines = rows.map(({ query, labels, value, note, timeMs }) =>
    [
      csvCell(query),
      ...names.map((name) => csvCell(labels[name] ?? "")),
      Number.isNaN(value) && note !== "" ? csvCell(note) : String(value),
      new Date(timeMs).toISOString(),
    ].join(","),
  );
  return `${[head, ...lines].join("\n")}\n`;
};

/** Text that finds a row: its labels as a selector. */
export const textOf = ({ labels }: Pick<InstantRow, "labels">): string => selectorOf(labels);

/** Hands a text to the browser as a file. */
export const download = (name: string, text: string, type = "text/csv"): void => {
  const link = document.createElement("a");
  const url = URL.createObjectURL(new Blob([text], { type }));
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
};
