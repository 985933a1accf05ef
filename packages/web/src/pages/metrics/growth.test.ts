import { expect, test } from "vitest";

import type { InstantRow } from "../../promql/columns.ts";
import { growthBetween } from "./growth.ts";

const counts = (series: Record<string, number>): InstantRow[] =>
  Object.entries(series).map(([name, value]) => ({
    labels: { __name__: name },
    key: name,
    value,
    note: "",
    timeMs: 0,
  }));

test("metrics that have more series than before come first, new ones with all they have", () => {
  const before = counts({ same: 4, more: 1, fewer: 9, gone: 2 });
  const after = counts({ same: 4, more: 6, fewer: 7, fresh: 3 });
  expect(growthBetween(before, after, 10)).toEqual({
    rows: [
      { name: "more", value: 5 },
      { name: "fresh", value: 3 },
    ],
    net: 4,
  });
});

test("the list is cut, the sum is not, and equal ones stand by name", () => {
  const { rows, net } = growthBetween([], counts({ b: 2, a: 2, c: 1 }), 2);
  expect(rows.map(({ name }) => name)).toEqual(["a", "b"]);
  expect(net).toBe(5);
});
