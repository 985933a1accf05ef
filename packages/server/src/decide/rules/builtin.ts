import type { AlertRuleInput } from "@fleetlight/contract";

import { FAILING_METRIC } from "../live/index.ts";

/** State of a service after damping, written by the health checks: 0 unhealthy, 1 degraded, 2 healthy. */
const SERVICE_STATUS = "fleetlight_service_status";

/** State of a budget, written by the fleet's room for budgets: 1 the share for a warning is spent, 2 all of it is. */
const BUDGET_STATE = "fleetlight_budget_state";

const DEFAULTS = {
  enabled: true,
  for_duration: 0,
  keep_firing_for: 0,
  no_data: "ok",
  on_error: "keep",
  labels: {},
  annotations: {},
} as const;

/** Rules that are in force unless `alerting.builtin_rules` is false; a rule of the configuration with the same id replaces one. */
export const BUILTIN_RULES: readonly AlertRuleInput[] = [
  {
    id: "service_down",
    name: "Service down",
    description: "The service does not answer its health checks, or answers that it is not well.",
    metric: SERVICE_STATUS,
    condition: "==",
    threshold: 0,
    severity: "critical",
    ...DEFAULTS,
    cooldown_minutes: 1,
  },
  {
    id: "rule_evaluation_failing",
    name: "RuleEvaluationFailing",
    description: "An alert rule cannot be evaluated, so that nobody is told of what it is about.",
    metric: FAILING_METRIC,
    condition: "==",
    threshold: 1,
    severity: "high",
    ...DEFAULTS,
    for_duration: 60,
    cooldown_minutes: 60,
    annotations: { summary: "The rule {{ $labels.rule_name }} ({{ $labels.rule_id }}) fails" },
  },
  {
    id: "budget_nearly_spent",
    name: "BudgetNearlySpent",
    description: "The share of a budget is spent at which it warns.",
    metric: BUDGET_STATE,
    condition: "==",
    threshold: 1,
    severity: "warning",
    ...DEFAULTS,
    cooldown_minutes: 60,
    annotations: {
      summary:
        "The budget {{ $labels.budget_name }} is nearly spent{{ if $labels.subject }} by {{ $labels.per }} {{ $labels.subject }}{{ end }}",
    },
  },
  {
    id: "budget_spent",
    name: "BudgetSpent",
    description: "A budget is spent: agents that ask at a checkpoint are told to stop.",
    metric: BUDGET_STATE,
    condition: "==",
    threshold: 2,
    severity: "high",
    ...DEFAULTS,
    cooldown_minutes: 60,
    annotations: {
      summary:
        "The budget {{ $labels.budget_name }} is spent{{ if $labels.subject }} by {{ $labels.per }} {{ $labels.subject }}{{ end }}",
    },
  },
];

/** What the rules of the systems that Fleetlight replaces are about; their configurations name no metric. */
export const METRIC_OF_RULE: Readonly<Record<string, string>> = {
  cpu_high: "monitoring_cpu_usage_percent",
  high_cpu_usage: "monitoring_cpu_usage_percent",
  memory_high: "monitoring_memory_usage_percent",
  high_memory_usage: "monitoring_memory_usage_percent",
  disk_high: "monitoring_disk_usage_percent",
  high_disk_usage: "monitoring_disk_usage_percent",
  service_down: SERVICE_STATUS,
};
