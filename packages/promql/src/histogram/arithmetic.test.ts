import { describe, expect, it } from "vitest";
import { addHistograms, divideHistogram, scaleHistogram, subHistograms } from "./arithmetic.ts";
import { formatHistogram } from "./format.ts";
import { randomCustom, randomHistogram, seeded } from "./random.test-kit.ts";
import { compactHistogram, createHistogram, histogramsEqual, reduceResolution } from "./shape.ts";
import { HistogramSum } from "./sum.ts";
import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from "./types.ts";
import { bucketsOf } from "./view.ts";

const exponential = createHistogram({
  schema: 0,
  count: 10,
  sum: 20,
  zeroCount: 1,
  zeroThreshold: 0.001,
  positiveSpans: [{ offset: 0, length: 3 }],
  positiveBuckets: [2, 3, 4],
});

function custom(bounds: number[], counts: number[]): FloatHistogram {
  return createHistogram({
    schema: CUSTOM_BUCKETS_SCHEMA,
    count: counts.reduce((sum, count) => sum + count, 0),
    sum: 7,
    positiveSpans: [{ offset: 0, length: counts.length }],
    positiveBuckets: counts,
    customValues: bounds,
  });
}

/** All observations that buckets hold. */
function counted(h: FloatHistogram): number {
  return bucketsOf(h).reduce((sum, bucket) => sum + bucket.count, 0);
}

