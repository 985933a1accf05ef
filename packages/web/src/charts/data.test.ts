import { describe, expect, test } from "vitest";

import { huesOf, HUES } from "./colours.ts";
import { toCsv } from "./csv.ts";
import { align, combine, extentOf, lonely, rate, withGaps, zeroStretches } from "./data.ts";
import { valueRange } from "./axes.ts";
import { sparkPath, usualTop } from "./spark-path.ts";
import { rowsAt } from "./tooltip.ts";

describe("shaping samples", () => {
  test("a pause in the samples becomes a gap, an ordinary delay does not", () => {
    const timestamps = [0, 1000, 2000, 4000, 5000, 20_000, 21_000];
    const { timestamps: times, values } = withGaps({ timestamps, values: [1, 1, 1, 1, 1, 1, 1] });
    expect(times).toEqual([0, 1000, 2000, 4000, 5000, 6000, 20_000, 21_000]);
    expect(values[5]).toBeNull();
    expect(values.filter((value) => value === null)).toHaveLength(1);
  });

  test("a sample between gaps stands alone, and so does a single one", () => {
    expect(lonely([null, 5, null, 1, 2, undefined, 3])).toEqual([1, 6]);
    expect(lonely([7])).toEqual([0]);
    expect(lonely([1, 2, null])).toEqual([]);
  });

  test("one sample and none stay as they are", () => {
    expect(withGaps({ timestamps: [5], values: [1] })).toEqual({ timestamps: [5], values: [1] });
    expect(withGaps({ timestamps: [], values: [] })).toEqual({ timestamps: [], values: [] });
  });

  test("a rate is per second, starts anew after a reset and breaks at a gap", () => {
    const counter = { timestamps: [0, 2000, 4000, 6000, 8000], values: [10, 30, 4, null, 9] };
    expect(rate(counter)).toEqual({
      timestamps: [2000, 4000, 6000, 8000],
      values: [10, 2, null, null],
    });
  });

  test("a rate of two samples at one time is none", () => {
    expect(rate({ timestamps: [1000, 1000], values: [1, 2] }).timestamps).toEqual([]);
  });

  test("series are combined where all of them have a value", () => {
    const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
    const one = { timestamps: [1, 2, 3], values: [1, 2, 3] };
    const two = { timestamps: [1, 3], values: [10, null] };
    expect(combine([one, two], sum)).toEqual({ timestamps: [1, 2, 3], values: [11, null, null] });
    expect(combine([], sum)).toEqual({ timestamps: [], values: [] });
  });

  test("series side by side tell a missing sample from a broken line", () => {
    const aligned = align([
      { timestamps: [1000, 3000], values: [1, 3] },
      { timestamps: [2000, 3000], values: [null, 30] },
    ]);
    expect(aligned).toEqual([
      [1, 2, 3],
      [1, undefined, 3],
      [undefined, null, 30],
    ]);
  });

  test("the extent leaves gaps out, but says when the latest is one", () => {
    expect(extentOf([3, null, 1, 2, null])).toEqual({ last: null, min: 1, max: 3 });
    expect(extentOf([])).toEqual({ last: null, min: null, max: null });
  });

  test("failing stretches last up to the first success", () => {
    const timestamps = [10, 20, 30, 40, 50];
    expect(zeroStretches({ timestamps, values: [1, 0, 0, 1, 0] })).toEqual([
      { from: 20, to: 40 },
      { from: 50, to: 50 },
    ]);
  });
});

