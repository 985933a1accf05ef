import type { GridLine } from "../../charts/grid-chart.tsx";
import type { Kind } from "../../charts/grid-paths.ts";
import { huesOf } from "../../charts/colours.ts";
import { spread, within } from "../../charts/shades.ts";
import type { Unit } from "../../format/units.ts";
import { distinctive, selectorOf, seriesLabel } from "../../format/selector.ts";
import type { Matrix } from "../../promql/columns.ts";
import { stack } from "../../promql/columns.ts";
import type { Query } from "./explore-state.ts";
import { formatLegend } from "./explore-state.ts";
import { unitOfExpression } from "./expression-unit.ts";

/** A line, and the query that it answers. */
export interface AnswerLine extends GridLine {
  query: string;
  labels: Record<string, string>;
  unit: Unit;
}

/** Lines of one picture; more are neither told apart nor drawn in time. */
export const MAX_LINES = 500;

const labelOf = (
  { legend, expression }: Query,
  labels: Record<string, string>,
  only: string[],
): string => {
  const formatted = formatLegend(legend, labels);
  if (formatted !== null && formatted.trim() !== "") return formatted;
  const { __name__: name, ...others } = labels;
  if (Object.keys(others).length === 0) return name ?? expression.replaceAll(/\s+/g, " ");
  return only.length === 0 ? selectorOf(labels) : seriesLabel(labels, only);
};

/** Lines of one query in the order of their names; `alone` gives it every hue, otherwise it has one. */
const linesOfQuery = (query: Query, { series }: Matrix, alone: boolean): AnswerLine[] => {
  const only = distinctive(series.map(({ labels }) => labels));
  const unit = unitOfExpression(query.expression);
  const named = series
    .map((one) => ({ ...one, label: labelOf(query, one.labels, only) }))
    .toSorted((a, b) => a.label.localeCompare(b.label, "en", { numeric: true }));
  // As long as there are hues enough, a series keeps its own on every page.
  const few = named.length <= 8;
  const hues = few ? huesOf(named.map(({ labels }) => selectorOf(labels))) : null;
  return named.map(({ labels, key, label, values }, index) => {
    const own = hues?.get(selectorOf(labels));
    const alike = own === undefined ? spread(index) : { hue: own, shade: 0 };
    return {
      // A dot separates keys in the address.
      key: `${query.name.replaceAll(".", "_")}${key}`,
      query: query.name,
      label,
      labels,
      values,
      unit,
      colour: alone ? alike : within(query.hue, index),
    };
  });
};

export interface Answered {
  query: Query;
  matrix: Matrix;
}

/** All lines of all queries, at most `MAX_LINES`; `total` says how many there would be. */
export const linesOf = (answers: readonly Answered[]): { lines: AnswerLine[]; total: number } => {
  const all = answers.flatMap(({ query, matrix }) =>
    linesOfQuery(query, matrix, answers.length === 1),
  );
  return { lines: all.slice(0, MAX_LINES), total: all.length };
};

/** Lines that share an axis. */
export interface Picture {
  unit: Unit;
  lines: AnswerLine[];
}

/** One picture per unit, in the order of the queries: bytes and seconds have no axis in common. */
export const picturesOf = (lines: readonly AnswerLine[], kind: Kind): Picture[] => {
  const groups = new Map<Unit, AnswerLine[]>();
  for (const line of lines) groups.set(line.unit, [...(groups.get(line.unit) ?? []), line]);
  return [...groups].map(([unit, group]) => {
    if (kind !== "stacked") return { unit, lines: group };
    const tops = stack(group.map(({ values }) => values));
    return {
      unit,
      lines: group.map((line, index) => ({ ...line, drawn: tops[index] ?? line.values })),
    };
  });
};
