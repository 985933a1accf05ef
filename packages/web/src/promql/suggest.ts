import type { MetricName } from "@fleetlight/contract";

import { namesCounter } from "../app/explore-search.ts";

/** Window of suggested rates: four scrapes of the usual minute, and one to spare. */
const WINDOW = "5m";
const PLAIN_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const PLAIN_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

const quote = (text: string): string => JSON.stringify(text);

/** A selector of a metric, quoted when its name is no plain one. */
const selectorOf = (name: string, inner = ""): string => {
  if (!PLAIN_NAME.test(name)) return `{${[quote(name), inner].filter(Boolean).join(",")}}`;
  return inner === "" ? name : `${name}{${inner}}`;
};

/** The question that a metric is usually asked: a rate for counters, a quantile for histograms, else its value. */
export const suggestQuery = (
  { name, type }: Pick<MetricName, "name" | "type">,
  inner = "",
): string => {
  const selector = selectorOf(name, inner);
  if (name.endsWith("_bucket")) {
    return `histogram_quantile(0.95, sum by (le) (rate(${selector}[${WINDOW}])))`;
  }
  if (type === "histogram" && !namesCounter(name)) {
    return `histogram_quantile(0.95, sum(rate(${selector}[${WINDOW}])))`;
  }
  const grows = type === "counter" || (type !== "gauge" && namesCounter(name));
  return grows ? `rate(${selector}[${WINDOW}])` : selector;
};

const matcherOf = (label: string, value: string): string =>
  `${PLAIN_LABEL.test(label) ? label : quote(label)}=${quote(value)}`;

/** Ends of the pieces that hold no names: quoted texts and comments. */
const SKIPPED = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`|#[^\n]*/y;
const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;

/** Offsets behind each mention of a metric outside of quotes, comments and braces. */
const mentions = (expression: string, metric: string): number[] => {
  const found: number[] = [];
  let depth = 0;
  let at = 0;
  while (at < expression.length) {
    SKIPPED.lastIndex = at;
    NAME.lastIndex = at;
    const skipped = SKIPPED.exec(expression);
    const name = skipped === null ? NAME.exec(expression) : null;
    if (name !== null && depth === 0 && name[0] === metric) found.push(NAME.lastIndex);
    const character = expression[at];
    if (character === "{") depth += 1;
    if (character === "}") depth -= 1;
    at += skipped?.[0].length ?? name?.[0].length ?? 1;
  }
  return found;
};

/**
 * Adds `label="value"` to every selector of a metric in an expression; a matcher that is there already is not added
 * twice. Null when the expression does not mention the metric.
 */
export const addMatcher = (
  expression: string,
  metric: string,
  label: string,
  value: string,
): string | null => {
  const places = mentions(expression, metric);
  if (places.length === 0) return null;
  const matcher = matcherOf(label, value);
  let result = expression;
  for (const place of places.toReversed()) {
    const rest = result.slice(place);
    const open = /^\s*\{/.exec(rest)?.[0];
    if (open === undefined) {
      result = `${result.slice(0, place)}{${matcher}}${rest}`;
      continue;
    }
    const inner = rest.slice(open.length);
    if (inner.trimStart().startsWith(matcher) || inner.includes(`,${matcher}`)) continue;
    const comma = /^\s*\}/.test(inner) ? "" : ",";
    result = `${result.slice(0, place)}${open}${matcher}${comma}${inner}`;
  }
  return result;
};

/** The question about a metric with one label fixed. */
export const suggestWith = (
  metric: Pick<MetricName, "name" | "type">,
  label: string,
  value: string,
): string => suggestQuery(metric, matcherOf(label, value));

/** A label with its values, and how many series have each. */
export interface LabelCounts {
  label: string;
  values: { value: string; series: number }[];
}

/** Counts labels and values of series; labels with most values last, since those are read least. */
export const countLabels = (series: readonly Record<string, string>[]): LabelCounts[] => {
  const counts = new Map<string, Map<string, number>>();
  for (const labels of series) {
    for (const [label, value] of Object.entries(labels)) {
      if (label === "__name__") continue;
      const values = counts.get(label) ?? new Map<string, number>();
      values.set(value, (values.get(value) ?? 0) + 1);
      counts.set(label, values);
    }
  }
  return [...counts]
    .map(([label, values]) => ({
      label,
      values: [...values]
        .map(([value, count]) => ({ value, series: count }))
        .toSorted((a, b) => b.series - a.series || a.value.localeCompare(b.value)),
    }))
    .toSorted((a, b) => a.values.length - b.values.length || a.label.localeCompare(b.label));
};
