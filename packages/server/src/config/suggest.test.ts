import { describe, expect, it } from "vitest";

import { editDistance, suggest } from "./suggest.ts";

describe("editDistance", () => {
  it.each([
    ["", "abc", 3],
    ["abc", "abc", 0],
    ["prot", "port", 1],
    ["kitten", "sitting", 3],
    ["interval", "intervals", 1],
  ])("of %j and %j is %d", (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});

describe("suggest", () => {
  const keys = ["port", "host", "refresh_interval", "max_data_points"];
  it.each([
    ["prot", "port"],
    ["refreshInterval", "refresh_interval"],
    ["refresh-intervall", "refresh_interval"],
    ["colour", undefined],
    ["x".repeat(10_000), undefined],
  ])("for %j is %j", (word, expected) => {
    expect(suggest(word, keys)).toBe(expected);
  });
});
