import { describe, expect, it } from "vitest";
import {
  fromClassic,
  fromOtlpExplicit,
  fromOtlpExponential,
  fromWire,
  type OtlpExponentialPoint,
  type WireHistogram,
} from "./convert.ts";
import { HistogramError } from "./error.ts";
import { createHistogram } from "./shape.ts";
import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from "./types.ts";
import { MAX_BUCKETS, toSupportedSchema, validateHistogram } from "./validate.ts";
import { bucketsOf } from "./view.ts";

const wire: WireHistogram = {
  schema: 1,
  zeroThreshold: 0.001,
  sum: 18.4,
  count: 19,
  zeroCount: 2n,
  counterResetHint: "not_reset",
  positiveSpans: [
    { offset: 0, length: 2 },
    { offset: 1, length: 2 },
  ],
  positiveDeltas: [1, 1n, -1, 0],
  negativeSpans: [{ offset: -1, length: 3 }],
  negativeDeltas: [4, 0, 0],
  positiveCounts: [],
  negativeCounts: [],
  customValues: [],
  integers: true,
};

const point: OtlpExponentialPoint = {
  scale: 1,
  count: 10,
  sum: 12.5,
  zeroCount: 1,
  zeroThreshold: 0,
  positive: { offset: 2, counts: [1, 0, 3] },
  negative: { offset: -1, counts: [5] },
};

describe("messages of remote write and of the protobuf exposition", () => {
  it("have deltas, which become counts", () => {
    const h = fromWire(wire);
    expect(h).toMatchObject({ count: 19, zeroCount: 2, counterResetHint: "not_reset" });
    expect(h.positiveBuckets).toEqual([1, 2, 1, 1]);
    expect(h.negativeBuckets).toEqual([4, 4, 4]);
  });

  it("have float counts as they are", () => {
    const floats = {
      ...wire,
      integers: false,
      count: 7.5,
      positiveCounts: [0.5, 1, 2, 2],
      negativeCounts: [1, 1, 0],
    };
    expect(fromWire(floats)).toMatchObject({ count: 7.5, positiveBuckets: [0.5, 1, 2, 2] });
  });

  it("have counts beyond 2^53 without losing the small ones behind", () => {
    const big = 2n ** 60n;
    const h = fromWire({
      ...wire,
      count: big + 1n,
      zeroCount: 0,
      positiveSpans: [{ offset: 0, length: 2 }],
      positiveDeltas: [big, -(big - 1n)],
      negativeSpans: [],
      negativeDeltas: [],
    });
    expect(h.positiveBuckets).toEqual([2 ** 60, 1]);
  });

  it("are reduced when they are finer than what is kept", () => {
    const h = fromWire({ ...wire, schema: 10, zeroThreshold: 0 });
    expect(h.schema).toBe(8);
    expect(h.counterResetHint).toBe("not_reset");
    expect(bucketsOf(h).reduce((sum, { count }) => sum + count, 0)).toBe(19);
  });

  it("of a stale marker say nothing else", () => {
    const stale = fromWire({ ...wire, stale: true, positiveDeltas: [1] });
    expect(stale).toMatchObject({ stale: true, sum: NaN, count: 0, positiveBuckets: [] });
  });

  it.each<[string, Partial<WireHistogram>, RegExp]>([
    ["schema", { schema: 53 }, /unknown schema.*got schema 53/],
    ["schema that is too coarse", { schema: -5 }, /invalid schema.*got schema -5/],
    ["schema of NaN", { schema: NaN }, /unknown schema/],
    ["span", { positiveDeltas: [1] }, /^positive side: spans need 4 buckets, have 1 buckets/],
    [
      "span of a fine schema",
      { schema: 20, positiveDeltas: [1] },
      /^positive side: spans need 4 buckets/,
    ],
    ["huge span", { negativeSpans: [{ offset: 0, length: 4e9 }] }, /^negative side: spans need/],
    [
      "count",
      { count: 20 },
      /^19 observations found in buckets, but the Count field is 20: .*should equal/,
    ],
    [
      "bucket",
      { positiveDeltas: [1, 1, -3, 3] },
      /^positive side: bucket number 3 has observation count of -1/,
    ],
    [
      "number of buckets",
      { positiveDeltas: Array.from({ length: MAX_BUCKETS + 1 }, () => 0) },
      /more than/,
    ],
  ])("are refused for a wrong %s", (_, change, reason) => {
    expect(() => fromWire({ ...wire, ...change })).toThrow(HistogramError);
    expect(() => fromWire({ ...wire, ...change })).toThrow(reason);
  });
});

