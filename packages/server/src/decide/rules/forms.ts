import type { Condition, RuleCondition } from "@fleetlight/contract";
import { formatFloat, formatPromQL, parsePromQL, typeOf, type Expr } from "@fleetlight/promql";

import type { Config } from "#config";
import { badRequest, describeError, parseSelector } from "#lib";

import { METRIC_OF_RULE } from "./builtin.ts";

/** A rule as it is written, in the configuration or in the API. */
export type WrittenRule = Config["alerting"]["rules"][string] & { id: string };

/** What a rule is about, whatever form it was written in. */
export interface RuleQuery {
  /** PromQL in its canonical form. */
  query: string;
  expr: Expr;
  /** What is compared, with what; empty, null and null where the rule is no single comparison. */
  metric: string;
  condition: Condition | null;
  threshold: number | null;
  /** True when the metric was taken from the rule's id, which may be a guess. */
  guessed: boolean;
  /** How long the form itself says that the condition must hold, in seconds. */
  forSeconds: number | undefined;
}

/** Labels by which series of several conditions belong together, when the rule names none. */
const MATCHING_LABELS = ["service", "instance"];

const PER_SECONDS = { second: 1, minute: 60, hour: 3600, day: 86_400 } as const;

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const COUNTER = /_(?:total|count|sum|bucket)$/;

const refuse = (path: string, message: string): Error => badRequest(message, [{ path, message }]);

/** @throws FleetlightError `bad_request` when the text is no expression that gives series or a number. */
function parse(text: string, path: string): Expr {
  let expr: Expr;
  try {
    expr = parsePromQL(text);
  } catch (error) {
    throw refuse(path, `could not parse expression: ${describeError(error)}`);
  }
  const type = typeOf(expr);
  if (type === "vector" || type === "scalar") return expr;
  throw refuse(path, `a rule needs an expression that gives series, this one gives a ${type}`);
}

/** @throws FleetlightError `bad_request` when the text is no instant selector. */
function selectorText(metric: string, path: string): string {
  try {
    parseSelector(metric);
  } catch (error) {
    throw refuse(path, describeError(error));
  }
  return formatPromQL(parse(metric, path));
}

/** Whether the expression may stand before an operator as it is. */
const isOperand = (expr: Expr): boolean =>
  ["vector", "call", "aggregate", "paren", "number"].includes(expr.kind);

const operand = (text: string, path: string): string => {
  const expr = parse(text, path);
  return isOperand(expr) ? formatPromQL(expr) : `(${formatPromQL(expr)})`;
};

const compared = (left: string, condition: Condition, threshold: number): string =>
  `${left} ${condition} ${formatFloat(threshold)}`;

const written = (query: string, path: string): Pick<RuleQuery, "query" | "expr"> => {
  const expr = parse(query, path);
  return { query: formatPromQL(expr), expr };
};

const NO_COMPARISON = {
  metric: "",
  condition: null,
  threshold: null,
  guessed: false,
  forSeconds: undefined,
} as const;

function needs<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw refuse(name, `a rule on a metric needs a ${name}`);
  return value;
}

interface Measured {
  metric: string;
  guessed: boolean;
  path: "metric" | "expr";
}

/** @throws FleetlightError `bad_request` when the rule does not say what it is about. */
function measuredOf({ id, metric, expr }: WrittenRule): Measured {
  if (metric !== undefined && expr !== undefined && metric !== expr)
    throw refuse("expr", "metric and expr are two names for the same thing: give one of them");
  const path = metric === undefined && expr !== undefined ? "expr" : "metric";
  const given = metric ?? expr;
  if (given !== undefined) return { metric: given, guessed: false, path };
  const known = METRIC_OF_RULE[id];
  if (known !== undefined) return { metric: known, guessed: false, path };
  if (METRIC_NAME.test(id)) return { metric: id, guessed: true, path };
  throw refuse(
    "metric",
    `the rule names no metric, and its id ${JSON.stringify(id)} cannot be the name of one: give it a metric`,
  );
}