describe("the value axis", () => {
  test.each<[string, number | null, number | null, boolean, number[]]>([
    ["holds the threshold", 1, 2, false, [50]],
    ["holds zero when asked", 100, 110, true, []],
    ["is not a point for a flat line", 5, 5, false, []],
    ["is not a point for a flat zero", 0, 0, true, []],
    ["exists without data", null, null, true, []],
    ["holds negative values", -5, -1, true, []],
  ])("%s", (_, least, greatest, zeroBased, include) => {
    const [low, high] = valueRange(least, greatest, { zeroBased, include });
    expect(high).toBeGreaterThan(low);
    for (const value of [least ?? 0, greatest ?? 0, ...include, ...(zeroBased ? [0] : [])]) {
      expect(value).toBeGreaterThanOrEqual(low);
      expect(value).toBeLessThanOrEqual(high);
    }
  });

  test("begins exactly at zero for counts", () => {
    expect(valueRange(3, 9, { zeroBased: true, include: [] })[0]).toBe(0);
  });
});

describe("hues", () => {
  test("differ as long as there are enough, and repeat evenly after that", () => {
    const keys = Array.from({ length: HUES * 2 }, (_, index) => `series ${index}`);
    expect(new Set(huesOf(keys.slice(0, HUES)).values()).size).toBe(HUES);
    const counts = new Map<number, number>();
    for (const hue of huesOf(keys).values()) counts.set(hue, (counts.get(hue) ?? 0) + 1);
    expect([...counts.values()]).toEqual(Array.from({ length: HUES }, () => 2));
  });

  test("stay with their key", () => {
    expect(huesOf(["orchestrator"]).get("orchestrator")).toBe(
      huesOf(["orchestrator"]).get("orchestrator"),
    );
    expect(huesOf(["a", "a"]).size).toBe(1);
  });
});

describe("a sparkline", () => {
  const frame = { width: 100, height: 20 };

  test("is cut where a value is missing, and marks the place", () => {
    const { line, misses } = sparkPath({ timestamps: [0, 50, 100], values: [1, null, 1] }, frame);
    expect(line.match(/M/g)).toHaveLength(2);
    expect(misses).toEqual([50]);
  });

  test("stays inside its frame above its limit and without data", () => {
    const { line } = sparkPath({ timestamps: [0, 100], values: [0, 500] }, { ...frame, max: 100 });
    expect(line).toBe("M0 19L100 1");
    expect(sparkPath({ timestamps: [], values: [] }, frame).line).toBe("");
  });
});

test.each<[string, (number | null)[], number | undefined]>([
  ["one outlier among many is cut off", [2, 2, 90, 2, null, 2], 8],
  ["an ordinary course keeps its own top", [1, 2, 3, 4], undefined],
  ["values that are mostly zero keep theirs", [0, 0, 0, 5], undefined],
  ["nothing has no top", [], undefined],
])("the top of a sparkline: %s", (_, values, top) => {
  expect(usualTop(values)).toBe(top);
});

describe("what the pointer shows", () => {
  const names = Array.from({ length: 14 }, (_, index) => ({ label: `s${index}`, colour: "red" }));

  test("is sorted by value, with the latest sample of a series that has none there", () => {
    const { rows, hidden } = rowsAt(
      [
        [1, undefined],
        [5, 7],
      ],
      names,
      1,
      0,
    );
    expect(rows.map(({ label, value }) => [label, value])).toEqual([
      ["s1", 7],
      ["s0", 1],
    ]);
    expect(hidden).toBe(0);
  });

  test("leaves out gaps, and keeps those near the pointer when there are many", () => {
    const columns = names.map((_, index) => [index === 13 ? null : index]);
    const { rows, hidden } = rowsAt(columns, names, 0, 12);
    expect(rows[0]?.value).toBe(12);
    expect(rows).toHaveLength(10);
    expect(hidden).toBe(3);
  });
});

test("CSV has one line per time, and no cell that a spreadsheet would run", () => {
  const text = toCsv([
    { label: 'a "b", c', timestamps: [0, 1000], values: [1, null] },
    { label: "=SUM(A1)", timestamps: [1000], values: [2.5] },
  ]);
  expect(text.split("\n")).toEqual([
    `time,"a ""b"", c",'=SUM(A1)`,
    "1970-01-01T00:00:00.000Z,1,",
    "1970-01-01T00:00:01.000Z,,2.5",
    "",
  ]);
});
