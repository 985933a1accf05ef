import { describe, expect, test } from "vitest";

import { logRange, valueRange } from "./axes.ts";

describe("the limits of a value axis", () => {
  test.each([
    [[3, 70], [], [1, 100]],
    [[1, 10], [], [1, 10]],
    [[5, 5], [], [1, 10]],
    [[0.02, 0.5], [200], [0.01, 1000]],
    [null, [], [1, 10]],
    [[5, 50], [-1], [1, 100]],
  ] as [[number, number] | null, number[], number[]][])(
    "on a logarithmic scale hold %j and %j in %j",
    (extent, include, expected) => {
      const [low, high] = logRange(extent, include);
      expect(low).toBeCloseTo(expected[0] ?? 0, 12);
      expect(high).toBeCloseTo(expected[1] ?? 0, 12);
    },
  );

  test("leave out what is infinite", () => {
    expect(valueRange(-Infinity, 10, { zeroBased: true, include: [] })[0]).toBe(0);
  });
});
