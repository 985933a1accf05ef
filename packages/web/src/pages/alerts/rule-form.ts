import type {
  ActiveTime,
  AlertRule,
  AlertRuleInput,
  AlertRulePatch,
  RuleCondition,
  Severity,
} from "@fleetlight/contract";

import { parseSelector } from "../../format/selector.ts";
import { slug } from "../../format/slug.ts";
import { formatDuration } from "../../format/time.ts";
import { formatValue, unitOf } from "../../format/units.ts";

/** Conditions as symbols with the words they are read as. */
export const CONDITIONS = [
  { value: ">", label: "> over" },
  { value: ">=", label: "≥ at or over" },
  { value: "<", label: "< under" },
  { value: "<=", label: "≤ at or under" },
  { value: "==", label: "= exactly" },
  { value: "!=", label: "≠ anything but" },
] as const;

export type ConditionSymbol = (typeof CONDITIONS)[number]["value"];

/** The ways in which a rule is written. */
export const KINDS = [
  { value: "metric", label: "Metric" },
  { value: "expr", label: "PromQL" },
  { value: "several", label: "Several" },
  { value: "absent", label: "Absent" },
  { value: "change", label: "Rate of change" },
] as const;
export type RuleKind = (typeof KINDS)[number]["value"];

export type Policy = "ok" | "keep" | "alert";
export type Weekday = ActiveTime["weekdays"][number];
export const WEEKDAYS: readonly (readonly [Weekday, string])[] = [
  ["mon", "Mon"],
  ["tue", "Tue"],
  ["wed", "Wed"],
  ["thu", "Thu"],
  ["fri", "Fri"],
  ["sat", "Sat"],
  ["sun", "Sun"],
];

/** One of several conditions; `what` is a metric or an expression. */
export interface TypedCondition {
  what: string;
  condition: ConditionSymbol;
  threshold: string;
}

/** A name and its text, as a row. */
export interface Pair {
  name: string;
  text: string;
}

/** The fields of the form as they are typed. Durations are seconds unless they say otherwise. */
export interface RuleForm {
  kind: RuleKind;
  id: string;
  name: string;
  description: string;
  metric: string;
  condition: ConditionSymbol;
  threshold: string;
  expr: string;
  conditions: TypedCondition[];
  combine: "all" | "any";
  /** Label names with commas; empty leaves it to the server. */
  on: string;
  absentMetric: string;
  absentFor: string;
  changeMetric: string;
  changeWindow: string;
  changePer: "second" | "minute" | "hour" | "day";
  severity: Severity;
  for: string;
  keepFiring: string;
  /** Minutes; empty leaves it to the configuration. */
  cooldown: string;
  enabled: boolean;
  labels: Pair[];
  annotations: Pair[];
  runbook: string;
  owner: string;
  /** Whether the rule holds only at some hours. */
  timed: boolean;
  weekdays: Weekday[];
  start: string;
  end: string;
  zone: string;
  noData: Policy;
  onError: Policy;
}

const emptyCondition = (): TypedCondition => ({ what: "", condition: ">", threshold: "" });

export const emptyForm = (metric = ""): RuleForm => ({
  kind: metric === "" || parseSelector(metric) !== null ? "metric" : "expr",
  id: "",
  name: "",
  description: "",
  metric,
  condition: ">",
  threshold: "",
  expr: parseSelector(metric) === null ? metric : "",
  conditions: [emptyCondition(), emptyCondition()],
  combine: "all",
  on: "",
  absentMetric: "",
  absentFor: "300",
  changeMetric: "",
  changeWindow: "300",
  changePer: "second",
  severity: "warning",
  for: "0",
  keepFiring: "0",
  cooldown: "",
  enabled: true,
  labels: [],
  annotations: [{ name: "summary", text: "" }],
  runbook: "",
  owner: "",
  timed: false,
  weekdays: ["mon", "tue", "wed", "thu", "fri"],
  start: "09:00",
  end: "17:00",
  zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC",
  noData: "ok",
  onError: "keep",
});

const pairs = (texts: Record<string, string>): Pair[] =>
  Object.entries(texts).map(([name, text]) => ({ name, text }));

const kindOf = (rule: AlertRule): RuleKind => {
  if (rule.absent !== undefined) return "absent";
  if (rule.rate_of_change !== undefined) return "change";
  if (rule.all !== undefined || rule.any !== undefined) return "several";
  return rule.expr === undefined ? "metric" : "expr";
};