function simple(rule: WrittenRule): RuleQuery {
  const { condition, threshold } = rule;
  if (rule.expr !== undefined && condition === undefined && threshold === undefined)
    return { ...NO_COMPARISON, ...written(rule.expr, "expr") };
  const { metric, guessed, path } = measuredOf(rule);
  const comparison = {
    condition: needs(condition, "condition"),
    threshold: needs(threshold, "threshold"),
  };
  const left = path === "metric" ? selectorText(metric, path) : operand(metric, path);
  const query = compared(left, comparison.condition, comparison.threshold);
  return { ...written(query, path), ...comparison, metric, guessed, forSeconds: undefined };
}

function one({ metric, expr, condition, threshold }: RuleCondition, path: string): string {
  if ((metric === undefined) === (expr === undefined))
    throw refuse(path, "a condition needs either a metric or an expr");
  const left =
    metric === undefined
      ? operand(expr ?? "", `${path}.expr`)
      : selectorText(metric, `${path}.metric`);
  return compared(left, condition, threshold);
}

function several({ all = [], any = [], on = MATCHING_LABELS }: WrittenRule): RuleQuery {
  const matching = ` on (${on.join(", ")}) `;
  const join = (list: RuleCondition[], name: string, operator: string): string =>
    list
      .map((condition, at) => `(${one(condition, `${name}.${at}`)})`)
      .join(` ${operator}${matching}`);
  const parts = [
    ...(all.length > 0 ? [join(all, "all", "and")] : []),
    ...(any.length > 0 ? [join(any, "any", "or")] : []),
  ];
  const query = parts.length > 1 ? parts.map((part) => `(${part})`).join(` and${matching}`) : parts;
  return { ...NO_COMPARISON, ...written(String(query), all.length > 0 ? "all" : "any") };
}

function absent({ metric, for: seconds }: NonNullable<WrittenRule["absent"]>): RuleQuery {
  const query = `absent(${selectorText(metric, "absent.metric")})`;
  return { ...NO_COMPARISON, ...written(query, "absent"), forSeconds: seconds };
}

function rateOfChange(rate: NonNullable<WrittenRule["rate_of_change"]>): RuleQuery {
  const { metric, window, per, condition, threshold } = rate;
  const path = "rate_of_change.metric";
  const text = selectorText(metric, path);
  const isCounter = rate.counter ?? COUNTER.test(parseSelector(metric).metric ?? "");
  const change = `${isCounter ? "rate" : "deriv"}(${text}[${Math.round(window * 1000)}ms])`;
  const scaled = per === "second" ? change : `${change} * ${PER_SECONDS[per]}`;
  const query = compared(scaled, condition, threshold);
  const { expr } = written(scaled, path);
  const shown = formatPromQL(expr);
  return { ...NO_COMPARISON, ...written(query, path), metric: shown, condition, threshold };
}

const FORMS = ["several conditions", "absent", "rate_of_change"] as const;

/**
 * PromQL for a rule in any form.
 * @throws FleetlightError `bad_request` with the field and what is wrong with it.
 */
export function queryOf(rule: WrittenRule): RuleQuery {
  const isSeveral = rule.all !== undefined || rule.any !== undefined;
  const given = [isSeveral, rule.absent !== undefined, rule.rate_of_change !== undefined];
  const names = FORMS.filter((_, at) => given[at]);
  const isSimple = rule.metric !== undefined || rule.expr !== undefined;
  if (names.length + Number(isSimple) > 1) {
    const all = [...(isSimple ? ["metric or expr"] : []), ...names];
    throw refuse("metric", `a rule is about one thing, this one says ${all.join(" and ")}`);
  }
  if (isSeveral) return several(rule);
  if (rule.absent !== undefined) return absent(rule.absent);
  if (rule.rate_of_change !== undefined) return rateOfChange(rule.rate_of_change);
  return simple(rule);
}
