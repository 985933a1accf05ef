import { describe, expect, test } from "vitest";

import type { Pen } from "./grid-paths.ts";
import { drawArea, drawLine, finiteExtent } from "./grid-paths.ts";

const NONE = Number.NaN;

/** Notes what is drawn as `M x,y` and `L x,y`. */
const notebook = (): Pen & { text: () => string } => {
  const steps: string[] = [];
  return {
    moveTo: (x, y) => void steps.push(`M${x},${y}`),
    lineTo: (x, y) => void steps.push(`L${x},${y}`),
    text: () => steps.join(" "),
  };
};

const same = { x: (value: number) => value, y: (value: number) => value };
const tenth = { x: (value: number) => value / 10, y: (value: number) => value };

const line = (xs: number[], ys: number[], transform = same): string => {
  const pen = notebook();
  drawLine(pen, { xs, ys, from: 0, to: xs.length - 1 }, transform);
  return pen.text();
};

describe("a line", () => {
  test("joins neighbours and stops at a gap", () => {
    expect(line([0, 1, 2, 3, 4], [5, 6, NONE, 7, 8])).toBe("M0,5 L1,6 M3,7 L4,8");
  });

  test("shows a sample without neighbours", () => {
    expect(line([0, 10, 20], [NONE, 5, NONE])).toBe("M10,5 M8.5,5 L11.5,5");
  });

  test("treats infinity as a gap", () => {
    expect(line([0, 1, 2, 3], [1, Infinity, 2, 3])).toBe("M0,1 M-1.5,1 L1.5,1 M2,2 L3,3");
  });

  test("draws the extremes of samples that share a pixel", () => {
    expect(line([0, 1, 2, 3, 10], [5, 9, 1, 4, 6], tenth)).toBe("M0,5 L0,9 L0,1 L1,6");
  });

  test("costs a few strokes per pixel, however many samples there are", () => {
    const xs = Array.from({ length: 10_000 }, (_, index) => index);
    const ys = xs.map((x) => Math.sin(x));
    const steps = line(xs, ys, { x: (value) => value / 100, y: (value) => value }).split(" ");
    expect(steps.length).toBeLessThan(100 * 4 + 10);
  });
});

describe("an area", () => {
  test("is closed along what is below it", () => {
    const pen = notebook();
    drawArea(pen, { xs: [0, 1, 2], ys: [5, 6, 7], from: 0, to: 2 }, [1, 2, 3], same, 0);
    expect(pen.text()).toBe("M0,5 L1,6 L2,7 L2,3 L1,2 L0,1");
  });

  test("stands on the floor when nothing is below, and is cut by gaps", () => {
    const pen = notebook();
    drawArea(pen, { xs: [0, 1, 2, 3], ys: [5, NONE, 7, 8], from: 0, to: 3 }, null, same, 0);
    expect(pen.text()).toBe("M0,5 L0,0 M2,7 L3,8 L3,0 L2,0");
  });
});

test("the extent leaves out what cannot be drawn", () => {
  const columns = [Float64Array.of(-3, NONE, 4), Float64Array.of(Infinity, 2, 0)];
  expect(finiteExtent(columns, 0, 2, false)).toEqual([-3, 4]);
  expect(finiteExtent(columns, 0, 2, true)).toEqual([2, 4]);
  expect(finiteExtent(columns, 1, 1, false)).toEqual([2, 2]);
  expect(finiteExtent([Float64Array.of(NONE)], 0, 0, false)).toBeNull();
});