const typed = (condition: RuleCondition): TypedCondition => ({
  what: condition.metric ?? condition.expr ?? "",
  condition: condition.condition,
  threshold: String(condition.threshold),
});

/** An expression with the comparison that may stand beside it, as one text. */
const exprOf = ({ expr = "", condition, threshold }: AlertRule): string =>
  condition === null || threshold === null ? expr : `(${expr}) ${condition} ${threshold}`;

const timeOf = (active: ActiveTime | undefined): Partial<RuleForm> => {
  if (active === undefined) return {};
  const [hours] = active.times;
  return {
    timed: true,
    weekdays: active.weekdays,
    zone: active.zone,
    ...(hours !== undefined && { start: hours.start, end: hours.end }),
  };
};

const formOfKind = (rule: AlertRule, kind: RuleKind): Partial<RuleForm> => {
  const { absent, rate_of_change: change } = rule;
  if (kind === "absent" && absent !== undefined)
    return { absentMetric: absent.metric, absentFor: String(absent.for) };
  if (kind === "change" && change !== undefined)
    return {
      changeMetric: change.metric,
      changeWindow: String(change.window),
      changePer: change.per,
      condition: change.condition,
      threshold: String(change.threshold),
    };
  if (kind === "several")
    return {
      combine: rule.all === undefined ? "any" : "all",
      conditions: (rule.all ?? rule.any ?? []).map(typed),
      on: (rule.on ?? []).join(", "),
    };
  if (kind === "expr") return { expr: exprOf(rule) };
  return {
    metric: rule.metric,
    condition: rule.condition ?? ">",
    threshold: rule.threshold === null ? "" : String(rule.threshold),
  };
};

/** Several hours a day, or both `all` and `any`, are more than the form can show; such a rule is changed by API. */
export const fitsForm = (rule: AlertRule): boolean =>
  (rule.active_time?.times.length ?? 0) <= 1 &&
  (rule.all === undefined || rule.any === undefined) &&
  rule.rate_of_change?.counter === undefined;

export const formOf = (rule: AlertRule): RuleForm => {
  const kind = kindOf(rule);
  return {
    ...emptyForm(),
    kind,
    id: rule.id,
    name: rule.name,
    description: rule.description,
    ...formOfKind(rule, kind),
    severity: rule.severity,
    for: String(rule.for_duration),
    keepFiring: String(rule.keep_firing_for),
    cooldown: String(rule.cooldown_minutes),
    enabled: rule.enabled,
    labels: pairs(rule.labels),
    annotations: pairs(rule.annotations),
    runbook: rule.runbook_url ?? "",
    owner: rule.owner ?? "",
    ...timeOf(rule.active_time),
    noData: rule.no_data,
    onError: rule.on_error,
  };
};

/** A number as typed, or null when it is none. */
export const numberOf = (text: string): number | null => {
  const trimmed = text.trim();
  const value = Number(trimmed);
  return trimmed === "" || !Number.isFinite(value) ? null : value;
};

const number = (text: string): number => numberOf(text) ?? Number.NaN;

const record = (all: readonly Pair[]): Record<string, string> =>
  Object.fromEntries(
    all
      .filter(({ name, text }) => name.trim() !== "" && text !== "")
      .map(({ name, text }) => [name.trim(), text]),
  );

const condition = ({ what, condition: symbol, threshold }: TypedCondition): RuleCondition => {
  const text = what.trim();
  const compared = { condition: symbol, threshold: number(threshold) };
  return parseSelector(text) === null ? { expr: text, ...compared } : { metric: text, ...compared };
};

type Matter = Pick<
  AlertRulePatch,
  "metric" | "expr" | "condition" | "threshold" | "all" | "any" | "on" | "absent" | "rate_of_change"
>;

const matterOf = (form: RuleForm): Matter => {
  const compared = { condition: form.condition, threshold: number(form.threshold) };
  if (form.kind === "expr") return { expr: form.expr.trim() };
  if (form.kind === "absent")
    return { absent: { metric: form.absentMetric.trim(), for: number(form.absentFor) } };
  if (form.kind === "change")
    return {
      rate_of_change: {
        metric: form.changeMetric.trim(),
        window: number(form.changeWindow),
        per: form.changePer,
        ...compared,
      },
    };
  if (form.kind === "several") {
    const conditions = form.conditions.filter(({ what }) => what.trim() !== "").map(condition);
    const on = form.on.split(/[\s,]+/).filter(Boolean);
    return { [form.combine]: conditions, ...(on.length > 0 && { on }) };
  }
  return { metric: form.metric.trim(), ...compared };
};

