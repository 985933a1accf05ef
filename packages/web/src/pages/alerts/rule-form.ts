import type { AlertRule, AlertRuleInput, AlertRulePatch, Severity } from "@fleetlight/contract";
import { satisfies } from "@fleetlight/contract/condition";

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

/** The fields of the form as they are typed. */
export interface RuleForm {
  id: string;
  name: string;
  description: string;
  metric: string;
  condition: ConditionSymbol;
  threshold: string;
  severity: Severity;
  /** Seconds. */
  for: string;
  /** Minutes; empty leaves it to the configuration. */
  cooldown: string;
  enabled: boolean;
}

export const emptyForm = (metric = ""): RuleForm => ({
  id: "",
  name: "",
  description: "",
  metric,
  condition: ">",
  threshold: "",
  severity: "warning",
  for: "0",
  cooldown: "",
  enabled: true,
});

export const formOf = (rule: AlertRule): RuleForm => ({
  id: rule.id,
  name: rule.name,
  description: rule.description,
  metric: rule.metric,
  condition: rule.condition,
  threshold: String(rule.threshold),
  severity: rule.severity,
  for: String(rule.for_duration),
  cooldown: String(rule.cooldown_minutes),
  enabled: rule.enabled,
});

/** A number as typed, or null when it is none. */
export const numberOf = (text: string): number | null => {
  const trimmed = text.trim();
  const value = Number(trimmed);
  return trimmed === "" || !Number.isFinite(value) ? null : value;
};

const shared = (form: RuleForm): AlertRulePatch => ({
  name: form.name.trim(),
  description: form.description.trim(),
  metric: form.metric.trim(),
  condition: form.condition,
  threshold: numberOf(form.threshold) ?? Number.NaN,
  severity: form.severity,
  for_duration: numberOf(form.for) ?? 0,
  enabled: form.enabled,
});

/** The request that creates the rule. */
export const toRuleInput = (form: RuleForm): Partial<AlertRuleInput> => {
  const cooldown = numberOf(form.cooldown);
  return {
    id: form.id.trim() || slug(form.name),
    ...shared(form),
    ...(cooldown !== null && { cooldown_minutes: cooldown }),
  } as Partial<AlertRuleInput>;
};

/** The request that changes the rule: only the fields that differ. */
export const toRulePatch = (form: RuleForm, rule: AlertRule): AlertRulePatch => {
  const next: AlertRulePatch = {
    ...shared(form),
    cooldown_minutes: numberOf(form.cooldown) ?? rule.cooldown_minutes,
  };
  return Object.fromEntries(
    Object.entries(next).filter(([name, value]) => rule[name as keyof AlertRule] !== value),
  );
};

/** Whether a value meets the condition, as the server would decide it. */
export const holds = (
  value: number | null,
  condition: ConditionSymbol,
  threshold: number,
): boolean => value !== null && satisfies(value, condition, threshold);

/** A rule in one line: `probe_duration_seconds > 1 s for 1 min`. */
export const conditionText = (
  rule: Pick<AlertRule, "metric" | "condition" | "threshold" | "for_duration">,
): string => {
  const unit = unitOf(parseSelector(rule.metric)?.name ?? rule.metric);
  const lasting = rule.for_duration > 0 ? ` for ${formatDuration(rule.for_duration * 1000)}` : "";
  return `${rule.metric} ${rule.condition} ${formatValue(rule.threshold, unit)}${lasting}`;
};
