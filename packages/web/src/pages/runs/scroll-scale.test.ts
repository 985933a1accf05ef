import { expect, test } from "vitest";

import { heightOf, scrollTo, sightOf } from "./scroll-scale.ts";

const VIEW_PX = 560;
const LINE_PX = 28;

test("a short list is drawn whole", () => {
  expect(sightOf(5, LINE_PX, { scrollPx: 0, viewPx: VIEW_PX })).toEqual({
    first: 0,
    end: 5,
    offsetPx: 0,
  });
  expect(sightOf(0, LINE_PX, { scrollPx: 0, viewPx: VIEW_PX }).end).toBe(0);
});

test.each([20_000, 1_000_000])("of %i lines those in sight are drawn, to the last", (lines) => {
  const height = heightOf(lines, LINE_PX);
  expect(height).toBeLessThanOrEqual(8_000_000);
  for (const share of [0, 0.1, 0.5, 0.999, 1]) {
    const scrollPx = share * (height - VIEW_PX);
    const { first, end, offsetPx } = sightOf(lines, LINE_PX, { scrollPx, viewPx: VIEW_PX });
    expect(end - first).toBeLessThan(70);
    expect(offsetPx).toBeLessThanOrEqual(scrollPx);
    expect(offsetPx + (end - first) * LINE_PX).toBeGreaterThanOrEqual(scrollPx + VIEW_PX - 0.01);
  }
  const atEnd = sightOf(lines, LINE_PX, { scrollPx: height - VIEW_PX, viewPx: VIEW_PX });
  expect(atEnd.end).toBe(lines);
});

test("a few pixels draw the same lines at the same place", () => {
  const at = (scrollPx: number) => sightOf(20_000, LINE_PX, { scrollPx, viewPx: VIEW_PX });
  expect(at(2300)).toEqual(at(2310));
});

test.each([20_000, 1_000_000])("a line of %i is brought into sight", (lines) => {
  const top = { scrollPx: 0, viewPx: VIEW_PX };
  expect(scrollTo(3, lines, LINE_PX, top)).toBeUndefined();
  for (const line of [100, lines / 2, lines - 1]) {
    const room = heightOf(lines, LINE_PX) - VIEW_PX;
    const scrollPx = Math.min(room, scrollTo(line, lines, LINE_PX, top) ?? 0);
    expect(scrollTo(line, lines, LINE_PX, { scrollPx, viewPx: VIEW_PX })).toBeUndefined();
    const { first, end } = sightOf(lines, LINE_PX, { scrollPx, viewPx: VIEW_PX });
    expect(first <= line && line < end).toBe(true);
  }
});
