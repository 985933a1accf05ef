import { expect, test } from "vitest";

import { nearest } from "./exemplar-marks.ts";

const places = [
  { x: 10, y: 10 },
  { x: 14, y: 10 },
  { x: 300, y: 80 },
];

test.each([
  [{ x: 11, y: 10 }, 0],
  [{ x: 13, y: 11 }, 1],
  [{ x: 306, y: 80 }, 2],
  [{ x: 100, y: 80 }, -1],
])("a click at %j picks exemplar %d", (at, expected) => {
  expect(nearest(places, at)).toBe(expected);
});
