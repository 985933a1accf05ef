import { describe, expect, it } from "vitest";

import { naturalKey, naturallyBefore } from "./natural-order.ts";

describe("the natural order", () => {
  it.each([
    ["a2", "a10"],
    ["2", "10"],
    ["4m5", "4m600"],
    ["4m600", "4m1000"],
    ["1.2.3", "1.11.3"],
    ["a", "b"],
    ["a", "a1"],
    ["cpu9", "cpu10a"],
    ["10", "a"],
    ["9007199254740993", "9007199254740994"],
    // Beyond 64 bits digits are compared as text.
    ["10000000000000000000000", "9000000000000000000000"],
    // The last number decides, whatever its zeros.
    ["01", "1"],
    ["1", "01"],
    ["x1y", "x01z"],
  ])("puts %j before %j", (a, b) => {
    expect(naturallyBefore(naturalKey(a), naturalKey(b))).toBe(true);
  });

  it.each([
    ["a10", "a2"],
    ["a1", "a"],
    ["", "a"],
    ["", ""],
    ["b", "a"],
  ])("does not put %j before %j", (a, b) => {
    expect(naturallyBefore(naturalKey(a), naturalKey(b))).toBe(false);
  });
});
