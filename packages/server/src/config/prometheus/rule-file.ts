import { createHash } from "node:crypto";
import { createRequire } from "node:module";

import type * as PromQL from "@fleetlight/promql";
import { describeError, TemplateParser, type DurationMs, type LabelSet } from "#lib";
import { z } from "zod";

import { duration } from "../fields.ts";
import { toProblems } from "../issues.ts";
import type { Positions } from "../positions.ts";
import { ConfigError, formatPath, type ConfigProblem } from "../problems.ts";
import { parseTree, readFileText, withoutNulls } from "../text.ts";
import { anyText, labelMap } from "./texts.ts";

interface RuleBase {
  name: string;
  /** The expression in its canonical form. */
  query: string;
  /** Labels of the group and the rule, the rule's win. */
  labels: LabelSet;
}

export interface RecordingRuleConfig extends RuleBase {
  kind: "recording";
}

/** Kept and shown; evaluating it is the alert pipeline's part. */
export interface AlertingRuleConfig extends RuleBase {
  kind: "alerting";
  forMs: DurationMs;
  keepFiringForMs: DurationMs;
  annotations: LabelSet;
}

export interface RuleGroupConfig {
  name: string;
  /** `global.evaluation_interval` when undefined. */
  intervalMs: DurationMs | undefined;
  /** `global.rule_query_offset` when undefined. */
  queryOffsetMs: DurationMs | undefined;
  /** Most series that one rule may give; 0 is no limit. */
  limit: number;
  rules: (RecordingRuleConfig | AlertingRuleConfig)[];
}

export interface RuleFile {
  path: string;
  /** Of the text: the same file is not read into rules again. */
  digest: string;
  groups: RuleGroupConfig[];
}

const MAX_GROUPS = 10_000;
const MAX_RULES = 10_000;

const span = () => duration({ max: "1000y" }).optional();

const RuleShape = z.strictObject({
  record: anyText(1024).optional(),
  alert: anyText(1024).optional(),
  expr: anyText(1_000_000).optional(),
  for: span(),
  keep_firing_for: span(),
  labels: labelMap().default({}),
  annotations: labelMap().default({}),
});

const RuleFileShape = z.strictObject({
  groups: z
    .array(
      z.strictObject({
        name: anyText(1024).default(""),
        interval: duration({ min: "100ms", max: "1d" }).optional(),
        query_offset: duration({ max: "1d" }).optional(),
        limit: z.int().min(0).default(0),
        labels: labelMap().default({}),
        rules: z.array(RuleShape).max(MAX_RULES).default([]),
      }),
    )
    .max(MAX_GROUPS)
    .default([]),
});

type RuleNode = z.output<typeof RuleShape>;
type GroupNode = z.output<typeof RuleFileShape>["groups"][number];

const require = createRequire(import.meta.url);
let promql: typeof PromQL | undefined;

/** The parser takes a tenth of a second to load, which a configuration without rule files need not wait for. */
const parser = (): typeof PromQL => (promql ??= require("@fleetlight/promql") as typeof PromQL);

/** Half a surrogate pair, which an escape of YAML can write, has no form in UTF-8. */
const isUtf8 = (text: string): boolean => !/\p{Surrogate}/u.test(text);

/** Names are UTF-8, as in Prometheus 3; a brace is nearly always a selector in the wrong place. */
const isMetricName = (name: string): boolean => name !== "" && isUtf8(name) && !/[{}]/.test(name);

/** Functions that Prometheus adds to those of Go's templates. */
export const TEMPLATE_FUNCTIONS: ReadonlySet<string> = new Set(
  `args externalURL first graphLink humanize humanize1024 humanizeDuration humanizePercentage humanizeTimestamp label match now
  parseDuration pathPrefix query reReplaceAll safeHtml sortByLabel stripDomain stripPort strvalue tableLink title tmpl toDuration
  toLower toTime toUpper value`.split(/\s+/),
);

const templates = new TemplateParser((name) => TEMPLATE_FUNCTIONS.has(name), {
  variables: ["$labels", "$externalLabels", "$externalURL", "$value"],
});

class RuleFileReader {
  private readonly file: string;
  private readonly positions: Positions;
  readonly problems: ConfigProblem[] = [];

  constructor(file: string, positions: Positions) {
    this.file = file;
    this.positions = positions;
  }

  private report(path: (string | number)[], message: string): void {
    const place = this.positions.ofValue(path);
    this.problems.push({ path: formatPath(path), message, source: this.file, ...place });
  }

  groups(nodes: readonly GroupNode[]): RuleGroupConfig[] {
    const seen = new Set<string>();
    return nodes.map((node, index) => {
      const path = ["groups", index];
      if (node.name === "") this.report(path, "Groupname must not be empty");
      else if (seen.has(node.name))
        this.report(
          [...path, "name"],
          `groupname: ${JSON.stringify(node.name)} is repeated in the same file`,
        );
      seen.add(node.name);
      this.checkLabels([...path, "labels"], node.labels, "");
      return {
        name: node.name,
        intervalMs: node.interval,
        queryOffsetMs: node.query_offset,
        limit: node.limit,
        rules: node.rules.map((rule, at) => this.rule(rule, node, [...path, "rules", at], at)),
      };
    });
  }

