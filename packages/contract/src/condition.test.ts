import type { Condition } from "@fleetlight/contract";
import { describe, expect, it } from "vitest";

import { satisfies } from "./condition.ts";

describe("satisfies", () => {
  it.each<[number, Condition, number, boolean]>([
    [2, ">", 1, true],
    [1, ">", 1, false],
    [1, ">=", 1, true],
    [0.9, ">=", 1, false],
    [0, "<", 1, true],
    [1, "<", 1, false],
    [1, "<=", 1, true],
    [1.1, "<=", 1, false],
    [0, "==", 0, true],
    [-0, "==", 0, true],
    [0.1 + 0.2, "==", 0.3, false],
    [1, "!=", 0, true],
    [0, "!=", 0, false],
    [Infinity, ">", 1e308, true],
    [-Infinity, "<", -1e308, true],
    [Infinity, "==", Infinity, true],
  ])("%d %s %d is %s", (value, condition, threshold, expected) => {
    expect(satisfies(value, condition, threshold)).toBe(expected);
  });

  it.each<[Condition, boolean]>([
    [">", false],
    [">=", false],
    ["<", false],
    ["<=", false],
    ["==", false],
    ["!=", true],
  ])("NaN %s 0 is %s, as in PromQL", (condition, expected) => {
    expect(satisfies(Number.NaN, condition, 0)).toBe(expected);
  });
});
