import { describe, expect, it } from "vitest";
import { decodeHistogram, encodeHistogram } from "./codec.ts";
import { HistogramError } from "./error.ts";
import { randomCustom, randomHistogram, seeded } from "./random.test-kit.ts";
import { createHistogram, histogramsEqual } from "./shape.ts";
import type { FloatHistogram } from "./types.ts";
import { MAX_BUCKETS, validateHistogram } from "./validate.ts";

const typical: FloatHistogram = createHistogram({
  schema: 3,
  count: 4711,
  sum: 93.25,
  zeroCount: 11,
  positiveSpans: [
    { offset: -40, length: 60 },
    { offset: 3, length: 40 },
  ],
  positiveBuckets: Array.from({ length: 100 }, (_, i) => (i * 7919) % 97),
});

/** Undefined where the bytes are refused as they should be; any other error goes on. */
function decodeOrRefuse(bytes: Uint8Array): FloatHistogram | undefined {
  try {
    return decodeHistogram(bytes);
  } catch (error) {
    if (error instanceof HistogramError) return undefined;
    throw error;
  }
}

describe("codec of histograms", () => {
  it("round-trips whatever is valid", () => {
    const random = seeded(11);
    for (let round = 0; round < 500; round++) {
      const made = round % 2 === 0 ? randomHistogram(random) : randomCustom(random);
      const h = round % 3 === 0 ? { ...made, count: made.count + 0.25 } : made;
      const back = decodeHistogram(encodeHistogram(h));
      expect(back).toEqual(h);
      expect(histogramsEqual(back, h)).toBe(true);
    }
  });

  it.each([
    ["NaN as sum", { sum: NaN }],
    ["infinities", { sum: -Infinity, count: Infinity }],
    ["minus zero", { sum: -0, count: -0, zeroThreshold: -0 }],
    ["counts beyond safe integers", { count: 2 ** 60 }],
    ["a stale marker", { sum: NaN, stale: true }],
    ["every hint", { counterResetHint: "not_reset" as const }],
  ])("keeps %s", (_, fields) => {
    const h = { ...typical, ...fields };
    expect(decodeHistogram(encodeHistogram(h))).toEqual(h);
  });

  it("takes little more than a byte for a small count", () => {
    expect(encodeHistogram(typical).length).toBeLessThan(220);
  });

  it("refuses what decoding would refuse", () => {
    const mismatch = { ...typical, positiveBuckets: [1] };
    expect(() => encodeHistogram(mismatch)).toThrow(HistogramError);
    const backwards = {
      ...typical,
      positiveSpans: [
        { offset: 4, length: 60 },
        { offset: -3, length: 40 },
      ],
    };
    expect(() => encodeHistogram(backwards)).toThrow(HistogramError);
    const many = Array.from({ length: MAX_BUCKETS + 1 }, () => 1);
    const huge = {
      ...typical,
      positiveSpans: [{ offset: 0, length: many.length }],
      positiveBuckets: many,
    };
    expect(() => encodeHistogram(huge)).toThrow(HistogramError);
  });

  it("throws for every cut, and for bytes behind the end", () => {
    const bytes = encodeHistogram(typical);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeHistogram(bytes.subarray(0, length))).toThrow(HistogramError);
    }
    const longer = new Uint8Array([...bytes, 0]);
    expect(() => decodeHistogram(longer)).toThrow(HistogramError);
  });

  it("survives random and damaged bytes", () => {
    const random = seeded(12);
    const original = encodeHistogram(typical);
    let read = 0;
    for (let round = 0; round < 20_000; round++) {
      const damaged = round % 2 === 0;
      const bytes = damaged ? original.slice() : new Uint8Array(Math.floor(random() * 60));
      if (damaged) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      else {
        for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(random() * 256);
        if (bytes.length > 1) bytes.set([1, Math.floor(random() * 32)]);
      }
      const h = decodeOrRefuse(bytes);
      if (h === undefined) continue;
      read++;
      expect(h.positiveBuckets.length).toBeLessThanOrEqual(bytes.length);
      validateHistogram(h);
    }
    expect(read).toBeGreaterThan(1000);
  });

  it("does not allocate what a length only promises", () => {
    const promise = [1, 0b11000, 0, ...Array.from({ length: 8 }, () => 0), 1, 0];
    const billions = [1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f];
    expect(() => decodeHistogram(new Uint8Array([...promise, ...billions, 0, 0]))).toThrow(
      /promises more/,
    );
    const spans = [0xff, 0xff, 0xff, 0xff, 0x0f];
    expect(() => decodeHistogram(new Uint8Array([...promise, ...spans, 0, 0]))).toThrow(
      /ends early/,
    );
  });
});
