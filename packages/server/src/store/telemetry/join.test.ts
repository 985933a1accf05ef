import { expect, it } from "vitest";

import { isStale, wordsOf, writeStale } from "#lib";

import { joinColumns } from "./join.ts";

const columns = (...samples: [number, number][]) => ({
  times: Float64Array.from(samples, ([time]) => time),
  values: Float64Array.from(samples, ([, value]) => value),
});
const rows = (joined: { times: Float64Array; values: Float64Array }) =>
  [...joined.times].map((time, i) => [time, joined.values[i]]);

it.each([
  [
    "table before head",
    columns([1, 1], [2, 2]),
    columns([3, 3]),
    [
      [1, 1],
      [2, 2],
      [3, 3],
    ],
  ],
  ["only the table", columns([1, 1]), columns(), [[1, 1]]],
  ["only the head", columns(), columns([1, 1]), [[1, 1]]],
  [
    "the head wins at equal times",
    columns([1, 1], [2, 2]),
    columns([2, 20], [3, 30]),
    [
      [1, 1],
      [2, 20],
      [3, 30],
    ],
  ],
  [
    "doubles of the table count once, the first of them",
    columns([1, 1], [1, 9], [2, 2]),
    columns(),
    [
      [1, 1],
      [2, 2],
    ],
  ],
  [
    "table rows among head rows",
    columns([2, 2], [4, 4]),
    columns([1, 1], [3, 3], [5, 5]),
    [
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 4],
      [5, 5],
    ],
  ],
])("joins %s", (_name, stored, recent, expected) => {
  expect(rows(joinColumns(stored, recent))).toEqual(expected);
});

it("keeps the bits of a stale marker when it merges", () => {
  const stored = columns([1, 0], [1, 0], [2, 2]);
  writeStale(wordsOf(stored.values), 0);
  expect(isStale(wordsOf(joinColumns(stored, columns([2, 5])).values), 0)).toBe(true);
});
