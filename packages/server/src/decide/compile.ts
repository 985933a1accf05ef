import type { AlertRule, AlertRuleInput } from "@fleetlight/contract";
import type { Config } from "#config";
import { badRequest, describeError, parseSelector, type Selector } from "#lib";

import { METRIC_OF_RULE } from "./builtin.ts";
import type { RuleDefinition } from "./types.ts";

type ConfigRule = Config["alerting"]["rules"][string];

/** A rule as somebody wrote it, with where it came from. */
export interface RuleSource {
  input: ConfigRule & { id: string };
  origin: AlertRule["origin"];
  createdAtMs: number;
  updatedAtMs: number;
}

/** A rule that is ready to be evaluated, or the reason why it is not. */
export interface CompiledRule {
  definition: RuleDefinition;
  origin: AlertRule["origin"];
  enabled: boolean;
  createdAtMs: number;
  updatedAtMs: number;
  /** Undefined when the rule cannot be evaluated; `problem` says why. */
  selector: Selector | undefined;
  problem: string | null;
  /** True when the metric was taken from the rule's id, which may be a guess. */
  guessed: boolean;
}

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** Anything of PromQL that an instant selector cannot have outside of its quotes. */
const LOOKS_LIKE_EXPRESSION = /[-+*/%^()[\]@<>]|\b(?:by|without|offset|and|or|unless|bool)\b/;

const withoutStrings = (text: string): string =>
  text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g, "");

interface MetricOfRule {
  metric: string;
  guessed: boolean;
}

/** @throws FleetlightError `bad_request` when the rule does not say what it is about. */
function metricOf(input: RuleSource["input"]): MetricOfRule {
  const { id, metric, expr } = input;
  if (metric !== undefined && expr !== undefined && metric !== expr) {
    const message = "metric and expr are two names for the same thing: give one of them";
    throw badRequest(message, [{ path: "expr", message }]);
  }
  const given = metric ?? expr;
  if (given !== undefined) return { metric: given, guessed: false };
  const known = METRIC_OF_RULE[id];
  if (known !== undefined) return { metric: known, guessed: false };
  if (METRIC_NAME.test(id)) return { metric: id, guessed: true };
  const message = `the rule names no metric, and its id ${JSON.stringify(id)} cannot be the name of one: give it a metric`;
  throw badRequest(message, [{ path: "metric", message }]);
}

/** @throws FleetlightError `bad_request` when the text is no instant selector. */
function selectorOf(metric: string, path: "metric" | "expr"): Selector {
  try {
    return parseSelector(metric);
  } catch (error) {
    const message = LOOKS_LIKE_EXPRESSION.test(withoutStrings(metric))
      ? `a rule takes a metric name or a selector such as http_errors{job="api"}; PromQL expressions come with the query engine: give metric, condition and threshold`
      : describeError(error);
    throw badRequest(message, [{ path, message }]);
  }
}

/**
 * Checks a rule and fills in every default.
 * @throws FleetlightError `bad_request` with the field and what is wrong with it.
 */
export function compileRule(source: RuleSource, config: Config): CompiledRule {
  const { metric, guessed } = metricOf(source.input);
  const path =
    source.input.metric === undefined && source.input.expr !== undefined ? "expr" : "metric";
  return { ...describeRule(source, metric, config), selector: selectorOf(metric, path), guessed };
}

/** As `compileRule`, but what is wrong becomes the rule's `problem`: a file with one wrong rule must not stop the others. */
export function compileLeniently(source: RuleSource, config: Config): CompiledRule {
  try {
    return compileRule(source, config);
  } catch (error) {
    const written = source.input.metric ?? source.input.expr ?? "";
    return { ...describeRule(source, written, config), problem: describeError(error) };
  }
}

function describeRule(
  { input, ...source }: RuleSource,
  metric: string,
  config: Config,
): CompiledRule {
  const cooldownMinutes = input.cooldown_minutes ?? config.monitoring.alert_cooldown_minutes;
  return {
    definition: {
      id: input.id,
      name: input.name,
      description: input.description,
      metric,
      condition: input.condition,
      threshold: input.threshold,
      severity: input.severity,
      forMs: input.for_duration * 1000,
      cooldownMs: cooldownMinutes * 60_000,
      labels: input.labels,
      annotations: input.annotations,
    },
    ...source,
    enabled: input.enabled,
    selector: undefined,
    problem: null,
    guessed: false,
  };
}

/** A rule of the API under the same type as one of the configuration. */
export const sourceOfInput = (
  input: AlertRuleInput,
  times: { createdAtMs: number; updatedAtMs: number },
): RuleSource => ({ input, origin: "api", ...times });