const sharedOf = (form: RuleForm) => ({
  name: form.name.trim(),
  description: form.description.trim(),
  severity: form.severity,
  for_duration: numberOf(form.for) ?? 0,
  keep_firing_for: numberOf(form.keepFiring) ?? 0,
  enabled: form.enabled,
  labels: record(form.labels),
  annotations: record(form.annotations),
  no_data: form.noData,
  on_error: form.onError,
});

const timeInput = (form: RuleForm): ActiveTime => ({
  weekdays: form.weekdays,
  times: [{ start: form.start, end: form.end }],
  zone: form.zone.trim(),
});

/** The request that creates the rule. */
export const toRuleInput = (form: RuleForm): Partial<AlertRuleInput> => {
  const cooldown = numberOf(form.cooldown);
  return {
    id: form.id.trim() || slug(form.name),
    ...sharedOf(form),
    ...matterOf(form),
    ...(cooldown !== null && { cooldown_minutes: cooldown }),
    ...(form.runbook.trim() !== "" && { runbook_url: form.runbook.trim() }),
    ...(form.owner.trim() !== "" && { owner: form.owner.trim() }),
    ...(form.timed && { active_time: timeInput(form) }),
  } as Partial<AlertRuleInput>;
};

const MATTER = [
  "metric",
  "expr",
  "condition",
  "threshold",
  "all",
  "any",
  "on",
  "absent",
  "rate_of_change",
] as const satisfies (keyof Matter)[];

const same = (a: unknown, b: unknown): boolean =>
  JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** What a rule is about is sent as a whole when any of it changed: the parts of the old form are taken away. */
const matterPatch = (form: RuleForm, rule: AlertRule): Matter => {
  const before = matterOf(formOf(rule));
  const next = matterOf(form);
  if (same(before, next)) return {};
  if (form.kind === "metric" && kindOf(rule) === "metric") {
    const changed = Object.entries(next).filter(
      ([name, value]) => !same(before[name as keyof Matter], value),
    );
    return Object.fromEntries(changed) as Matter;
  }
  const removed = MATTER.filter((name) => next[name] === undefined).map((name) => [name, null]);
  return { ...(Object.fromEntries(removed) as Matter), ...next };
};

/** The request that changes the rule: only the fields that differ. */
export const toRulePatch = (form: RuleForm, rule: AlertRule): AlertRulePatch => {
  const optional = {
    runbook_url: form.runbook.trim() === "" ? null : form.runbook.trim(),
    owner: form.owner.trim() === "" ? null : form.owner.trim(),
    active_time: form.timed ? timeInput(form) : null,
  };
  const next: AlertRulePatch = {
    ...sharedOf(form),
    ...optional,
    cooldown_minutes: numberOf(form.cooldown) ?? rule.cooldown_minutes,
  };
  const changed = Object.entries(next).filter(
    ([name, value]) => !same(rule[name as keyof AlertRule], value),
  );
  return { ...(Object.fromEntries(changed) as AlertRulePatch), ...matterPatch(form, rule) };
};

/** Whether a form says enough to be tried. */
export const isWhole = (form: RuleForm): boolean => {
  if (form.kind === "expr") return form.expr.trim() !== "";
  if (form.kind === "absent") return form.absentMetric.trim() !== "";
  const threshold = numberOf(form.threshold) !== null;
  if (form.kind === "change") return form.changeMetric.trim() !== "" && threshold;
  if (form.kind === "metric") return form.metric.trim() !== "" && threshold;
  const begun = form.conditions.filter(({ what }) => what.trim() !== "");
  return begun.length > 0 && begun.every((one) => numberOf(one.threshold) !== null);
};

/** A rule in one line: `probe_duration_seconds > 1 s for 1 min`. */
export const conditionText = (
  rule: Pick<AlertRule, "metric" | "condition" | "threshold" | "for_duration" | "query">,
): string => {
  const { metric, condition: symbol, threshold } = rule;
  const lasting = rule.for_duration > 0 ? ` for ${formatDuration(rule.for_duration * 1000)}` : "";
  if (symbol === null || threshold === null || metric === "") return `${rule.query}${lasting}`;
  const unit = unitOf(parseSelector(metric)?.name ?? metric);
  return `${metric} ${symbol} ${formatValue(threshold, unit)}${lasting}`;
};
