import { expect, test } from "vitest";

import { splitComparison } from "./comparison.ts";

test.each([
  ["up == 0", "up", "==", 0],
  ['rate(http{code=~"5..",x!="a"}[5m]) > 0.05', 'rate(http{code=~"5..",x!="a"}[5m])', ">", 0.05],
  ["a / b\n  >= bool -1e3", "a / b", ">=", -1000],
  ['{__name__="a > b"} < 2 ', '{__name__="a > b"}', "<", 2],
  ["sum(a > 3) != 1", "sum(a > 3)", "!=", 1],
  ["order_total > 1", "order_total", ">", 1],
])("%s", (text, left, condition, threshold) => {
  expect(splitComparison(text)).toEqual({ left, condition, threshold });
});

test.each([
  "absent(up)",
  "a > b",
  "a > 1 and b > 2",
  "a > 1 or b",
  "a > 1 > 2",
  "(a > 1)",
  "> 1",
  "",
  'a{b=">',
])("%s cannot be drawn with a line", (text) => {
  expect(splitComparison(text)).toBe(null);
});
