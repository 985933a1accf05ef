import { describe, expect, test } from "vitest";

import {
  fingerprint,
  gridOf,
  MAX_POINTS,
  readInstant,
  readMatrix,
  stack,
  statsOf,
  stepFor,
  timesOf,
} from "./columns.ts";

const NONE = Number.NaN;

describe("a range answer", () => {
  const grid = gridOf(10_000, 40_500, 10_000);

  test("is put on the grid, and what is missing is a gap", () => {
    const { series } = readMatrix(
      {
        resultType: "matrix",
        result: [
          {
            metric: { job: "a" },
            values: [
              [10, "1"],
              [30, "-2.5e3"],
              [40, "+Inf"],
            ],
          },
        ],
      },
      grid,
    );
    expect(grid.count).toBe(4);
    expect([...timesOf(grid)]).toEqual([10, 20, 30, 40]);
    expect([...(series[0]?.values ?? [])]).toEqual([1, NONE, -2500, Infinity]);
  });

  test("ignores times outside of its grid", () => {
    const values: [number, string][] = [
      [0, "9"],
      [50, "9"],
      [20, "1"],
    ];
    const { series } = readMatrix({ resultType: "matrix", result: [{ metric: {}, values }] }, grid);
    expect([...(series[0]?.values ?? [])]).toEqual([NONE, 1, NONE, NONE]);
  });

  test("counts histograms, which it cannot draw", () => {
    const matrix = readMatrix(
      { resultType: "matrix", result: [{ metric: {}, histograms: [[10, {}]] }] },
      grid,
    );
    expect(matrix).toMatchObject({ histograms: 1, series: [] });
  });
});

describe("an instant answer", () => {
  test.each([
    ["scalar", [1, "2"], { value: 2, note: "", timeMs: 1000 }],
    ["string", [1, "abc"], { value: NONE, note: "abc" }],
    ["vector", [{ metric: { a: "b" }, value: [3, "-Inf"] }], { value: -Infinity, timeMs: 3000 }],
    [
      "vector",
      [{ metric: {}, histogram: [3, { count: "4", sum: "1.5" }] }],
      { value: NONE, note: "histogram, count 4, sum 1.5", timeMs: 3000 },
    ],
    [
      "matrix",
      [
        {
          metric: {},
          values: [
            [1, "5"],
            [2, "6"],
          ],
        },
      ],
      { value: 6, note: "last of 2 samples" },
    ],
  ])("of type %s is read", (resultType, result, expected) => {
    expect(readInstant({ resultType, result: result as never })[0]).toMatchObject(expected);
  });
});

test("a fingerprint does not depend on the order of labels, and tells boundaries apart", () => {
  expect(fingerprint({ a: "1", b: "2" })).toBe(fingerprint({ b: "2", a: "1" }));
  expect(fingerprint({ a: "bc" })).not.toBe(fingerprint({ ab: "c" }));
  expect(fingerprint({})).toMatch(/^[0-9a-f]{8}$/);
});

test("statistics leave gaps out", () => {
  expect(statsOf(Float64Array.of(NONE, 4, NONE, 1, 7, NONE))).toEqual({
    last: 7,
    min: 1,
    max: 7,
    avg: 4,
  });
  expect(statsOf(Float64Array.of(NONE))).toEqual({ last: null, min: null, max: null, avg: null });
  expect(statsOf(Float64Array.of(1, Infinity)).max).toBe(Infinity);
});

test("a stack stands on what is below, and has a gap only where all have one", () => {
  const stacked = stack([
    Float64Array.of(1, NONE, 3, NONE),
    Float64Array.of(10, 20, NONE, NONE),
    Float64Array.of(100, 100, Infinity, NONE),
  ]);
  expect(stacked.map((column) => [...column])).toEqual([
    [1, 0, 3, NONE],
    [11, 20, 3, NONE],
    [111, 120, 3, NONE],
  ]);
  expect(stack([])).toEqual([]);
});

describe("the step of a range", () => {
  test.each([
    [300_000, undefined, 1000],
    [900_000, undefined, 2000],
    [3_600_000, undefined, 10_000],
    [3_600_000, "low", 30_000],
    [3_600_000, "high", 5000],
    [86_400_000, undefined, 300_000],
    [7_776_000_000, undefined, 21_600_000],
    [3_600_000, 15, 15_000],
  ] as const)("%d ms at resolution %s is %d ms", (rangeMs, resolution, expected) => {
    expect(stepFor(rangeMs, resolution)).toBe(expected);
  });

  test("never asks for more points than the server gives", () => {
    const step = stepFor(7_776_000_000, 1);
    expect(gridOf(0, 7_776_000_000, step).count).toBeLessThanOrEqual(MAX_POINTS);
  });
});
