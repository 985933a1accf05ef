import { readFileSync } from "node:fs";

import { Labels } from "@fleetlight/promql";
import { LineCounter, parseDocument, type Document } from "yaml";
import { z } from "zod";

import { badRequest, describeError, parseDuration } from "#lib";

import { readHistogram } from "./histogram-notation.ts";
import { readMetric, readValues } from "./notation.ts";
import type { AlertTest, GivenSeries, QueryTest, TestFile, TestGroup } from "./types.ts";

/** Longest file, and most tests and series in it. */
const MAX_BYTES = 32 * 1_048_576;
const MAX_ITEMS = 100_000;

/** Every scalar is read as its text, as upstream does where it wants text: `0x10` are two values and no number. */
const text = z.string();

/** What is left empty counts as left out. */
const orNothing = <T extends z.ZodType>(schema: T) =>
  z.preprocess(
    (value) => (value === "" || value === "null" || value === "~" ? undefined : value),
    schema,
  );

const duration = text.transform((value, context) => {
  // Upstream takes no number without a unit, but for zero.
  if (value !== "0" && !/[a-z]$/.test(value)) {
    context.addIssue(`${JSON.stringify(value)} is not a duration such as 30s, 5m or 1h30m`);
    return z.NEVER;
  }
  try {
    return parseDuration(value);
  } catch (error) {
    context.addIssue(describeError(error));
    return z.NEVER;
  }
});

const texts = orNothing(z.record(z.string(), text).default({}));
const list = <T extends z.ZodType>(item: T) => orNothing(z.array(item).max(MAX_ITEMS).default([]));

const number = text.transform((value, context) => {
  if (/^[+-]?\.?inf$/i.test(value)) return value.startsWith("-") ? -Infinity : Infinity;
  if (/^\.?nan$/i.test(value)) return Number.NaN;
  const parsed = Number(value.replaceAll("_", ""));
  if (value.trim() !== "" && !Number.isNaN(parsed)) return parsed;
  context.addIssue(`${JSON.stringify(value)} is no number`);
  return z.NEVER;
});

const yes = text.transform((value, context) => {
  if (/^(?:true|yes|on|y)$/i.test(value)) return true;
  if (/^(?:false|no|off|n)$/i.test(value)) return false;
  context.addIssue(`${JSON.stringify(value)} is neither true nor false`);
  return z.NEVER;
});

/** Runs a reader of a text; what it says against the text is told with the text's place. */
const read = <T>(reader: (value: string) => T) =>
  text.transform((value, context) => {
    try {
      return reader(value);
    } catch (error) {
      context.addIssue(describeError(error));
      return z.NEVER;
    }
  });

const AlertShape = z.strictObject({
  eval_time: duration.prefault("0"),
  alertname: text.default(""),
  exp_alerts: list(z.strictObject({ exp_labels: texts, exp_annotations: texts })),
});

const QueryShape = z.strictObject({
  expr: text.default(""),
  eval_time: duration.prefault("0"),
  exp_samples: list(
    z.strictObject({
      labels: read(readMetric).optional(),
      value: number.optional(),
      histogram: read(readHistogram).optional(),
    }),
  ),
});

const startTime = text.transform((value, context) => {
  const seconds = Number(value);
  const timeMs = Number.isNaN(seconds) ? Date.parse(value) : seconds * 1000;
  if (Number.isSafeInteger(timeMs)) return timeMs;
  context.addIssue(`${JSON.stringify(value)} is neither RFC 3339 nor Unix seconds`);
  return z.NEVER;
});

const FileShape = z.strictObject({
  rule_files: list(text),
  evaluation_interval: duration.prefault("1m"),
  group_eval_order: list(text),
  fuzzy_compare: yes.prefault("false"),
  tests: list(
    z.strictObject({
      name: text.default(""),
      interval: duration.prefault("1m"),
      start_timestamp: startTime.prefault("0"),
      input_series: list(
        z.strictObject({ series: read(readMetric), values: read(readValues).optional() }),
      ),
      alert_rule_test: list(AlertShape),
      promql_expr_test: list(QueryShape),
      external_labels: texts,
      external_url: text.default(""),
    }),
  ),
});

type Shape = z.output<typeof FileShape>;

const alertTest = (test: Shape["tests"][number]["alert_rule_test"][number]): AlertTest => ({
  evalMs: test.eval_time,
  alertName: test.alertname,
  expected: test.exp_alerts.map(({ exp_labels, exp_annotations }) => ({
    labels: exp_labels,
    annotations: exp_annotations,
  })),
});

const queryTest = (test: Shape["tests"][number]["promql_expr_test"][number]): QueryTest => ({
  evalMs: test.eval_time,
  expr: test.expr,
  expected: test.exp_samples.map(({ labels, value = 0, histogram }) => ({
    labels: labels ?? Labels.empty,
    value,
    histogram,
  })),
});

const givenSeries = (given: Shape["tests"][number]["input_series"][number]): GivenSeries => ({
  labels: given.series,
  values: given.values ?? [],
});

const testGroup = (test: Shape["tests"][number]): TestGroup => ({
  name: test.name,
  intervalMs: test.interval,
  startMs: test.start_timestamp,
  series: test.input_series.map(givenSeries),
  alertTests: test.alert_rule_test.map(alertTest),
  queryTests: test.promql_expr_test.map(queryTest),
  externalLabels: test.external_labels,
  externalUrl: test.external_url,
});

/** `tests[0].input_series[1].values, line 12`: where an issue stands. */
function placeOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): string {
  const shown = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`));
  let known = [...path];
  for (; known.length > 0; known = known.slice(0, -1)) {
    const node: unknown = document.getIn(known as (string | number)[], true);
    const range = (node as { range?: [number, number, number] } | undefined)?.range;
    if (range) return `line ${lines.linePos(range[0]).line}, ${shown.join("").replace(/^\./, "")}`;
  }
  return shown.join("").replace(/^\./, "") || "line 1";
}

/** @throws FleetlightError `bad_request` with the lines and what is wrong there. */
export function readTestFile(path: string): TestFile {
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch (error) {
    throw badRequest(describeError(error));
  }
  if (content.length > MAX_BYTES) throw badRequest(`the file is longer than ${MAX_BYTES} bytes`);
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines, schema: "failsafe", merge: true });
  if (document.errors.length > 0)
    throw badRequest(document.errors.map(({ message }) => message).join("; "));
  const tree: unknown = document.toJS({ maxAliasCount: 1000 });
  const parsed = FileShape.safeParse(tree === null || tree === "" ? {} : tree);
  if (!parsed.success) {
    const told = parsed.error.issues.map(
      ({ path: where, message }) => `${placeOf(document, lines, where)}: ${message}`,
    );
    throw badRequest(told.join("\n"));
  }
  const { data } = parsed;
  const seen = new Set<string>();
  for (const name of data.group_eval_order) {
    if (seen.has(name)) throw badRequest(`group name repeated in evaluation order: ${name}`);
    seen.add(name);
  }
  return {
    path,
    ruleFiles: data.rule_files,
    evaluationIntervalMs: data.evaluation_interval || 60_000,
    groupOrder: data.group_eval_order,
    isFuzzy: data.fuzzy_compare,
    tests: data.tests.map(testGroup),
  };
}
