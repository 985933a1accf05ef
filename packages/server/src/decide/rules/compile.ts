import { Severity, type AlertRule, type AlertRuleInput } from "@fleetlight/contract";
import { formatFloat, type Expr } from "@fleetlight/promql";

import type { AlertingRuleConfig, Config } from "#config";
import { badRequest, describeError } from "#lib";

import { checkTemplate } from "../alerting/index.ts";
import type { ActiveTime, RuleDefinition } from "../types.ts";
import { queryOf, type RuleQuery, type WrittenRule } from "./forms.ts";

/** A rule as somebody wrote it, with where it came from. */
export interface RuleSource {
  input: WrittenRule;
  origin: AlertRule["origin"];
  createdAtMs: number;
  updatedAtMs: number;
}

/** A rule that is ready to be evaluated, or the reason why it is not. */
export interface CompiledRule {
  definition: RuleDefinition;
  input: WrittenRule;
  origin: AlertRule["origin"];
  enabled: boolean;
  createdAtMs: number;
  updatedAtMs: number;
  /** Undefined when the rule cannot be evaluated; `problem` says why. */
  expr: Expr | undefined;
  problem: string | null;
  guessed: boolean;
}

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

function minuteOf(time: string): number {
  const [hours = "0", minutes = "0"] = time.split(":");
  return Number(hours) * 60 + Number(minutes);
}

const activeTimeOf = ({ active_time: time }: WrittenRule): ActiveTime | null =>
  time === undefined
    ? null
    : {
        weekdays: time.weekdays.map((day) => DAYS.indexOf(day)),
        times: time.times.map(({ start, end }) => ({
          startMinute: minuteOf(start),
          endMinute: minuteOf(end),
        })),
        zone: time.zone,
      };

/** Braces in what is no template must not become one. */
const literal = (text: string): string => text.replaceAll(/\{\{/g, '{{ "{{" }}');

/** Texts of an alert whose rule names none: what was measured, and what the rule says of itself. */
function annotationsOf(
  input: WrittenRule,
  { metric, condition, threshold, query }: RuleQuery,
): Record<string, string> {
  const summary =
    condition === null || threshold === null
      ? `${literal(query)} holds, its value is {{ $value }}`
      : `${literal(metric)} is {{ $value }} (alerts when ${condition} ${formatFloat(threshold)})`;
  return {
    summary,
    ...(input.description !== "" && { description: input.description }),
    ...(input.runbook_url !== undefined && { runbook_url: input.runbook_url }),
    ...input.annotations,
  };
}

const UNKNOWN = { query: "", metric: "", condition: null, threshold: null } as const;

function definitionOf(
  { input, origin }: RuleSource,
  query: Pick<RuleQuery, "query" | "metric" | "condition" | "threshold">,
  more: { annotations: Record<string, string>; forSeconds: number },
  config: Config,
): RuleDefinition {
  const cooldownMinutes = input.cooldown_minutes ?? config.monitoring.alert_cooldown_minutes;
  return {
    id: input.id,
    name: input.name,
    description: input.description,
    origin,
    file: "",
    group: "",
    query: query.query,
    metric: query.metric,
    condition: query.condition,
    threshold: query.threshold,
    severity: input.severity,
    forMs: more.forSeconds * 1000,
    keepFiringForMs: input.keep_firing_for * 1000,
    cooldownMs: cooldownMinutes * 60_000,
    labels: {
      severity: input.severity,
      ...(input.owner !== undefined && { owner: input.owner }),
      ...input.labels,
    },
    annotations: more.annotations,
    noData: input.no_data,
    onError: input.on_error,
    activeTime: activeTimeOf(input),
  };
}

const common = ({ input, origin, createdAtMs, updatedAtMs }: RuleSource) => ({
  input,
  origin,
  enabled: input.enabled,
  createdAtMs,
  updatedAtMs,
});

/** @throws FleetlightError `bad_request` for a template that cannot be read. */
function checkTexts(input: WrittenRule, field: "labels" | "annotations"): void {
  for (const [name, text] of Object.entries(input[field])) {
    try {
      checkTemplate(text, `__alert_${input.name}`);
    } catch (error) {
      const message = describeError(error);
      throw badRequest(message, [{ path: `${field}.${name}`, message }]);
    }
  }
}

/**
 * Checks a rule and fills in every default.
 * @throws FleetlightError `bad_request` with the field and what is wrong with it.
 */
export function compileRule(source: RuleSource, config: Config): CompiledRule {
  const query = queryOf(source.input);
  const { input } = source;
  checkTexts(input, "labels");
  checkTexts(input, "annotations");
  const more = {
    annotations: annotationsOf(input, query),
    forSeconds: input.for_duration > 0 ? input.for_duration : (query.forSeconds ?? 0),
  };
  const definition = definitionOf(source, query, more, config);
  return {
    ...common(source),
    definition,
    expr: query.expr,
    problem: null,
    guessed: query.guessed,
  };
}

/** As `compileRule`, but what is wrong becomes the rule's `problem`: a file with one wrong rule must not stop the others. */
export function compileLeniently(source: RuleSource, config: Config): CompiledRule {
  try {
    return compileRule(source, config);
  } catch (error) {
    const { input } = source;
    const written = { ...UNKNOWN, metric: input.metric ?? input.expr ?? "" };
    const more = { annotations: input.annotations, forSeconds: input.for_duration };
    const definition = definitionOf(source, written, more, config);
    return {
      ...common(source),
      definition,
      expr: undefined,
      problem: describeError(error),
      guessed: false,
    };
  }
}

/** A rule of the API under the same type as one of the configuration. */
export const sourceOfInput = (
  input: AlertRuleInput,
  times: { createdAtMs: number; updatedAtMs: number },
): RuleSource => ({ input, origin: "api", ...times });

/** The severity that a rule file's labels name, a warning where they name none that we know. */
function severityOf({ severity }: Readonly<Record<string, string>>): Severity {
  const found = Severity.safeParse(severity);
  if (found.success) return found.data;
  return severity === "page" ? "critical" : "warning";
}

/** An alert rule of a rule file; `id` is unique among those of the files. */
export const definitionOfFile = (
  rule: AlertingRuleConfig,
  { id, file, group, cooldownMs }: { id: string; file: string; group: string; cooldownMs: number },
): RuleDefinition => ({
  id,
  name: rule.name,
  description: rule.annotations["description"] ?? "",
  origin: "file",
  file,
  group,
  query: rule.query,
  metric: "",
  condition: null,
  threshold: null,
  severity: severityOf(rule.labels),
  forMs: rule.forMs,
  keepFiringForMs: rule.keepFiringForMs,
  cooldownMs,
  labels: rule.labels,
  annotations: rule.annotations,
  noData: "ok",
  onError: "keep",
  activeTime: null,
});
