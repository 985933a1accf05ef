import { describe, expect, it } from "vitest";
import { bucketBound, exponentialBound } from "./bounds.ts";
import { formatHistogram, histogramJson } from "./format.ts";
import { detectReset, withDetectedHints } from "./reset.ts";
import { compactHistogram, createHistogram, histogramsEqual } from "./shape.ts";
import { trimHistogram } from "./trim.ts";
import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from "./types.ts";
import { BucketView, bucketsOf } from "./view.ts";

const exponential = createHistogram({
  count: 34,
  sum: 123.75,
  zeroCount: 1,
  zeroThreshold: 0.001,
  positiveSpans: [{ offset: 0, length: 4 }],
  positiveBuckets: [2, 4, 8, 16],
  negativeSpans: [{ offset: 0, length: 2 }],
  negativeBuckets: [1, 2],
});

const custom = createHistogram({
  schema: CUSTOM_BUCKETS_SCHEMA,
  count: 15,
  sum: 172.5,
  positiveSpans: [{ offset: 0, length: 5 }],
  positiveBuckets: [1, 6, 4, 3, 1],
  customValues: [5, 10, 15, 20],
});

describe("bounds", () => {
  it.each([
    [0, 0, 1],
    [3, 0, 8],
    [-3, 0, 0.125],
    [1, 1, 1.414213562373095],
    [-1, 1, 0.7071067811865475],
    [1, 8, 1.0027112750502025],
    [2, -2, 256],
    [1024, 0, Number.MAX_VALUE],
    [1025, 0, Infinity],
    [64, -4, Number.MAX_VALUE],
    [65, -4, Infinity],
    [-1074, 0, 5e-324],
    [-1075, 0, 0],
    [-1022 * 2 - 1, 1, 1.5733648139913585e-308],
  ])("bucket %d of schema %d ends at %d", (index, schema, bound) => {
    expect(exponentialBound(index, schema)).toBe(bound);
  });

  it("of custom buckets are given, and infinite around them", () => {
    expect(
      [-1, 0, 3, 4].map((index) => bucketBound(index, CUSTOM_BUCKETS_SCHEMA, custom.customValues)),
    ).toEqual([-Infinity, 5, 20, Infinity]);
  });
});

describe("buckets in order", () => {
  it("run from the lowest to the highest, cut at the zero bucket", () => {
    const wide = createHistogram({
      zeroCount: 3,
      zeroThreshold: 0.75,
      positiveSpans: [{ offset: 0, length: 1 }],
      positiveBuckets: [2],
      negativeSpans: [{ offset: 0, length: 2 }],
      negativeBuckets: [4, 5],
    });
    expect(bucketsOf(wide)).toEqual([
      { lower: -2, upper: -1, count: 5, lowerInclusive: true, upperInclusive: false },
      { lower: -1, upper: -0.75, count: 4, lowerInclusive: true, upperInclusive: false },
      { lower: -0.75, upper: 0.75, count: 3, lowerInclusive: true, upperInclusive: true },
      { lower: 0.75, upper: 1, count: 2, lowerInclusive: false, upperInclusive: true },
    ]);
    expect(new BucketView(wide).isZero(2)).toBe(true);
  });

  it("of a histogram whose spans promise too much end with its counts", () => {
    const broken = { ...custom, positiveBuckets: [1, 6] };
    expect(bucketsOf(broken).map(({ count }) => count)).toEqual([1, 6]);
  });
});

