import { expect, test } from "vitest";

import { arrange, labelsOf, sharedLabels } from "./instant-rows.ts";

const row = (query: string, labels: Record<string, string>, value: number) => ({
  query,
  labels,
  value,
  key: JSON.stringify(labels),
  note: "",
  timeMs: 0,
});

const rows = [
  row("A", { __name__: "up", host: "h10" }, 2),
  row("A", { __name__: "up", host: "h9", zone: "eu" }, Number.NaN),
  row("B", { host: "h1" }, -Infinity),
  row("B", { host: "h2" }, 30),
];

test.each([
  ["=", true, "", [30, 2, -Infinity, Number.NaN]],
  ["=", false, "", [-Infinity, 2, 30, Number.NaN]],
  ["host", false, "", [-Infinity, 30, Number.NaN, 2]],
  ["?", true, "", [-Infinity, 30, 2, Number.NaN]],
  ["=", true, "UP h1", [2]],
  ["=", true, "b", [30, -Infinity]],
  ["=", true, "nothing", []],
])("by %s, down %s, filtered by %j", (by, down, filter, expected) => {
  expect(arrange(rows, { by, down }, filter).map(({ value }) => value)).toEqual(expected);
});

test("the metric's name is the first column", () => {
  expect(labelsOf(rows)).toEqual(["__name__", "host", "zone"]);
});

test("labels that all rows share are told apart from the others", () => {
  expect(sharedLabels(rows)).toEqual([]);
  expect(sharedLabels(rows.slice(0, 2))).toEqual([["__name__", "up"]]);
  expect(sharedLabels(rows.slice(0, 1))).toEqual([]);
});
