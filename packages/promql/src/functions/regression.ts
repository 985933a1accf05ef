import { EvaluationError } from "../engine/errors.ts";
import type { Floats } from "./floats.ts";
import { ofFloats } from "./over-time.ts";
import type { RangeCall, RangeFunction, RangeWindow } from "./types.ts";

/** Where {@link fit} leaves its result, to make no object for every window. */
const line = { slope: 0, intercept: 0 };

/** The line of least squares through the samples, with its value at a time. Values that are all the same make no slope. */
// oxlint-disable-next-line complexity -- four compensated sums in place cost a third of what calls or objects do.
function fit({ times, values, from, to }: Floats, interceptMs: number): void {
  const first = values[from] as number;
  let constant = true;
  let [sumX, lostX, sumY, lostY] = [0, 0, 0, 0];
  let [sumXY, lostXY, sumXX, lostXX] = [0, 0, 0, 0];
  for (let i = from; i < to; i++) {
    const y = values[i] as number;
    // Of the first sample upstream does not ask; a NaN there differs from what follows.
    if (i > from && y !== first) constant = false;
    const x = ((times[i] as number) - interceptMs) / 1000;
    const xy = x * y;
    const xx = x * x;
    let next = sumX + x;
    if (next === Infinity || next === -Infinity) lostX = 0;
    else if (Math.abs(sumX) >= Math.abs(x)) lostX += sumX - next + x;
    else lostX += x - next + sumX;
    sumX = next;
    next = sumY + y;
    if (next === Infinity || next === -Infinity) lostY = 0;
    else if (Math.abs(sumY) >= Math.abs(y)) lostY += sumY - next + y;
    else lostY += y - next + sumY;
    sumY = next;
    next = sumXY + xy;
    if (next === Infinity || next === -Infinity) lostXY = 0;
    else if (Math.abs(sumXY) >= Math.abs(xy)) lostXY += sumXY - next + xy;
    else lostXY += xy - next + sumXY;
    sumXY = next;
    next = sumXX + xx;
    if (next === Infinity || next === -Infinity) lostXX = 0;
    else if (Math.abs(sumXX) >= Math.abs(xx)) lostXX += sumXX - next + xx;
    else lostXX += xx - next + sumXX;
    sumXX = next;
  }
  if (constant) {
    const infinite = first === Infinity || first === -Infinity;
    line.slope = infinite ? NaN : 0;
    line.intercept = infinite ? NaN : first;
    return;
  }
  const count = to - from;
  const x = sumX + lostX;
  const y = sumY + lostY;
  const covariance = sumXY + lostXY - (x * y) / count;
  const variance = sumXX + lostXX - (x * x) / count;
  line.slope = covariance / variance;
  line.intercept = y / count - (line.slope * x) / count;
}

/** The intercept is of no interest: a time near the samples loses least precision. */
export const deriv: RangeFunction = ofFloats((floats) => {
  fit(floats, floats.times[floats.from] as number);
  return line.slope;
}, 2);

export const predictLinear: RangeFunction = ofFloats((floats, window, call) => {
  const seconds = call.scalars[1]?.[window.step] ?? NaN;
  fit(floats, window.evalMs);
  return line.slope * seconds + line.intercept;
}, 2);

function factor(window: RangeWindow, call: RangeCall, at: number, name: string): number {
  const value = call.scalars[at]?.[window.step] ?? NaN;
  if (!(value <= 0) && !(value >= 1)) return value;
  const short = name === "smoothing" ? "sf" : "tf";
  const got = Number.isFinite(value) ? value.toFixed(6) : value > 0 ? "+Inf" : "-Inf";
  const text = `invalid ${name} factor. Expected: 0 < ${short} < 1, got: ${got}`;
  throw new EvaluationError("execution", text);
}

function smooth({ values, from, to }: Floats, smoothing: number, trending: number): number {
  let before = 0;
  let level = values[from] as number;
  let trend = (values[from + 1] as number) - level;
  for (let i = from + 1; i < to; i++) {
    const x = smoothing * (values[i] as number);
    if (i > from + 1) trend = trending * (level - before) + (1 - trending) * trend;
    const y = (1 - smoothing) * (level + trend);
    before = level;
    level = x + y;
  }
  return level;
}

const smoothed = ofFloats(
  (floats, window, call) =>
    smooth(floats, factor(window, call, 1, "smoothing"), factor(window, call, 2, "trend")),
  2,
);

export const doubleExponentialSmoothing: RangeFunction = {
  run(window, call) {
    // Wrong factors are refused also where there are too few samples.
    factor(window, call, 1, "smoothing");
    factor(window, call, 2, "trend");
    return smoothed.run(window, call);
  },
};
