import type { BudgetEntry } from "@fleetlight/contract";
import type { Registry } from "@fleetlight/sdk";

import type { Now } from "#lib";

import type { Ledger } from "./ledger.ts";
import { topAccounts } from "./views.ts";

/** Accounts of one budget that have series: those who spent most. */
const MAX_ACCOUNTS = 20;

const STATES = { within: 0, warned: 1, spent: 2 } as const;

interface Settable {
  set(value: number): void;
}

/** One account with its series: state, share, spent, limit, unpriced calls. */
interface Row {
  budget: BudgetEntry;
  subject: string;
  gauges: [Settable, Settable, Settable, Settable, Settable];
}

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
  const gauges = [state, share, spent, limit, unpriced];
  let known: Row[] = [];
  const rowOf = (budget: BudgetEntry, subject: string): Row => {
    const labels = {
      budget: budget.id,
      budget_name: budget.name,
      per: budget.per,
      subject,
      unit: budget.unit,
    };
    return {
      budget,
      subject,
      gauges: [
        state.with(labels),
        share.with(labels),
        spent.with(labels),
        limit.with(labels),
        unpriced.with(labels),
      ],
    };
  };
  registry.collect(() => {
    const nowMs = now();
    const shown = ledger
      .of(tenant)
      .filter((accounts) => accounts.budget.budget.enabled)
      .flatMap((accounts) =>
        topAccounts(accounts, nowMs, MAX_ACCOUNTS).map((account) => ({ accounts, account })),
      );
    const isKnown =
      shown.length === known.length &&
      shown.every(
        ({ accounts, account }, i) =>
          known[i]?.budget === accounts.budget.budget && known[i].subject === account.subject,
      );
    // Making labels costs more than all else: they stay as long as the same accounts are shown.
    if (!isKnown) {
      for (const one of gauges) one.clear();
      known = shown.map(({ accounts, account }) => rowOf(accounts.budget.budget, account.subject));
    }
    for (const [i, { accounts, account }] of shown.entries()) {
      const { budget } = accounts.budget;
      const amount = accounts.amountOf(account);
      const [ofState, ofShare, ofSpent, ofLimit, ofUnpriced] = (known[i] as Row).gauges;
      ofState.set(STATES[accounts.stateOf(account)]);
      ofShare.set(amount / budget.limit);
      ofSpent.set(amount);
      ofLimit.set(budget.limit);
      ofUnpriced.set(account.unpricedCalls);
    }
  });
}
