import type { Budget } from "@fleetlight/contract";
import { describe, expect, it } from "vitest";

import { budgetFormOf, emptyBudget, problemsOf, toBudgetInput } from "./budget-form.ts";

const BUDGET: Budget = {
  id: "b",
  name: "Writers",
  per: "agent",
  only: "writer",
  unit: "usd",
  limit: 2.5,
  period: "week",
  warn_at: 0.75,
  at_limit: "alert",
  enabled: true,
  origin: "api",
  period_start: null,
  resets_at: null,
  counted_since: null,
  spending: [],
  subjects: 0,
  created_at: "2026-11-21T00:00:00.000Z",
  updated_at: "2026-11-21T00:00:00.000Z",
};

describe("the form of a budget", () => {
  it("says what the budget says", () => {
    expect(toBudgetInput({ ...budgetFormOf(BUDGET, "ann"), reason: " why " })).toEqual({
      name: "Writers",
      per: "agent",
      only: "writer",
      unit: "usd",
      limit: 2.5,
      period: "week",
      warn_at: 0.75,
      at_limit: "alert",
      enabled: true,
      by: "ann",
      reason: "why",
    });
  });

  it("leaves out whom it is for where it is for all", () => {
    const form = { ...budgetFormOf(BUDGET, ""), per: "fleet" as const };
    expect(toBudgetInput(form)).not.toHaveProperty("only");
    expect(toBudgetInput(form)).not.toHaveProperty("by");
  });

  it.each([
    [{ name: " " }, ["name"]],
    [{ limit: "0" }, ["limit"]],
    [{ limit: "much" }, ["limit"]],
    [{ warnPercent: "101" }, ["warnPercent"]],
    [{}, []],
  ])("with %j has problems with %j", (change, fields) => {
    const form = { ...emptyBudget(""), name: "x", limit: "1", ...change };
    expect(Object.keys(problemsOf(form))).toEqual(fields);
  });
});
