import { describe, expect, it } from "vitest";

import {
  goAcos,
  goAsin,
  goAtan,
  goAtan2,
  goCos,
  goCosh,
  goSin,
  goSinh,
  goTan,
  goTanh,
} from "./go-trigonometry.ts";

const pairs: [string, (x: number) => number, (x: number) => number, limit: number][] = [
  ["sin", goSin, Math.sin, 1e4],
  ["cos", goCos, Math.cos, 1e4],
  ["tan", goTan, Math.tan, 1e4],
  ["asin", goAsin, Math.asin, 1],
  ["acos", goAcos, Math.acos, 1],
  ["atan", goAtan, Math.atan, 100],
  ["sinh", goSinh, Math.sinh, 30],
  ["cosh", goCosh, Math.cosh, 30],
  ["tanh", goTanh, Math.tanh, 60],
];

describe.each(pairs)("%s", (_, own, platform, limit) => {
  it("is the platform's but for the last bits", () => {
    for (let i = -5000; i <= 5000; i++) {
      const x = (i / 5000) ** 3 * limit;
      const expected = platform(x);
      // Near a pole or a root what reduction loses counts for more.
      const allowed =
        2e-15 * Math.max(1, Math.abs(x) * (1 + expected * expected), Math.abs(expected));
      expect(Math.abs(own(x) - expected), String(x)).toBeLessThanOrEqual(allowed);
    }
  });

  it("is the platform's for what is no number, without end or zero", () => {
    for (const x of [NaN, Infinity, -Infinity, 0]) expect(own(x), String(x)).toBe(platform(x));
    expect(own(-0)).toBe(platform(-0));
  });
});

describe("texts of Prometheus", () => {
  it.each([
    [goSin(10), "-0.5440211108893699"],
    [goSin(20), "0.9129452507276277"],
    [goCos(10), "-0.8390715290764524"],
    [goCos(20), "0.40808206181339196"],
    [goTan(10), "0.6483608274590867"],
    [goTan(20), "2.2371609442247427"],
  ])("%d is %s to the last digit", (value, text) => {
    expect(String(value)).toBe(text);
  });
});

describe("the angle of a point", () => {
  const coordinates = [0, -0, 1, -1, 2, -180, 1e-300, -1e300, Infinity, -Infinity, NaN];

  it("is in the quadrant where the platform sees it", () => {
    for (const y of coordinates) {
      for (const x of coordinates) {
        const [own, expected] = [goAtan2(y, x), Math.atan2(y, x)];
        const near = Math.abs(own - expected) < 1e-15 || Object.is(own, expected);
        expect(near, `${y} ${x}: ${own} ${expected}`).toBe(true);
      }
    }
  });

  it("has Go's last digit", () => {
    expect(goAtan2(-180, 2)).toBe(-1.559685672897289);
  });
});