describe("OTLP", () => {
  it("names buckets by their lower bound, upstream by the upper", () => {
    const h = fromOtlpExponential(point);
    expect(bucketsOf(h).map(({ lower, upper, count }) => [lower, upper, count])).toEqual([
      [-1, -0.7071067811865475, 5],
      [-1e-128, 1e-128, 1],
      [2, 2.82842712474619, 1],
      [4, 5.65685424949238, 3],
    ]);
    expect(h).toMatchObject({ schema: 1, count: 10, sum: 12.5, counterResetHint: "unknown" });
  });

  it("has scales that are finer than 8: these are reduced", () => {
    const h = fromOtlpExponential({
      ...point,
      scale: 10,
      positive: { offset: -3, counts: [1, 1, 1, 1, 1] },
    });
    expect(h.schema).toBe(8);
    expect(h.positiveSpans).toEqual([{ offset: 0, length: 2 }]);
    expect(h.positiveBuckets).toEqual([3, 2]);
  });

  it("reduces any scale, to buckets on both sides of one", () => {
    const positive = { offset: -2, counts: [1, 2, 4, 8] };
    const h = fromOtlpExponential({ ...point, scale: 2000, positive });
    expect(h.positiveSpans).toEqual([{ offset: 0, length: 2 }]);
    expect(h.positiveBuckets).toEqual([3, 12]);
  });

  it("keeps a zero threshold and a hint that are given, and lives without a sum", () => {
    const h = fromOtlpExponential({ ...point, zeroThreshold: 0.25, sum: undefined }, "gauge");
    expect(h).toMatchObject({ zeroThreshold: 0.25, sum: 0, counterResetHint: "gauge" });
  });

  it.each([
    [{ scale: -5 }, /Scale must be >= -4, was -5/],
    [{ scale: NaN }, /Scale must be/],
    [{ scale: 1.5 }, /Scale must be/],
    [{ positive: { offset: 0.5, counts: [1] } }, /impossible offset of 0.5/],
    [{ positive: { offset: 2 ** 40, counts: [1] } }, /impossible offset/],
    [{ zeroCount: -1 }, /zero bucket has observation count of -1/],
    [{ positive: { offset: 0, counts: [-1] } }, /bucket number 1/],
    [
      { negative: { offset: 0, counts: Array.from({ length: MAX_BUCKETS + 1 }, () => 1) } },
      /more than/,
    ],
  ])("refuses %j", (change, reason) => {
    expect(() => fromOtlpExponential({ ...point, ...change })).toThrow(reason);
  });

  it("has explicit bounds: they become custom buckets", () => {
    const h = fromOtlpExplicit({ count: 6n, sum: 9, bounds: [1, 2, 4], counts: [1, 0, 2n, 3] });
    expect(bucketsOf(h).map(({ lower, upper, count }) => [lower, upper, count])).toEqual([
      [-Infinity, 1, 1],
      [2, 4, 2],
      [4, Infinity, 3],
    ]);
    expect(h.customValues).toEqual([1, 2, 4]);
  });

  it("may end with an infinite bound, or have no buckets", () => {
    const infinite = fromOtlpExplicit({
      count: 6,
      sum: 9,
      bounds: [1, Infinity],
      counts: [1, 2, 3],
    });
    expect(infinite).toMatchObject({ customValues: [1], positiveBuckets: [1, 5] });
    const bare = fromOtlpExplicit({ count: 6, sum: 9, bounds: [], counts: [] });
    expect(bare).toMatchObject({ customValues: [], positiveBuckets: [6] });
  });

  it.each([
    [{ bounds: [1, 2], counts: [1, 2] }, /2 buckets for 2 bounds/],
    [{ bounds: [2, 1], counts: [1, 2, 3] }, /strictly increasing/],
    [{ bounds: [NaN], counts: [1, 2] }, /must not be NaN/],
    [{ bounds: [1], counts: [-1, 2] }, /bucket number 1 has observation count of -1/],
  ])("refuses explicit bounds %j", (change, reason) => {
    expect(() => fromOtlpExplicit({ count: 6, sum: 1, ...change })).toThrow(reason);
  });
});

