import { describe, expect, it } from "vitest";

import { rounded } from "./ask.test-kit.ts";
import { bucketFraction, bucketQuantile, prepare, type Buckets } from "./bucket.ts";

function buckets(...pairs: [bound: number, count: number][]): Buckets {
  return {
    bounds: Float64Array.from(pairs, ([bound]) => bound),
    counts: Float64Array.from(pairs, ([, count]) => count),
    length: pairs.length,
  };
}

function counts({ counts: all, length }: Buckets): number[] {
  return [...all.subarray(0, length)];
}

describe("preparing buckets", () => {
  it("needs one for everything", () => {
    expect(prepare(buckets([1, 1], [2, 2])).usable).toBe(false);
    expect(prepare(buckets()).usable).toBe(false);
    expect(prepare(buckets([Infinity, 1])).usable).toBe(true);
  });

  it("adds up those with the same bound", () => {
    const joined = buckets([0.1, 1], [0.2, 1], [0.2, 2], [0.2, 3], [Infinity, 9]);
    expect(prepare(joined)).toEqual({ usable: true, forced: false });
    expect([...joined.bounds.subarray(0, joined.length)]).toEqual([0.1, 0.2, Infinity]);
    expect(counts(joined)).toEqual([1, 6, 9]);
  });

  it("takes tiny differences for rounding, in both directions", () => {
    const almost = buckets([1, 1], [2, 1 - 1e-14], [3, 1 + 1e-14], [Infinity, 2]);
    expect(prepare(almost).forced).toBe(false);
    expect(counts(almost)).toEqual([1, 1, 1, 2]);
  });

  it("forces counts to ascend, and says so", () => {
    const odd = buckets([0.1, 2], [1, 1], [10, 5], [100, 4], [Infinity, 8]);
    expect(prepare(odd).forced).toBe(true);
    expect(counts(odd)).toEqual([2, 2, 5, 5, 8]);
  });
});

describe("quantiles of buckets", () => {
  const four = () => buckets([0.1, 5], [0.2, 7], [1, 11], [Infinity, 12]);
  const negative = () => buckets([-0.2, 1], [-0.1, 2], [0.3, 2], [Infinity, 3]);
  it.each([
    [0, four(), 0],
    [0.2, four(), 0.048],
    [0.5, four(), 0.15],
    [0.8, four(), 0.72],
    [1, four(), 1],
    [0, negative(), -0.2],
    [0.5, negative(), -0.15],
    [0.8, negative(), 0.3],
    [0.5, buckets([Infinity, 4]), NaN],
    [0.5, buckets([1, 0], [Infinity, 0]), NaN],
  ])("%d", (quantile, given, expected) => {
    expect(rounded(bucketQuantile(quantile, given))).toBe(expected);
  });
});

describe("shares of buckets", () => {
  const positive = () => buckets([1, 1], [2, 3], [3, 6], [Infinity, 100]);
  const negative = () => buckets([-3, 10], [-2, 12], [-1, 15], [Infinity, 100]);
  it.each([
    [0, 1.5, positive(), 0.02],
    [-Infinity, Infinity, positive(), 1],
    [4, 5, positive(), 0],
    [2, 5, positive(), 0.03],
    [3, 2, positive(), 0],
    [2, 2, positive(), 0],
    [NaN, 2, positive(), NaN],
    [0, NaN, positive(), NaN],
    [-4, -2, negative(), 0.02],
    [-Infinity, -1.5, negative(), 0.135],
    [0, 1, buckets([Infinity, 100]), 0],
    [0, 1, buckets([1, 0], [Infinity, 0]), NaN],
    [0, 1, buckets([1, 1], [2, 2]), NaN],
    [0, 1, buckets(), NaN],
  ])("between %d and %d", (lower, upper, given, expected) => {
    expect(rounded(bucketFraction(lower, upper, given))).toBe(expected);
  });
});
