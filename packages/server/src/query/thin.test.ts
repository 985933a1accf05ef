import { expect, it } from "vitest";

import { wordsOf, writeStale } from "#lib";

import { thin } from "./thin.ts";

const ramp = (length: number, value: (i: number) => number) => ({
  times: Float64Array.from({ length }, (_, i) => i * 1000),
  values: Float64Array.from({ length }, (_, i) => value(i)),
});

it("leaves a short series as it is, with gaps where it ended or is not a number", () => {
  const series = ramp(4, (i) => (i === 1 ? Infinity : i));
  writeStale(wordsOf(series.values), 2);
  expect(thin(series, 0, 3000, 10)).toEqual({
    timestamps: [0, 1000, 2000, 3000],
    values: [0, null, null, 3],
  });
});

it("keeps a spike of one sample among thousands", () => {
  const points = thin(
    ramp(10_000, (i) => (i === 4321 ? 99 : 1)),
    0,
    9_999_000,
    100,
  );
  expect(points.values).toContain(99);
  expect(points.timestamps[points.values.indexOf(99)]).toBe(4_321_000);
  expect(points.timestamps.length).toBeLessThanOrEqual(102);
});

it("keeps times in order and the extremes of every bucket", () => {
  const points = thin(
    ramp(1000, (i) => Math.sin(i / 10)),
    0,
    999_000,
    50,
  );
  expect(points.timestamps).toEqual(points.timestamps.toSorted((a, b) => a - b));
  expect(Math.max(...points.values.map(Number))).toBeCloseTo(1, 2);
  expect(Math.min(...points.values.map(Number))).toBeCloseTo(-1, 2);
});
