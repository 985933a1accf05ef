import { describe, expect, it } from "vitest";
import { histogramFraction, histogramQuantile } from "./quantile.ts";
import { randomCustom, randomHistogram, seeded } from "./random.test-kit.ts";
import { createHistogram } from "./shape.ts";
import { histogramAvg, histogramStddev, histogramStdvar } from "./stats.ts";
import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from "./types.ts";

const onlyPositive = createHistogram({
  count: 12,
  sum: 100,
  zeroCount: 2,
  zeroThreshold: 0.5,
  positiveSpans: [{ offset: 1, length: 2 }],
  positiveBuckets: [6, 4],
});

const custom = createHistogram({
  schema: CUSTOM_BUCKETS_SCHEMA,
  count: 10,
  sum: 30,
  positiveSpans: [{ offset: 0, length: 3 }],
  positiveBuckets: [2, 6, 2],
  customValues: [2, 4],
});

/** Observations of NaN are in the count only. */
function withNan(h: FloatHistogram, observations: number): FloatHistogram {
  return { ...h, count: h.count + observations, sum: NaN };
}

function isNear(value: number, expected: number): boolean {
  return Object.is(value, expected) || Math.abs(value - expected) < 1e-12;
}

describe("histogramQuantile", () => {
  it.each([
    ["below 0", -0.1, -Infinity],
    ["above 1", 1.1, Infinity],
    ["NaN", NaN, NaN],
    ["in the zero bucket: linear, from 0 as all others are positive", 1 / 12, 0.25],
    ["in the middle of an exponential bucket: geometric", 5 / 12, Math.SQRT2],
    ["at the end of a bucket", 8 / 12, 2],
    ["the highest", 1, 4],
    ["the lowest", 0, 0],
  ])("of an exponential histogram, %s", (_, q, expected) => {
    const { value, nan } = histogramQuantile(q, onlyPositive);
    expect(nan).toBe("none");
    expect(isNear(value, expected), String(value)).toBe(true);
  });

  it("mirrors negative buckets", () => {
    const mirrored = createHistogram({
      ...onlyPositive,
      positiveSpans: [],
      positiveBuckets: [],
      negativeSpans: onlyPositive.positiveSpans,
      negativeBuckets: onlyPositive.positiveBuckets,
    });
    for (const q of [0.05, 0.3, 0.5, 0.7, 0.95]) {
      const there = histogramQuantile(1 - q, onlyPositive).value;
      expect(histogramQuantile(q, mirrored).value).toBeCloseTo(-there, 12);
    }
  });

  it.each([
    [0.1, 1],
    [0.5, 3],
    [0.9, 4],
    [1, 4],
  ])("interpolates custom buckets linearly and never beyond the bounds: %d", (q, expected) => {
    expect(histogramQuantile(q, custom).value).toBeCloseTo(expected, 12);
  });

  it("answers the bound of a first custom bucket that ends below zero", () => {
    expect(histogramQuantile(0.1, { ...custom, customValues: [-5, 4] }).value).toBe(-5);
  });

  it("is NaN without observations", () => {
    expect(histogramQuantile(0.5, createHistogram({})).value).toBeNaN();
  });

  it("counts NaN as highest, and tells", () => {
    const some = withNan(onlyPositive, 3);
    expect(histogramQuantile(0.5, some)).toMatchObject({ nan: "skewed" });
    expect(histogramQuantile(0.99, some)).toEqual({ value: NaN, nan: "nan" });
    const noneMissing = { ...onlyPositive, sum: NaN };
    expect(histogramQuantile(0.5, noneMissing)).toMatchObject({ nan: "none" });
  });

  it("grows with q", () => {
    const random = seeded(21);
    for (let round = 0; round < 200; round++) {
      const h = round % 4 === 0 ? randomCustom(random) : randomHistogram(random);
      if (h.count === 0) continue;
      let previous = -Infinity;
      for (let q = 0; q <= 1; q += 0.0625) {
        const { value } = histogramQuantile(q, h);
        expect(value).toBeGreaterThanOrEqual(previous - 1e-9 * Math.abs(previous));
        previous = value;
      }
    }
  });

  it("is undone by histogramFraction", () => {
    const random = seeded(22);
    for (let round = 0; round < 200; round++) {
      const made = randomHistogram(random);
      // Of a zero bucket without width nothing is below its upper end.
      const h = { ...made, zeroCount: 0, count: made.count - made.zeroCount };
      if (h.count === 0) continue;
      const { value } = histogramQuantile(0.3, h);
      expect(histogramFraction(-Infinity, value, h).value).toBeCloseTo(0.3, 9);
    }
  });
});

describe("histogramFraction", () => {
  it.each([
    ["everything", -Infinity, Infinity, 1],
    ["half of an exponential bucket", 1, Math.SQRT2, 3 / 12],
    ["half of the zero bucket", 0, 0.25, 1 / 12],
    ["nothing", 2, 2, 0],
    ["the wrong way round", 3, 2, 0],
    ["beyond", 5, Infinity, 0],
    ["NaN", NaN, 1, NaN],
  ])("of an exponential histogram: %s", (_, lower, upper, expected) => {
    const { value, nanExcluded } = histogramFraction(lower, upper, onlyPositive);
    expect(nanExcluded).toBe(false);
    expect(isNear(value, expected), String(value)).toBe(true);
  });

  it("is linear in custom buckets, whose first starts at zero and whose last has no middle", () => {
    expect(histogramFraction(2, 3, custom).value).toBeCloseTo(0.3, 12);
    expect(histogramFraction(-Infinity, 1, custom).value).toBeCloseTo(0.1, 12);
    expect(histogramFraction(4, 100, custom).value).toBeCloseTo(0, 12);
    expect(histogramFraction(4, Infinity, custom).value).toBeCloseTo(0.2, 12);
  });

  it("leaves NaN out of every fraction, and tells", () => {
    const some = withNan(onlyPositive, 4);
    expect(histogramFraction(-Infinity, Infinity, some)).toEqual({
      value: 0.75,
      nanExcluded: true,
    });
  });
});

describe("statistics", () => {
  it("estimates variance from the middles of buckets", () => {
    const single = createHistogram({
      count: 4,
      sum: 4 * Math.SQRT2,
      positiveSpans: [{ offset: 1, length: 1 }],
      positiveBuckets: [4],
    });
    expect(histogramAvg(single)).toBeCloseTo(Math.SQRT2, 12);
    expect(histogramStdvar(single)).toBeCloseTo(0, 12);
    const bounded = { ...custom, positiveBuckets: [0, 6, 0], count: 6, sum: 12 };
    expect(histogramStdvar(bounded)).toBeCloseTo(1, 12);
    expect(histogramStddev(bounded)).toBeCloseTo(1, 12);
  });

  it("takes the zero bucket as zero", () => {
    const zeros = createHistogram({ count: 2, sum: 2, zeroCount: 2, zeroThreshold: 0.1 });
    expect(histogramStdvar(zeros)).toBe(1);
  });

  it("is NaN without observations", () => {
    expect(histogramStdvar(createHistogram({}))).toBeNaN();
    expect(histogramAvg(createHistogram({}))).toBeNaN();
  });
});
