import { expect, it } from "vitest";

import { relatedServices } from "./related.ts";
import { maosSeverity, worseOf } from "./severity.ts";

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
  ["critical", "critical"],
  ["high", "high"],
  ["error", "high"],
  ["Warning", "medium"],
  ["medium", "medium"],
  ["low", "low"],
  ["info", "low"],
  ["sev-7", "medium"],
])("severity %s is %s for MAOS", (severity, maos) => {
  expect(maosSeverity(severity)).toBe(maos);
});

it("keeps the former of two that are equally bad", () => {
  expect([
    worseOf("high", "error"),
    worseOf("low", "critical"),
    worseOf("critical", "low"),
  ]).toEqual(["high", "critical", "critical"]);
});
