import { expect, test } from "vitest";

import { AgentNames } from "./agent-names.ts";

test.each([
  ["refund_agent", "Refund Agent"],
  ["Refund Agent", "Refund Agent"],
  ["triage", "triage"],
  ["faq_v2", "FAQ (v2)"],
  ["zurich_büro", "Zürich Büro", false],
  ["zürich_büro", "Zürich Büro"],
  ["nobody", undefined],
  ["", undefined],
  ["constructor", undefined],
])("%s means %s", (peer, agent, isMeant = true) => {
  const names = new AgentNames(["", "Refund Agent", "triage", "FAQ (v2)", "Zürich Büro", "***"]);
  expect(names.meant(peer)).toBe(isMeant ? agent : undefined);
});

test("an agent that is called so comes before one that a tool would be called so for", () => {
  const names = new AgentNames(["Refund Agent", "refund_agent"]);
  expect(names.meant("refund_agent")).toBe("refund_agent");
  expect(names.meant("refund-agent")).toBe("Refund Agent");
});

test("a name of underscores alone is looked at once", () => {
  expect(new AgentNames(["a"]).meant(`${"_-".repeat(100_000)}a`)).toBe("a");
});