  private rule(
    node: RuleNode,
    group: GroupNode,
    path: (string | number)[],
    index: number,
  ): RecordingRuleConfig | AlertingRuleConfig {
    const name = node.record ?? node.alert ?? "";
    const about = `group ${JSON.stringify(group.name)}, rule ${index + 1}, ${JSON.stringify(name)}: `;
    const report = (key: string | undefined, message: string) =>
      this.report(key === undefined ? path : [...path, key], about + message);
    if (node.record && node.alert) report("alert", "only one of 'record' and 'alert' must be set");
    if (!node.record && !node.alert) report(undefined, "one of 'record' or 'alert' must be set");
    this.checkLabels([...path, "labels"], node.labels, about);
    if (node.record) checkRecording(node, report);
    this.checkAnnotations([...path, "annotations"], node.annotations, about);
    if (node.alert) {
      const template = `__alert_${name}`;
      this.checkTemplates([...path, "labels"], node.labels, template, `${about}label`);
      this.checkTemplates(
        [...path, "annotations"],
        node.annotations,
        template,
        `${about}annotation`,
      );
    }
    const base = {
      name,
      query: canonical(node.expr, report),
      labels: { ...group.labels, ...node.labels },
    };
    if (node.record) return { kind: "recording", ...base };
    return {
      kind: "alerting",
      ...base,
      forMs: node.for ?? 0,
      keepFiringForMs: node.keep_firing_for ?? 0,
      annotations: node.annotations,
    };
  }

  private checkLabels(path: (string | number)[], labels: LabelSet, about: string): void {
    for (const [name, value] of Object.entries(labels)) {
      if (name === "__name__" || !isUtf8(name))
        this.report([...path, name], `${about}invalid label name: ${name}`);
      if (!isUtf8(value))
        this.report([...path, name], `${about}invalid label value: ${JSON.stringify(value)}`);
    }
  }

  private checkTemplates(
    path: (string | number)[],
    texts: LabelSet,
    template: string,
    about: string,
  ): void {
    for (const [name, text] of Object.entries(texts)) {
      if (!text.includes("{{")) continue;
      try {
        templates.parse(template, text);
      } catch (error) {
        this.report([...path, name], `${about} ${JSON.stringify(name)}: ${describeError(error)}`);
      }
    }
  }

  private checkAnnotations(path: (string | number)[], texts: LabelSet, about: string): void {
    for (const name of Object.keys(texts)) {
      if (!isUtf8(name)) this.report([...path, name], `${about}invalid annotation name: ${name}`);
    }
  }
}

function checkRecording(node: RuleNode, report: (key: string, message: string) => void): void {
  if (Object.keys(node.annotations).length > 0)
    report("annotations", "invalid field 'annotations' in recording rule");
  if (node.for) report("for", "invalid field 'for' in recording rule");
  if (node.keep_firing_for)
    report("keep_firing_for", "invalid field 'keep_firing_for' in recording rule");
  if (!isMetricName(node.record ?? ""))
    report("record", `invalid recording rule name: ${node.record}`);
}

function canonical(
  expr: string | undefined,
  report: (key: string | undefined, message: string) => void,
): string {
  if (expr === undefined || expr === "") {
    report(undefined, "field 'expr' must be set in rule");
    return "";
  }
  try {
    const { parsePromQL, formatPromQL } = parser();
    return formatPromQL(parsePromQL(expr));
  } catch (error) {
    report("expr", `could not parse expression: ${describeError(error)}`);
    return expr;
  }
}

/**
 * Reads a file of recording and alert rules in Prometheus' format. `known` is what the file said before: thousands of
 * expressions take a while to check, and most reloads are about something else.
 * @throws ConfigError with every problem and its line, in upstream's words where there are any.
 */
export function readRuleFile(path: string, known?: RuleFile): RuleFile {
  const content = readFileText(path);
  const digest = createHash("sha256").update(content).digest("base64");
  if (known?.digest === digest && known.path === path) return known;
  const { value, positions } = parseTree(path, content);
  const input = withoutNulls(value);
  const parsed = RuleFileShape.safeParse(input);
  if (!parsed.success) {
    const from = { file: { name: path, positions }, overlays: [] };
    throw new ConfigError(toProblems(parsed.error.issues, input, from, RuleFileShape));
  }
  const reader = new RuleFileReader(path, positions);
  const groups = reader.groups(parsed.data.groups);
  if (reader.problems.length > 0) throw new ConfigError(reader.problems);
  return { path, digest, groups };
}
