import { describe, expect, test } from "vitest";

import { colourVariable, mixHex, spread, within } from "./shades.ts";

test.each([
  ["#000000", "#ffffff", 50, "#808080"],
  ["#102030", "#506070", 0, "#102030"],
  ["#102030", "#506070", 100, "#506070"],
  ["red", "#ffffff", 50, "red"],
])("%s mixed with %s by %d %% is %s", (from, to, percent, expected) => {
  expect(mixHex(from, to, percent)).toBe(expected);
});

describe("colours of many lines", () => {
  test("take every hue once before one comes again in another shade", () => {
    const colours = Array.from({ length: 16 }, (_, index) => colourVariable(spread(index)));
    expect(new Set(colours).size).toBe(16);
    expect(colours.slice(0, 8)).toEqual(
      Array.from({ length: 8 }, (_, index) => `var(--fl-${index + 1})`),
    );
  });

  test("of one of several families share its hue", () => {
    const family = Array.from({ length: 5 }, (_, index) => within(3, index));
    expect(family.every(({ hue }) => hue === 3)).toBe(true);
    expect(new Set(family.map(colourVariable)).size).toBe(5);
  });
});
