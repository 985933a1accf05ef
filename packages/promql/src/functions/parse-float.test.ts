import { describe, expect, it } from "vitest";

import { parseGoFloat } from "./parse-float.ts";

describe("a bound", () => {
  it.each([
    ["0.1", 0.1],
    [".2", 0.2],
    ["1e0", 1],
    ["2.", 2],
    ["+1", 1],
    ["-.25", -0.25],
    ["1E-3", 0.001],
    ["+Inf", Infinity],
    ["inf", Infinity],
    ["-INF", -Infinity],
    ["Infinity", Infinity],
    ["NaN", NaN],
    ["0x1p-2", 0.25],
    ["-0x1.8p1", -3],
    ["0x_1p4", 16],
    ["1e-400", 0],
  ])("may be written %s", (text, value) => {
    expect(parseGoFloat(text)).toBe(value);
  });

  it.each([
    "",
    " 1",
    "1 ",
    "1e",
    "e1",
    ".",
    "+",
    "1_000",
    "0x1",
    "0x",
    "0xp1",
    "1e400",
    "-nan",
    "Hello World",
    "infinit",
    "1,5",
  ])("may not be written %j", (text) => {
    expect(parseGoFloat(text)).toBeUndefined();
  });
});
