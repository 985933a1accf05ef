import { describe, expect, it } from "vitest";

import { Labels } from "../labels.ts";
import { isStale, setStale, withoutStale } from "./stale.ts";

const bits = (high: number, low: number): number => {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, high);
  view.setUint32(4, low);
  return view.getFloat64(0);
};

describe("stale markers", () => {
  it("are one NaN and no other", () => {
    const values = Float64Array.of(1, NaN, 0, -NaN, Infinity);
    setStale(values, 2);
    expect([...values.keys()].map((index) => isStale(values, index))).toEqual([
      false,
      false,
      true,
      false,
      false,
    ]);
    expect(values[2]).toBeNaN();
  });

  it("have the bits that Prometheus writes", () => {
    const values = new Float64Array(3).subarray(1, 2);
    setStale(values, 0);
    const view = new DataView(values.buffer, 8, 8);
    const bigEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;
    expect(view.getBigUint64(0, !bigEndian)).toBe(0x7ff0000000000002n);
  });

  it("are not found in quiet NaNs of computations", () => {
    const values = Float64Array.of(bits(0x7ff80000, 2), 0 / 0, bits(0x7ff00000, 3));
    expect([0, 1, 2].map((index) => isStale(values, index))).toEqual([false, false, false]);
  });
});

describe("a series without its stale markers", () => {
  it("is the very same when there are none", () => {
    const times = Float64Array.of(1, 2);
    const series = { labels: Labels.empty, times, values: Float64Array.of(1, NaN) };
    expect(withoutStale(series)).toBe(series);
  });

  it("keeps all columns in line", () => {
    const values = Float64Array.of(1, 0, 3);
    setStale(values, 1);
    const series = {
      labels: Labels.empty,
      times: Float64Array.of(10, 20, 30),
      values,
      histograms: [undefined, undefined, undefined],
      startTimes: Float64Array.of(5, 15, 25),
    };
    expect(withoutStale(series)).toEqual({
      labels: Labels.empty,
      times: Float64Array.of(10, 30),
      values: Float64Array.of(1, 3),
      histograms: [undefined, undefined],
      startTimes: Float64Array.of(5, 25),
    });
    expect(series.times).toHaveLength(3);
  });
});
