import { expect, it, test } from "vitest";

import { severityLevel, severityRank } from "./severity.ts";

test.each([
  ["critical", "critical"],
  ["Page", "critical"],
  ["FATAL", "critical"],
  ["error", "high"],
  ["major", "high"],
  ["medium", "warning"],
  ["warn", "warning"],
  ["minor", "low"],
  ["notice", "info"],
  ["none", "none"],
])("%s is %s", (word, level) => {
  expect(severityLevel(word)).toBe(level);
});

it("knows no other word", () => {
  for (const word of ["", "sev2", "constructor", undefined])
    expect(severityLevel(word)).toBeUndefined();
});

it("ranks words of all vocabularies, and takes others for a warning", () => {
  const words = ["none", "notice", "minor", "medium", "error", "page", "emergency"];
  expect(words.map(severityRank)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(severityRank("sev2")).toBe(severityRank("warning"));
  expect(severityRank(undefined)).toBe(severityRank("warning"));
});
