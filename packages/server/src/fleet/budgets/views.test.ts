import { describe, expect, it } from "vitest";

import type { StoredBudget } from "#store";

import { BudgetAccounts } from "./ledger.ts";
import { topAccounts } from "./views.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const TODAY = Date.parse("2026-11-21T00:00:00Z");

const accountsOf = (spent: Record<string, number>, more: Partial<StoredBudget["budget"]> = {}) => {
  const accounts = new BudgetAccounts({
    tenant: "default",
    id: "b",
    budget: {
      id: "b",
      name: "b",
      per: "agent",
      unit: "tokens",
      limit: 100,
      period: "day",
      warn_at: 0.8,
      at_limit: "stop",
      enabled: true,
      ...more,
    },
    origin: "api",
    countedSinceMs: 0,
    createdAtMs: 0,
    updatedAtMs: 0,
  });
  for (const [subject, tokens] of Object.entries(spent))
    accounts.load({
      tenant: "default",
      budgetId: "b",
      subject,
      periodStartMs: subject.startsWith("old") ? 0 : TODAY,
      tokens,
      costUsd: 0,
      calls: 1,
      unpricedCalls: 0,
    });
  return accounts;
};

describe("those who spent most", () => {
  it.each([
    [2, ["c", "d"]],
    [3, ["c", "d", "a"]],
    [9, ["c", "d", "a", "b"]],
  ])("are the first %i of this period", (limit, subjects) => {
    const accounts = accountsOf({ a: 5, b: 1, c: 9, d: 7, old: 100 });
    expect(topAccounts(accounts, NOW, limit).map(({ subject }) => subject)).toEqual(subjects);
  });

  it.each([
    ["the fleet", { per: "fleet" as const }, [""]],
    ["the only one", { only: "writer" }, ["writer"]],
    ["nobody where there may be many", {}, []],
  ])("are %s while nothing is spent", (_, more, subjects) => {
    expect(topAccounts(accountsOf({}, more), NOW, 5).map(({ subject }) => subject)).toEqual(
      subjects,
    );
  });
});
