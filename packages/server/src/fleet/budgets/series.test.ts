import type { BudgetEntry } from "@fleetlight/contract";
import { createRegistry } from "@fleetlight/sdk";
import { beforeEach, expect, it } from "vitest";

import { BudgetAccounts, Ledger } from "./ledger.ts";
import { defineBudgetSeries } from "./series.ts";

const NOW_MS = Date.parse("2026-11-21T12:00:00Z");
const ENTRY: BudgetEntry = {
  id: "b",
  name: "Tokens",
  per: "agent",
  unit: "tokens",
  limit: 100,
  period: "day",
  warn_at: 0.8,
  at_limit: "stop",
  enabled: true,
};

let ledger: Ledger;
let page: () => string[];

beforeEach(() => {
  ledger = new Ledger();
  const registry = createRegistry();
  defineBudgetSeries(registry, "t", { ledger, now: () => NOW_MS });
  page = () =>
    registry
      .expose("text")
      .split("\n")
      .filter((line) => /^fleetlight_budget_(state|spent|limit)/.test(line))
      .map((line) => line.replaceAll(/fleetlight_budget_|per="\w+",|,unit="\w+"/g, ""));
});

const put = (entry: Partial<BudgetEntry> = {}) => {
  const accounts = new BudgetAccounts({
    tenant: "t",
    id: entry.id ?? "b",
    budget: { ...ENTRY, ...entry },
    origin: "api",
    countedSinceMs: 0,
    createdAtMs: 0,
    updatedAtMs: 0,
  });
  ledger.set(accounts);
  return (subject: string, tokens: number) =>
    accounts.add({
      tenant: "t",
      budgetId: entry.id ?? "b",
      subject,
      periodStartMs: Date.parse("2026-11-21"),
      tokens,
      costUsd: 0,
      calls: 1,
      unpricedCalls: 0,
    });
};

it("tells what each account has spent, and follows it", () => {
  const spend = put();
  expect(page()).toEqual([]);
  spend("writer", 50);
  const labels = 'budget="b",budget_name="Tokens",subject="writer"';
  const expected = (state: number, spent: number) => [
    `state{${labels}} ${state}`,
    `spent{${labels}} ${spent}`,
    `limit{${labels}} 100`,
  ];
  expect(page()).toEqual(expected(0, 50));
  spend("writer", 31);
  expect(page()).toEqual(expected(1, 81));
  expect(page()).toEqual(expected(1, 81));
});

it("forgets budgets that are gone, off, or called otherwise", () => {
  put({ id: "a", per: "fleet" });
  put({ id: "c", only: "writer" })("writer", 7);
  const states = () => page().filter((line) => line.startsWith("state"));
  expect(states()).toEqual([
    'state{budget="a",budget_name="Tokens",subject=""} 0',
    'state{budget="c",budget_name="Tokens",subject="writer"} 0',
  ]);
  put({ id: "a", per: "fleet", name: "All" });
  expect(states()[0]).toBe('state{budget="a",budget_name="All",subject=""} 0');
  put({ id: "a", per: "fleet", enabled: false });
  expect(states()).toEqual(['state{budget="c",budget_name="Tokens",subject="writer"} 0']);
  ledger.remove("t", "c");
  expect(states()).toEqual([]);
});
