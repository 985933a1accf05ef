import { describe, expect, it } from "vitest";

import { formatPlain, formatShortest } from "./float-text.ts";
import { kahanAddAt } from "./kahan.ts";
import { goPow } from "./power.ts";
import { quantileOfSorted, sortNaNFirst } from "./quantile.ts";

/** The total of the values, added up at one place of a column. */
function sumOf(values: readonly number[]): number {
  const sums = new Float64Array(3);
  const compensations = new Float64Array(3);
  for (const value of values) kahanAddAt(sums, compensations, 1, value);
  expect([sums[0], sums[2], compensations[0], compensations[2]]).toEqual([0, 0, 0, 0]);
  return (sums[1] ?? 0) + (compensations[1] ?? 0);
}

describe("sums", () => {
  it.each([
    [[1, 1e100, 1, -1e100], 2],
    [[2, 8, 1e100, -1e100], 10],
    [[Infinity, 2], Infinity],
    [[2, -Infinity], -Infinity],
    [[1e308, 1e308, -1e308], Infinity],
    [[Infinity, -Infinity], NaN],
    [[1, NaN], NaN],
    [Array.from({ length: 10 }, () => 0.1), 1],
  ])("of %j is %d", (values, expected) => {
    expect(sumOf(values)).toBe(expected);
  });
});

describe("powers", () => {
  it.each([
    [1, NaN, 1],
    [1, Infinity, 1],
    [NaN, 0, 1],
    [-1, Infinity, 1],
    [-1, -Infinity, 1],
    [0.5, Infinity, 0],
    [0.5, -Infinity, Infinity],
    [-2, Infinity, Infinity],
    [2, -Infinity, 0],
    [-8, 1 / 3, NaN],
    [-0, -3, -Infinity],
    [-0, 3, -0],
    [-Infinity, 3, -Infinity],
    [-Infinity, 2, Infinity],
    [NaN, 1, NaN],
    [2, 10, 1024],
    [-2, 3, -8],
    [2, -2, 0.25],
    [4, 0.5, 2],
    [4, -0.5, 0.5],
    [10, 22, 1e22],
    [10, 309, Infinity],
    [10, -400, 0],
    [2, -1074, 5e-324],
    [2, -1075, 0],
    [-1, 2 ** 63, 1],
    [-1, 2 ** 53 - 1, -1],
    [1.5, 2 ** 63, Infinity],
    [16, 0.25, 2],
    [1e-310, 2, 0],
    [2000, 3 ** 2, 5.12e29],
  ])("%d to the power of %d is %d", (x, y, expected) => {
    expect(goPow(x, y)).toBe(expected);
  });

  it("agree with the platform's but for the last bits", () => {
    for (let i = 1; i < 2000; i++) {
      const x = (i * 7919) % 1013;
      const y = ((i * 104729) % 4001) / 100 - 20;
      if (x === 0) continue;
      expect(Math.abs(goPow(x / 10, y) / (x / 10) ** y - 1)).toBeLessThan(1e-12);
    }
  });
});

describe("quantiles", () => {
  it.each([
    [0.8, [0, 1], 0.8],
    [0.75, [0, 1, 4], 2.5],
    [0, [3, 1, 2], 1],
    [1, [3, 1, 2], 3],
    [-0.1, [1], -Infinity],
    [1.1, [1], Infinity],
    [NaN, [1], NaN],
    [0.5, [], NaN],
    [0.75, [0, NaN, 1], 0.5],
    [0, [0, NaN, 1], NaN],
  ])("%d of %j is %d", (q, values, expected) => {
    const sorted = Float64Array.from(values);
    sortNaNFirst(sorted);
    expect(quantileOfSorted(q, sorted)).toBe(expected);
  });

  it("put every NaN first", () => {
    const values = Float64Array.of(2, NaN, -Infinity, NaN, Infinity, 1);
    sortNaNFirst(values);
    expect([...values]).toEqual([NaN, NaN, -Infinity, 1, 2, Infinity]);
    const none = Float64Array.of(NaN, NaN);
    sortNaNFirst(none);
    expect([...none]).toEqual([NaN, NaN]);
  });
});

describe("texts of numbers", () => {
  it.each([
    [0, "0", "0"],
    [-0, "-0", "-0"],
    [NaN, "NaN", "NaN"],
    [Infinity, "+Inf", "+Inf"],
    [-Infinity, "-Inf", "-Inf"],
    [6, "6", "6"],
    [-1.5, "-1.5", "-1.5"],
    [1e21, "1000000000000000000000", "1e+21"],
    [1.25e-7, "0.000000125", "1.25e-07"],
    [123456, "123456", "123456"],
    [1234567, "1234567", "1.234567e+06"],
    [0.0001, "0.0001", "0.0001"],
    [0.00001, "0.00001", "1e-05"],
    [5e-324, `0.${"0".repeat(323)}5`, "5e-324"],
    [1.7976931348623157e308, `17976931348623157${"0".repeat(292)}`, "1.7976931348623157e+308"],
  ])("%d", (value, plain, shortest) => {
    expect(formatPlain(value)).toBe(plain);
    expect(formatShortest(value)).toBe(shortest);
  });
});