describe("text and JSON", () => {
  it("is that of Go", () => {
    expect(formatHistogram(exponential)).toBe(
      "{count:34, sum:123.75, [-2,-1):2, [-1,-0.5):1, [-0.001,0.001]:1, (0.5,1]:2, (1,2]:4, (2,4]:8, (4,8]:16}",
    );
    expect(formatHistogram(custom)).toBe(
      "{count:15, sum:172.5, [-Inf,5]:1, (5,10]:6, (10,15]:4, (15,20]:3, (20,+Inf]:1}",
    );
    expect(formatHistogram(createHistogram({ count: 1234567, sum: NaN }))).toBe(
      "{count:1.234567e+06, sum:NaN}",
    );
  });

  it("has the rules of the HTTP API for what a bound belongs to", () => {
    expect(histogramJson(exponential)).toEqual({
      count: "34",
      sum: "123.75",
      buckets: [
        [1, "-2", "-1", "2"],
        [1, "-1", "-0.5", "1"],
        [3, "-0.001", "0.001", "1"],
        [0, "0.5", "1", "2"],
        [0, "1", "2", "4"],
        [0, "2", "4", "8"],
        [0, "4", "8", "16"],
      ],
    });
    expect(histogramJson(custom).buckets?.[0]).toEqual([3, "-Inf", "5", "1"]);
    expect(histogramJson(custom).buckets?.[4]).toEqual([0, "20", "+Inf", "1"]);
  });

  it("leaves out empty buckets, and the list when there is none", () => {
    expect(histogramJson(createHistogram({ count: 0, sum: -0 }))).toEqual({
      count: "0",
      sum: "-0",
    });
  });
});

describe("equality and shape", () => {
  it("does not depend on how spans are cut, nor on hints", () => {
    const cut: FloatHistogram = {
      ...exponential,
      counterResetHint: "gauge",
      positiveSpans: [
        { offset: -2, length: 0 },
        { offset: 2, length: 1 },
        { offset: 0, length: 3 },
        { offset: 9, length: 0 },
      ],
    };
    expect(histogramsEqual(exponential, cut)).toBe(true);
    expect(compactHistogram(cut).positiveSpans).toEqual([{ offset: 0, length: 4 }]);
  });

  it.each<[string, Partial<FloatHistogram>]>([
    ["sum", { sum: 1 }],
    ["sign of zero", { zeroCount: -0 }],
    ["zero threshold", { zeroThreshold: 0.002 }],
    ["schema", { schema: 1 }],
    ["a bucket", { positiveBuckets: [2, 4, 8, 17] }],
    ["a place", { negativeSpans: [{ offset: 1, length: 2 }] }],
    ["bounds", { customValues: [1] }],
  ])("depends on %s", (_, change) => {
    expect(histogramsEqual(exponential, { ...exponential, ...change })).toBe(false);
  });

  it("is that of NaN to itself", () => {
    expect(histogramsEqual({ ...exponential, sum: NaN }, { ...exponential, sum: NaN })).toBe(true);
  });

  it("compacts empty buckets away", () => {
    const sparse = { ...exponential, positiveBuckets: [0, 4, 0, 16], negativeBuckets: [0, 0] };
    const compact = compactHistogram(sparse);
    expect(compact.positiveSpans).toEqual([
      { offset: 1, length: 1 },
      { offset: 1, length: 1 },
    ]);
    expect(compact.positiveBuckets).toEqual([4, 16]);
    expect(compact.negativeSpans).toEqual([]);
    expect(compactHistogram(compact)).toBe(compact);
  });
});

