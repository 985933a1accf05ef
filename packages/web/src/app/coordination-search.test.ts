import { describe, expect, it } from "vitest";

import { parseBudgetsSearch, parseCoordinationSearch } from "./coordination-search.ts";

describe("the address of the findings", () => {
  it("names a kind, a time and a finding", () => {
    const search = { kind: "loop", hours: 168, finding: "0f3a-1" };
    expect(parseCoordinationSearch(search)).toEqual(search);
  });

  it.each([
    ["an unknown kind", { kind: "nonsense" }],
    ["the usual time", { hours: 24 }],
    ["a time that is not offered", { hours: 5 }],
    ["something that is no id", { finding: "<script>" }],
  ])("leaves out %s", (_, raw) => {
    expect(parseCoordinationSearch(raw)).toEqual({});
  });
});

describe("the address of the budgets", () => {
  it("names a budget, also one whose id is a number", () => {
    expect(parseBudgetsSearch({ budget: "b-1" })).toEqual({ budget: "b-1" });
    expect(parseBudgetsSearch({ budget: 7 })).toEqual({ budget: "7" });
    expect(parseBudgetsSearch({ budget: "a b" })).toEqual({});
  });
});