describe("classic histograms", () => {
  it("have cumulative counts, and may lack the bucket of +Inf", () => {
    const whole = fromClassic({
      bounds: [1, 2, Infinity],
      cumulative: [1, 4, 9],
      count: 9,
      sum: 20,
    });
    expect(whole).toMatchObject({
      customValues: [1, 2],
      positiveBuckets: [1, 3, 5],
      count: 9,
      sum: 20,
    });
    expect(fromClassic({ bounds: [1, 2], cumulative: [1, 4], count: 9, sum: 20 })).toEqual(whole);
    expect(fromClassic({ bounds: [1], cumulative: [4], count: undefined, sum: 0 }).count).toBe(4);
  });

  it("are refused when counts decrease", () => {
    expect(() => fromClassic({ bounds: [1, 2], cumulative: [4, 1], count: 4, sum: 0 })).toThrow(
      /bucket number 2/,
    );
  });
});

describe("validation", () => {
  const custom = createHistogram({
    schema: CUSTOM_BUCKETS_SCHEMA,
    count: 3,
    positiveSpans: [{ offset: 0, length: 2 }],
    positiveBuckets: [1, 2],
    customValues: [5],
  });

  it.each<[string, Partial<FloatHistogram>, string | undefined]>([
    ["nothing", {}, undefined],
    ["zero count", { zeroCount: 1 }, "custom buckets: must have zero count of 0"],
    ["threshold", { zeroThreshold: 1 }, "custom buckets: must have zero threshold of 0"],
    [
      "negative spans",
      { negativeSpans: [{ offset: 0, length: 0 }] },
      "custom buckets: must not have negative spans",
    ],
    [
      "negative buckets",
      { negativeBuckets: [1] },
      "custom buckets: must not have negative buckets",
    ],
    [
      "infinity",
      { customValues: [5, Infinity] },
      "custom buckets: last +Inf bound must not be explicitly defined: histogram custom bounds must be finite",
    ],
    [
      "order",
      { customValues: [5, 5] },
      "custom buckets: previous bound is 5.000000 and current is 5.000000: histogram custom bounds must be in strictly increasing order",
    ],
    [
      "too few bounds",
      { customValues: [] },
      "custom buckets: only 0 custom bounds defined which is insufficient to cover total span length of 2: histogram custom bounds are too few",
    ],
    [
      "offset",
      { positiveSpans: [{ offset: -1, length: 2 }] },
      "custom buckets: span number 1 with offset -1: histogram has a span whose offset is negative",
    ],
    ["count", { count: -1 }, "observation count is  -1: histogram's observation count is negative"],
  ])("of custom buckets looks at %s", (_, change, reason) => {
    expect(validateHistogram({ ...custom, ...change })).toBe(reason);
  });

  it("compares counts only where they are integers, and lets NaN observations be missing", () => {
    expect(validateHistogram({ ...custom, count: 4 })).toBeUndefined();
    expect(validateHistogram({ ...custom, count: 4 }, true)).toMatch(/should equal/);
    expect(validateHistogram({ ...custom, count: 4, sum: NaN }, true)).toBeUndefined();
    expect(validateHistogram({ ...custom, count: 2, sum: NaN }, true)).toMatch(
      /should be at least/,
    );
  });

  it("refuses exponential histograms with bounds, with spans that go back, and with too many buckets", () => {
    const exponential = createHistogram({ customValues: [1] });
    expect(validateHistogram(exponential)).toBe(
      "histogram with exponential schema must not have custom bounds",
    );
    const spans = [
      { offset: 0, length: 0 },
      { offset: -1, length: 0 },
    ];
    expect(validateHistogram(createHistogram({ negativeSpans: spans }))).toMatch(
      /^negative side: span number 2/,
    );
    const many = Array.from({ length: MAX_BUCKETS + 1 }, () => 0);
    expect(validateHistogram(createHistogram({ positiveBuckets: many }))).toMatch(/the limit is/);
  });

  it("leaves supported schemas alone", () => {
    expect(toSupportedSchema(custom)).toBe(custom);
    expect(toSupportedSchema(createHistogram({ schema: 9 })).schema).toBe(8);
  });
});