describe("resets", () => {
  const grown = { ...exponential, count: 35, positiveBuckets: [2, 4, 8, 17] };

  it.each<[string, Partial<FloatHistogram>, boolean]>([
    ["nothing changed", {}, false],
    ["the hint says so", { counterResetHint: "reset" }, true],
    ["the hint denies it", { count: 1, counterResetHint: "not_reset" }, false],
    ["the count fell", { count: 33 }, true],
    ["a bucket fell", { positiveBuckets: [2, 4, 9, 15] }, true],
    ["a negative bucket fell", { negativeBuckets: [0, 3] }, true],
    ["the zero bucket fell", { zeroCount: 0 }, true],
    ["the resolution rose", { schema: 1 }, true],
    ["the zero bucket shrank", { zeroThreshold: 0.0001 }, true],
    ["a populated bucket is gone", { positiveSpans: [{ offset: 1, length: 4 }] }, true],
    ["the zero bucket ends in a populated bucket", { zeroThreshold: 0.75, zeroCount: 10 }, true],
  ])("%s", (_, change, expected) => {
    expect(detectReset({ ...exponential, ...change }, exponential)).toBe(expected);
  });

  it("are none when counts grew, also in a lower resolution or a wider zero bucket", () => {
    expect(detectReset(grown, exponential)).toBe(false);
    const coarse = createHistogram({
      ...exponential,
      schema: -1,
      positiveSpans: [{ offset: 0, length: 3 }],
      positiveBuckets: [2, 12, 16],
      negativeSpans: [{ offset: 0, length: 2 }],
      negativeBuckets: [1, 2],
    });
    expect(detectReset(coarse, exponential)).toBe(false);
    expect(detectReset({ ...coarse, positiveBuckets: [2, 11, 17] }, exponential)).toBe(true);
    const wide = {
      ...exponential,
      zeroThreshold: 1,
      zeroCount: 4,
      positiveSpans: [{ offset: 1, length: 3 }],
      positiveBuckets: [4, 8, 16],
      negativeSpans: [{ offset: 1, length: 1 }],
      negativeBuckets: [2],
    };
    expect(detectReset(wide, exponential)).toBe(false);
    expect(detectReset({ ...wide, zeroCount: 3 }, exponential)).toBe(true);
  });

  it("of custom buckets are looked for between the bounds that both have", () => {
    const merged = { ...custom, customValues: [10, 20], positiveSpans: [{ offset: 0, length: 3 }] };
    expect(detectReset({ ...merged, positiveBuckets: [7, 7, 1] }, custom)).toBe(false);
    expect(detectReset({ ...merged, positiveBuckets: [6, 8, 1] }, custom)).toBe(true);
    expect(detectReset(custom, { ...merged, positiveBuckets: [7, 7, 1] })).toBe(false);
    expect(detectReset(custom, exponential)).toBe(true);
    expect(detectReset({ ...exponential, count: 40 }, custom)).toBe(true);
  });

  it("fill in hints that are unknown, and only those", () => {
    const fallen = { ...exponential, count: 1 };
    const gauge: FloatHistogram = { ...exponential, counterResetHint: "gauge" };
    const hints = withDetectedHints([exponential, undefined, grown, fallen, gauge]).map(
      (h) => h?.counterResetHint,
    );
    expect(hints).toEqual(["unknown", undefined, "not_reset", "reset", "gauge"]);
  });
});

describe("trimming", () => {
  it("keeps the exact sum when nothing is removed", () => {
    expect(trimHistogram(exponential, -Infinity, "lower")).toBe(exponential);
    expect(trimHistogram(custom, Infinity, "upper")).toBe(custom);
  });

  it.each([
    ["upper", 2],
    ["lower", 2],
    ["upper", 1.5],
    ["lower", 0],
    ["upper", -1.3],
  ] as const)("what is left at the %s end of %d is what the other removes", (end, limit) => {
    const kept = trimHistogram(exponential, limit, end);
    const rest = trimHistogram(exponential, limit, end === "upper" ? "lower" : "upper");
    expect(kept.count + rest.count).toBeCloseTo(exponential.count, 12);
    expect(kept.count).toBeLessThan(exponential.count);
  });

  it("divides a bucket by logarithms, custom ones by lengths", () => {
    expect(trimHistogram(exponential, Math.SQRT2, "upper").positiveBuckets[1]).toBeCloseTo(2, 12);
    expect(trimHistogram(custom, 7.5, "upper")).toMatchObject({
      count: 4,
      positiveBuckets: [1, 3],
    });
    expect(trimHistogram(custom, 7.5, "lower")).toMatchObject({
      count: 11,
      positiveBuckets: [3, 4, 3, 1],
    });
  });

  it("keeps or removes a bucket without end as a whole", () => {
    expect(trimHistogram(custom, 50, "upper")).toMatchObject({ count: 14, sum: 150 });
    expect(trimHistogram(custom, 50, "lower")).toMatchObject({ count: 1, sum: 50 });
    expect(trimHistogram(custom, -Infinity, "upper")).toMatchObject({
      count: 0,
      positiveBuckets: [],
    });
  });

  it("removes everything for NaN, as no bucket is on a side of it", () => {
    expect(trimHistogram({ ...exponential, zeroCount: 0 }, NaN, "upper").count).toBe(0);
  });
});