describe("adding and subtracting", () => {
  it("inserts buckets that only one side has", () => {
    const other = createHistogram({
      count: 5,
      sum: 1,
      zeroThreshold: 0.001,
      positiveSpans: [
        { offset: -2, length: 1 },
        { offset: 2, length: 1 },
        { offset: 2, length: 1 },
      ],
      positiveBuckets: [1, 1, 3],
    });
    const sum = addHistograms(exponential, other)?.histogram;
    expect(sum?.positiveSpans).toEqual([
      { offset: -2, length: 1 },
      { offset: 1, length: 3 },
      { offset: 1, length: 1 },
    ]);
    expect(sum?.positiveBuckets).toEqual([1, 2, 4, 4, 3]);
    expect([sum?.count, sum?.sum, sum?.zeroCount]).toEqual([15, 21, 1]);
  });

  it("takes the lower resolution of both, whichever comes first", () => {
    const fine = createHistogram({
      schema: 1,
      count: 7,
      zeroThreshold: 0.001,
      positiveSpans: [{ offset: 0, length: 3 }],
      positiveBuckets: [1, 2, 4],
    });
    for (const sum of [addHistograms(exponential, fine), addHistograms(fine, exponential)]) {
      expect(sum?.histogram.schema).toBe(0);
      expect(sum?.histogram.positiveBuckets).toEqual([3, 9, 4]);
    }
  });

  it("widens a zero bucket, up to the end of a populated bucket", () => {
    const wide = createHistogram({ zeroThreshold: 0.75, zeroCount: 5, count: 5 });
    const sum = addHistograms(exponential, wide)?.histogram;
    expect(sum?.zeroThreshold).toBe(1);
    expect(sum?.zeroCount).toBe(8);
    expect(sum?.positiveBuckets).toEqual([3, 4]);
    expect(sum?.positiveSpans).toEqual([{ offset: 1, length: 2 }]);
  });

  it("does not widen it beyond an empty bucket", () => {
    const gap = { ...exponential, positiveBuckets: [0, 3, 4] };
    const sum = addHistograms(gap, createHistogram({ zeroThreshold: 0.75 }));
    expect(sum?.histogram.zeroThreshold).toBe(0.75);
  });

  it("reconciles custom bounds to those that both have, and says so", () => {
    const sum = addHistograms(
      custom([2, 4, 6], [1, 2, 5, 7]),
      custom([1, 2, 6, 8], [1, 1, 1, 1, 1]),
    );
    expect(sum?.boundsReconciled).toBe(true);
    expect(sum?.histogram.customValues).toEqual([2, 6]);
    expect(sum?.histogram.positiveBuckets).toEqual([3, 8, 9]);
    const disjoint = addHistograms(custom([1], [1, 2]), custom([3], [4, 8]));
    expect(disjoint?.histogram.customValues).toEqual([]);
    expect(disjoint?.histogram.positiveBuckets).toEqual([15]);
    expect(addHistograms(custom([1], [1, 2]), custom([1], [4, 8]))?.boundsReconciled).toBe(false);
  });

  it("does not mix exponential and custom buckets", () => {
    expect(addHistograms(exponential, custom([1], [1, 1]))).toBeUndefined();
    expect(subHistograms(custom([1], [1, 1]), exponential)).toBeUndefined();
    expect(new HistogramSum(exponential, "sum").add(custom([1], [1, 1]))).toBe(false);
  });

  it.each([
    ["gauge", "reset", "gauge", false],
    ["not_reset", "gauge", "gauge", false],
    ["unknown", "reset", "unknown", false],
    ["not_reset", "not_reset", "not_reset", false],
    ["reset", "not_reset", "unknown", true],
  ] as const)("makes of the hints %s and %s %s, conflict: %s", (a, b, hint, conflict) => {
    const left = { ...exponential, counterResetHint: a };
    const sum = addHistograms(left, { ...exponential, counterResetHint: b });
    expect(sum?.histogram.counterResetHint).toBe(hint);
    expect(sum?.resetsConflict).toBe(conflict);
  });

  it("subtracts to nothing what it added", () => {
    const random = seeded(1);
    for (let round = 0; round < 200; round++) {
      const a = randomHistogram(random);
      const b = { ...randomHistogram(random), schema: a.schema, zeroThreshold: a.zeroThreshold };
      const sum = addHistograms(a, b)?.histogram ?? a;
      const back = compactHistogram(subHistograms(sum, b)?.histogram ?? a);
      expect(formatHistogram({ ...back, sum: 0 })).toBe(
        formatHistogram({ ...compactHistogram(a), sum: 0 }),
      );
    }
  });

  it("is commutative, and loses no observation, whatever is added", () => {
    const random = seeded(2);
    for (let round = 0; round < 500; round++) {
      const make = round % 3 === 0 ? randomCustom : randomHistogram;
      const a = make(random);
      const b = make(random);
      const forth = addHistograms(a, b)?.histogram ?? a;
      const back = addHistograms(b, a)?.histogram ?? b;
      expect(
        histogramsEqual(compactHistogram(forth), compactHistogram(back)),
        formatHistogram(forth),
      ).toBe(true);
      expect(counted(forth)).toBe(forth.count);
    }
  });

  it("does not depend on how spans are cut", () => {
    const random = seeded(6);
    for (let round = 0; round < 200; round++) {
      const a = round % 3 === 0 ? randomCustom(random) : randomHistogram(random);
      const b = scaleHistogram(a, 3);
      const cut = {
        ...b,
        positiveSpans: b.positiveSpans.flatMap(({ offset, length }) => [
          { offset, length: 1 },
          { offset: 0, length: length - 1 },
        ]),
      };
      const whole = subHistograms(b, a)?.histogram ?? a;
      const pieces = subHistograms(cut, a)?.histogram ?? a;
      expect(histogramsEqual(whole, pieces)).toBe(true);
      expect(histogramsEqual({ ...whole, sum: 0 }, { ...scaleHistogram(a, 2), sum: 0 })).toBe(true);
    }
  });

  it("scales and divides, and makes a gauge of what becomes negative", () => {
    expect(scaleHistogram(exponential, 2).positiveBuckets).toEqual([4, 6, 8]);
    expect(divideHistogram(exponential, 2)).toMatchObject({ count: 5, sum: 10, zeroCount: 0.5 });
    expect(scaleHistogram(exponential, -1).counterResetHint).toBe("gauge");
    expect(divideHistogram(exponential, -1).counterResetHint).toBe("gauge");
    const infinite = divideHistogram(exponential, 0);
    expect(infinite).toMatchObject({ count: Infinity, sum: Infinity, zeroCount: Infinity });
    expect(infinite.positiveBuckets).toEqual([]);
  });
});

