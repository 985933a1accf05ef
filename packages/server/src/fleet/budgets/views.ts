import type { Budget, Checkpoint, Spending } from "@fleetlight/contract";

import { isoTime } from "#lib";
import type { StoredSpending, StoredStop } from "#store";

import type { BudgetAccounts } from "./ledger.ts";
import { periodEndMs, periodStartMs } from "./periods.ts";
import { RUNAWAY } from "./stops.ts";

/** Subjects of one budget that a list shows. */
const MAX_SHOWN = 100;

/** Cents of cents that adding up leaves are nobody's. */
const exact = (value: number): number => Math.round(value * 1e9) / 1e9;

export const spendingView = (of: BudgetAccounts, spent: StoredSpending): Spending => ({
  subject: spent.subject,
  spent: exact(of.amountOf(spent)),
  share: exact(of.amountOf(spent) / of.budget.budget.limit),
  state: of.stateOf(spent),
  tokens: spent.tokens,
  cost_usd: exact(spent.costUsd),
  calls: spent.calls,
  unpriced_calls: spent.unpricedCalls,
});

const startOf = (startMs: number): string | null => (startMs === 0 ? null : isoTime(startMs));

const resetsAt = (of: BudgetAccounts, startMs: number): string | null => {
  const endMs = periodEndMs(of.budget.budget.period, startMs);
  return endMs === null ? null : isoTime(endMs);
};

/** Those who spent most of it, in the current period. */
export function topAccounts(of: BudgetAccounts, nowMs: number, limit: number): StoredSpending[] {
  const startMs = periodStartMs(of.budget.budget.period, nowMs);
  const top: StoredSpending[] = [];
  let least = Number.NEGATIVE_INFINITY;
  for (const account of of.accounts.values()) {
    if (account.periodStartMs !== startMs) continue;
    const amountOfOne = of.amountOf(account);
    if (top.length >= limit && amountOfOne <= least) continue;
    // Sorting all of many thousands, again and again, would cost more than keeping the best in order.
    const before = top.findIndex((one) => of.amountOf(one) < amountOfOne);
    top.splice(before === -1 ? top.length : before, 0, account);
    if (top.length > limit) top.pop();
    least = of.amountOf(top.at(-1) ?? account);
  }
  // One subject, or the fleet, is shown although it has spent nothing.
  const { per, only } = of.budget.budget;
  if (top.length === 0 && (per === "fleet" || only !== undefined))
    return [of.account(only ?? "", nowMs)];
  return top;
}

export function budgetView(of: BudgetAccounts, nowMs: number): Budget {
  const { budget, origin, countedSinceMs, createdAtMs, updatedAtMs } = of.budget;
  const startMs = periodStartMs(budget.period, nowMs);
  return {
    id: budget.id,
    name: budget.name,
    per: budget.per,
    only: budget.only ?? null,
    unit: budget.unit,
    limit: budget.limit,
    period: budget.period,
    warn_at: budget.warn_at,
    at_limit: budget.at_limit,
    enabled: budget.enabled,
    origin,
    period_start: startOf(startMs),
    resets_at: resetsAt(of, startMs),
    counted_since: countedSinceMs === null ? null : isoTime(Math.max(countedSinceMs, startMs)),
    spending: topAccounts(of, nowMs, MAX_SHOWN).map((one) => spendingView(of, one)),
    subjects: [...of.accounts.values()].filter((one) => one.periodStartMs === startMs).length,
    created_at: isoTime(createdAtMs),
    updated_at: isoTime(updatedAtMs),
  };
}

export function checkpointBudget(
  of: BudgetAccounts,
  subject: string,
  nowMs: number,
): Checkpoint["budgets"][number] {
  const { budget } = of.budget;
  const account = of.account(subject, nowMs);
  const { spent, share, state, unpriced_calls } = spendingView(of, account);
  return {
    id: budget.id,
    name: budget.name,
    per: budget.per,
    subject,
    unit: budget.unit,
    spent,
    limit: budget.limit,
    share,
    state,
    at_limit: budget.at_limit,
    unpriced_calls,
    resets_at: resetsAt(of, account.periodStartMs),
  };
}

const amount = (value: number, unit: "tokens" | "usd"): string =>
  unit === "usd" ? `$${value.toFixed(2)}` : `${Math.round(value)} tokens`;

/** Why a budget says stop. */
export function spentReason(one: Checkpoint["budgets"][number]): Checkpoint["reasons"][number] {
  const whose = one.per === "fleet" ? "" : ` of the ${one.per} ${JSON.stringify(one.subject)}`;
  const until = one.resets_at === null ? "" : `; it begins anew at ${one.resets_at}`;
  return {
    kind: "budget",
    id: one.id,
    message: `the budget ${JSON.stringify(one.name)}${whose} is spent: ${amount(one.spent, one.unit)} of ${amount(one.limit, one.unit)}${until}`,
  };
}

export const stopReason = (stop: StoredStop): Checkpoint["reasons"][number] => ({
  kind: stop.by === RUNAWAY ? "runaway" : "stop",
  id: stop.id,
  message: `the ${stop.kind} was stopped by ${stop.by}: ${stop.reason}`,
});
