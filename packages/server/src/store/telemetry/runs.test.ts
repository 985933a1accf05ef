import { expect, it } from "vitest";

import { isStale, wordsOf, writeStale } from "#lib";

import { collectRuns, type SampleBlock } from "./runs.ts";

const block = (...rows: [bigint, number, number][]): SampleBlock => ({
  ids: BigUint64Array.from(rows, ([id]) => id),
  times: Float64Array.from(rows, ([, time]) => time),
  values: Float64Array.from(rows, ([, , value]) => value),
});
const rows = (found: ReturnType<typeof collectRuns>) =>
  found.map((one) => one && [...one.times].map((time, i) => [time, one.values[i]]));

it("puts the pieces of each series in order", () => {
  const found = collectRuns(
    [7n, 1n, 9n],
    [
      block([1n, 10, 1], [1n, 20, 2], [7n, 10, 70], [1n, 30, 3]),
      block([7n, 5, 69], [1n, 5, 0], [3n, 1, 1]),
    ],
  );
  expect(rows(found)).toEqual([
    [
      [5, 69],
      [10, 70],
    ],
    [
      [5, 0],
      [10, 1],
      [20, 2],
      [30, 3],
    ],
    undefined,
  ]);
});

it("sorts pieces that lie between one another, and leaves doubles in", () => {
  const found = collectRuns(
    [1n],
    [block([1n, 10, 1], [1n, 30, 3]), block([1n, 20, 2], [1n, 30, 9], [1n, 40, 4])],
  );
  expect(rows(found)).toEqual([
    [
      [10, 1],
      [20, 2],
      [30, 3],
      [30, 9],
      [40, 4],
    ],
  ]);
});

it("sees a new piece where time goes back within a block", () => {
  const found = collectRuns([1n], [block([1n, 30, 3], [1n, 40, 4], [1n, 10, 1], [1n, 20, 2])]);
  expect(rows(found)[0]?.map((row) => row[0])).toEqual([10, 20, 30, 40]);
});

it("tells ids apart that differ in one half only", () => {
  const found = collectRuns([1n, 1n + 2n ** 32n], [block([1n, 1, 1], [1n + 2n ** 32n, 2, 2])]);
  expect(rows(found)).toEqual([[[1, 1]], [[2, 2]]]);
});

it("keeps the bits of a stale marker, sorted or not", () => {
  for (const second of [5, 50]) {
    const first = block([1n, 10, 1], [1n, 30, 0]);
    writeStale(wordsOf(first.values), 1);
    const [found] = collectRuns([1n], [first, block([1n, second, 2], [1n, second + 1, 2])]);
    const at = [...(found?.times ?? [])].indexOf(30);
    expect(isStale(wordsOf(found?.values ?? new Float64Array(0)), at)).toBe(true);
  }
});

it("answers nothing from nothing", () => {
  expect(collectRuns([], [])).toEqual([]);
  expect(collectRuns([1n], [])).toEqual([undefined]);
});
