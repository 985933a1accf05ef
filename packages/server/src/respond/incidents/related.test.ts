import { expect, it } from "vitest";

import { relatedServices } from "./related.ts";
import { maosSeverity, severityRank, worseOf } from "./severity.ts";

const edges = new Map([
  ["web", ["api"]],
  ["api", ["db", "cache"]],
  ["jobs", ["db"]],
  ["a", ["b"]],
  ["b", ["a"]],
]);

it.each([
  ["db", ["api", "jobs", "web"]],
  ["api", ["cache", "db", "web"]],
  ["web", ["api", "cache", "db"]],
  ["a", ["b"]],
  ["alone", []],
])("services related to %s are %j", (service, related) => {
  expect([...relatedServices(service, edges)].toSorted()).toEqual(related);
});

it("looks at a bounded number of services, whatever the graph", () => {
  const chain = new Map(Array.from({ length: 5000 }, (_, i) => [`s${i}`, [`s${i + 1}`]] as const));
  expect(relatedServices("s0", chain).size).toBeLessThanOrEqual(201);
});

it.each([
  ["critical", 4, "critical"],
  ["high", 3, "high"],
  ["error", 3, "high"],
  ["Warning", 2, "medium"],
  ["medium", 2, "medium"],
  ["low", 1, "low"],
  ["info", 1, "low"],
  ["sev-7", 2, "medium"],
])("severity %s has rank %d, and is %s for MAOS", (severity, rank, maos) => {
  expect(severityRank(severity)).toBe(rank);
  expect(maosSeverity(severity)).toBe(maos);
});

it("keeps the former of two that are equally bad", () => {
  expect([
    worseOf("high", "error"),
    worseOf("low", "critical"),
    worseOf("critical", "low"),
  ]).toEqual(["high", "critical", "critical"]);
});