describe("reducing the resolution", () => {
  it("keeps every observation in a bucket that contains its old one", () => {
    const random = seeded(3);
    for (let round = 0; round < 300; round++) {
      const fine = randomHistogram(random);
      for (let schema = fine.schema; schema >= -4; schema--) {
        const coarse = reduceResolution(fine, schema);
        expect(counted(coarse)).toBe(counted(fine));
        const buckets = bucketsOf(coarse);
        for (const bucket of bucketsOf(fine)) {
          expect(
            buckets.some(({ lower, upper }) => lower <= bucket.lower && upper >= bucket.upper),
          ).toBe(true);
        }
      }
    }
  });

  it("goes step by step to the same as at once", () => {
    const random = seeded(4);
    for (let round = 0; round < 100; round++) {
      const fine = { ...randomHistogram(random), schema: 5 };
      expect(reduceResolution(reduceResolution(fine, 2), -1)).toEqual(reduceResolution(fine, -1));
    }
  });
});

describe("HistogramSum", () => {
  it("adds what addHistograms adds", () => {
    const random = seeded(5);
    for (let round = 0; round < 300; round++) {
      const make = round % 3 === 0 ? randomCustom : randomHistogram;
      const all = [make(random), make(random), make(random)] as const;
      const sum = new HistogramSum(all[0], "sum");
      let expected: FloatHistogram = all[0];
      for (const h of all.slice(1)) {
        expect(sum.add(h)).toBe(true);
        expected = addHistograms(expected, h)?.histogram ?? expected;
      }
      const got = compactHistogram(sum.result());
      expect(got.sum).toBeCloseTo(expected.sum, 9);
      expect(formatHistogram({ ...got, sum: 0 })).toBe(
        formatHistogram({ ...compactHistogram(expected), sum: 0 }),
      );
      expect(got.counterResetHint).toBe(expected.counterResetHint);
    }
  });

  it("keeps small counts next to huge ones", () => {
    const huge = createHistogram({
      count: 1e17,
      positiveSpans: [{ offset: 0, length: 1 }],
      positiveBuckets: [1e17],
    });
    const one = { ...huge, count: 1, positiveBuckets: [1] };
    const sum = new HistogramSum(one, "sum");
    for (const h of [huge, one, scaleHistogram(huge, -1)]) sum.add(h);
    expect(sum.result()).toMatchObject({ count: 2, positiveBuckets: [2] });
  });

  it("takes a mean, also of what overflows when added", () => {
    const make = (value: number): FloatHistogram =>
      createHistogram({
        count: value,
        sum: value,
        positiveSpans: [{ offset: 3, length: 1 }],
        positiveBuckets: [value],
      });
    const mean = (...values: number[]): FloatHistogram => {
      const [first = 0, ...others] = values;
      const sum = new HistogramSum(make(first), "mean");
      for (const value of others) sum.add(make(value));
      return sum.result();
    };
    expect(mean(1, 2, 6)).toMatchObject({ count: 3, sum: 3, positiveBuckets: [3] });
    expect(mean(4)).toMatchObject({ count: 4, sum: 4 });
    const large = mean(1e308, 1.5e308, 5e307, 1e308);
    expect(large.sum / 1e308).toBeCloseTo(1, 12);
    expect((large.positiveBuckets[0] ?? 0) / 1e308).toBeCloseTo(1, 12);
  });

  it("tells of conflicting resets and of reconciled bounds", () => {
    const sum = new HistogramSum({ ...exponential, counterResetHint: "reset" }, "sum");
    sum.add({ ...exponential, counterResetHint: "unknown" });
    expect(sum.resetsConflict).toBe(false);
    sum.add({ ...exponential, counterResetHint: "not_reset" });
    expect(sum.resetsConflict).toBe(true);
    const bounds = new HistogramSum(custom([1, 2], [1, 1, 1]), "mean");
    bounds.add(custom([2, 3], [1, 1, 1]));
    expect(bounds.boundsReconciled).toBe(true);
    expect(bounds.result()).toMatchObject({ customValues: [2], positiveBuckets: [1.5, 1.5] });
  });
});
