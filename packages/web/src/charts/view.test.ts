import { describe, expect, test } from "vitest";

import { moved, zoomed } from "./view.ts";

const view = { from: 100_000, to: 200_000 };

describe("a view", () => {
  test.each([
    [0.25, { from: 125_000, to: 225_000 }],
    [-1, { from: 0, to: 100_000 }],
  ])("moved by %d of its width keeps its width", (part, expected) => {
    expect(moved(view, part)).toEqual(expected);
  });

  test.each([
    [2, 0.5, { from: 50_000, to: 250_000 }],
    [0.5, 0.5, { from: 125_000, to: 175_000 }],
    [0.5, 0, { from: 100_000, to: 150_000 }],
    [0.5, 1, { from: 150_000, to: 200_000 }],
  ])("made %d times as wide keeps what is at %d in place", (factor, place, expected) => {
    expect(zoomed(view, factor, place)).toEqual(expected);
  });

  test("neither begins before 1970 nor shrinks to nothing", () => {
    expect(zoomed(view, 100).from).toBe(0);
    const least = zoomed({ from: 5000, to: 5001 }, 0.1);
    expect(least.to - least.from).toBe(1000);
  });
});
