import type { Budget, BudgetInput, BudgetPer, BudgetPeriod } from "@fleetlight/contract";

/** The form as it stands on the screen; numbers are texts while they are typed. */
export interface BudgetForm {
  name: string;
  per: BudgetPer;
  only: string;
  unit: "usd" | "tokens";
  limit: string;
  period: BudgetPeriod;
  warnPercent: string;
  stops: boolean;
  enabled: boolean;
  by: string;
  reason: string;
}

export const PERS: { value: BudgetPer; label: string }[] = [
  { value: "fleet", label: "The whole fleet together" },
  { value: "agent", label: "Agents" },
  { value: "conversation", label: "Conversations" },
  { value: "user", label: "Users" },
  { value: "workflow", label: "Workflows" },
];

export const PERIODS: { value: BudgetPeriod; label: string }[] = [
  { value: "hour", label: "Hour" },
  { value: "day", label: "Day" },
  { value: "week", label: "Week, from Monday" },
  { value: "month", label: "Month" },
  { value: "total", label: "All time" },
];

export const emptyBudget = (by: string): BudgetForm => ({
  name: "",
  per: "agent",
  only: "",
  unit: "usd",
  limit: "",
  period: "day",
  warnPercent: "80",
  stops: true,
  enabled: true,
  by,
  reason: "",
});

export const budgetFormOf = (budget: Budget, by: string): BudgetForm => ({
  name: budget.name,
  per: budget.per,
  only: budget.only ?? "",
  unit: budget.unit,
  limit: String(budget.limit),
  period: budget.period,
  warnPercent: String(Math.round(budget.warn_at * 100)),
  stops: budget.at_limit === "stop",
  enabled: budget.enabled,
  by,
  reason: "",
});

export type BudgetProblems = Partial<Record<"name" | "limit" | "warnPercent", string>>;

export function problemsOf({ name, limit, warnPercent }: BudgetForm): BudgetProblems {
  const problems: BudgetProblems = {};
  if (name.trim() === "") problems.name = "Give it a name";
  if (!(Number(limit) > 0) || !Number.isFinite(Number(limit)))
    problems.limit = "A number above zero";
  const percent = Number(warnPercent);
  if (!(percent >= 1 && percent <= 100)) problems.warnPercent = "1 to 100";
  return problems;
}

export const toBudgetInput = (form: BudgetForm): BudgetInput => ({
  name: form.name.trim(),
  per: form.per,
  ...(form.per !== "fleet" && form.only.trim() !== "" && { only: form.only.trim() }),
  unit: form.unit,
  limit: Number(form.limit),
  period: form.period,
  warn_at: Number(form.warnPercent) / 100,
  at_limit: form.stops ? "stop" : "alert",
  enabled: form.enabled,
  ...(form.by.trim() !== "" && { by: form.by.trim() }),
  reason: form.reason.trim(),
});
