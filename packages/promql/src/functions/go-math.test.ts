import { describe, expect, it } from "vitest";

import { goLog10, goLog2, goMax, goMin } from "./go-math.ts";

describe("max and min", () => {
  it.each([
    [1, 2, 2, 1],
    [NaN, 1, NaN, NaN],
    [NaN, Infinity, Infinity, NaN],
    [-Infinity, NaN, NaN, -Infinity],
    [0, -0, 0, -0],
    [-0, 0, 0, -0],
  ])("of %d and %d are %d and %d", (a, b, max, min) => {
    expect(goMax(a, b)).toBe(max);
    expect(goMin(a, b)).toBe(min);
  });
});

describe("logarithms", () => {
  it("are exact for every power of two", () => {
    for (let power = -1074; power <= 1023; power++) {
      expect(goLog2(2 ** power), `2^${power}`).toBe(power);
    }
  });

  it.each([0, -1, NaN, Infinity, -Infinity])("of %d are what IEEE 754 says", (value) => {
    expect(goLog2(value)).toBe(Math.log2(value));
    expect(goLog10(value)).toBe(Math.log10(value));
  });

  it("agree with the platform's but for the last bits", () => {
    for (let i = 1; i < 2000; i++) {
      const value = i * 1.37e-3 * 10 ** ((i % 40) - 20);
      expect(Math.abs(goLog2(value) - Math.log2(value))).toBeLessThan(1e-13);
      expect(Math.abs(goLog10(value) - Math.log10(value))).toBeLessThan(1e-13);
    }
  });
});
