import type { Budget, FleetEvent } from "@fleetlight/contract";
import { describe, expect, it } from "vitest";

import { amount, eventWords, ruleOf } from "./budget-words.ts";

describe("a budget in words", () => {
  it.each([
    [
      { per: "agent", only: null, unit: "usd", limit: 5, period: "day" },
      "$5.00 a day for each agent",
    ],
    [
      { per: "user", only: "ann", unit: "tokens", limit: 12_000, period: "total" },
      "12,000 tokens in all for the user ann",
    ],
    [
      { per: "fleet", only: null, unit: "usd", limit: 0.0025, period: "month" },
      "$0.0025 a month for the whole fleet",
    ],
  ])("%j", (budget, words) => {
    expect(ruleOf(budget as Budget)).toBe(words);
  });

  it("shows no cents of nothing", () => {
    expect(amount(0, "usd")).toBe("$0.00");
  });
});

describe("a budget's history in words", () => {
  const event = (type: string, attributes: Record<string, string>): FleetEvent => ({
    id: "1",
    at: "2026-11-21T00:00:00.000Z",
    type,
    service: "",
    attributes,
  });

  it.each([
    [event("audit.budget.created", { by: "ann", reason: "to be sure" }), "ann made it: to be sure"],
    [
      event("audit.budget.changed", { by: "bob", limit: "9", unit: "usd" }),
      "bob changed it to $9.00",
    ],
    [event("budget.warned", { subject: "writer" }), "nearly spent by writer"],
    [event("budget.spent", {}), "spent"],
    [event("checkpoint.refused", {}), "an agent was told to stop"],
    [event("audit.budget.removed", {}), "audit.budget.removed"],
  ])("%j", (one, words) => {
    expect(eventWords(one)).toBe(words);
  });
});
