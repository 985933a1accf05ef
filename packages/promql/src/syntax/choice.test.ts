import { describe, expect, it } from "vitest";

import { formatPromQL } from "./format.ts";
import { parsePromQL } from "./parse.ts";

describe("min_of and max_of", () => {
  it.each([
    ["min_of(3, 5)", "min_of(3, 5)"],
    ["min_of # two\n (3, max_of(1, 2)) + 1", "min_of(3, max_of(1, 2)) + 1"],
    ["vector(min_of(1, 2))", "vector(min_of(1, 2))"],
    ["foo offset min_of(1s, 2s) * max_of(1, 2)", "foo offset min_of(1s, 2s) * max_of(1, 2)"],
    ["foo offset (min_of(1s, 2s)) + min_of(1, 2)", "foo offset (min_of(1s, 2s)) + min_of(1, 2)"],
    ["foo offset -(5s + min_of(1s, 2s)) - offset", "foo offset -(5s + min_of(1s, 2s)) - offset"],
    ["foo[max_of(range(), 5s)]", "foo[max_of(range(), 5s)]"],
    ["offset - min_of(1, 2)", "offset - min_of(1, 2)"],
    ['min_of{a="b"} + max_of', 'min_of{a="b"} + max_of'],
  ])("are functions, lengths of time or names: %s", (text, printed) => {
    expect(formatPromQL(parsePromQL(text))).toBe(printed);
  });

  it.each(["min_of(1)", "min_of(1, 2, 3)", "min_of(foo, 1)", "MIN_OF(1, 2)", "sum(min_of(1, 2))"])(
    "refuses %s",
    (text) => {
      expect(() => parsePromQL(text)).toThrow(/./);
    },
  );

  it("are experimental functions of two scalars", () => {
    expect(parsePromQL("max_of(1, 2)")).toMatchObject({ kind: "call", name: "max_of" });
  });
});
