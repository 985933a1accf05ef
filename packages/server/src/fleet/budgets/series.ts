import type { Registry } from "@fleetlight/sdk";

import type { Now } from "#lib";

import type { Ledger } from "./ledger.ts";
import { topAccounts } from "./views.ts";

/** Accounts of one budget that have series: those who spent most. */
const MAX_ACCOUNTS = 20;

const STATES = { within: 0, warned: 1, spent: 2 } as const;

const labelNames = ["budget", "budget_name", "per", "subject", "unit"] as const;

/** Budgets of one tenant as series; `fleetlight_budget_state` is what the built-in alert rules look at. */
export function defineBudgetSeries(
  registry: Registry,
  tenant: string,
  { ledger, now }: { ledger: Ledger; now: Now },
): void {
  const gauge = (name: string, help: string) => registry.gauge({ name, help, labelNames });
  const state = gauge(
    "fleetlight_budget_state",
    "0 within the budget, 1 the share for a warning is spent, 2 all of it is spent.",
  );
  const share = gauge("fleetlight_budget_share", "Spent share of the limit in this period.");
  const spent = gauge("fleetlight_budget_spent", "Spent in this period, in the budget's unit.");
  const limit = gauge("fleetlight_budget_limit", "The limit, in the budget's unit.");
  const unpriced = gauge(
    "fleetlight_budget_unpriced_calls",
    "Calls of this period whose price is not known.",
  );
  registry.collect(() => {
    for (const one of [state, share, spent, limit, unpriced]) one.clear();
    const nowMs = now();
    for (const accounts of ledger.of(tenant)) {
      const { budget } = accounts.budget;
      if (!budget.enabled) continue;
      for (const account of topAccounts(accounts, nowMs, MAX_ACCOUNTS)) {
        const labels = {
          budget: budget.id,
          budget_name: budget.name,
          per: budget.per,
          subject: account.subject,
          unit: budget.unit,
        };
        const amount = accounts.amountOf(account);
        state.set(labels, STATES[accounts.stateOf(account)]);
        share.set(labels, amount / budget.limit);
        spent.set(labels, amount);
        limit.set(labels, budget.limit);
        unpriced.set(labels, account.unpricedCalls);
      }
    }
  });
}
