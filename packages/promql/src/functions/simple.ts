import {
  goAcos,
  goAsin,
  goAtan,
  goCos,
  goCosh,
  goSin,
  goSinh,
  goTan,
  goTanh,
} from "./go-trigonometry.ts";
import { goLog10, goLog2, goMax, goMin } from "./go-math.ts";
import type { Call, VectorFunction } from "./types.ts";
import { mapFloats, scalarArgument, vectorArgument } from "./vectors.ts";

/** Functions of one number. */
const ofNumber: Record<string, (value: number) => number> = {
  abs: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  exp: Math.exp,
  sqrt: Math.sqrt,
  ln: Math.log,
  log2: goLog2,
  log10: goLog10,
  sin: goSin,
  cos: goCos,
  tan: goTan,
  asin: goAsin,
  acos: goAcos,
  atan: goAtan,
  sinh: goSinh,
  cosh: goCosh,
  tanh: goTanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  rad: (value) => (value * Math.PI) / 180,
  deg: (value) => (value * 180) / Math.PI,
  sgn: (value) => (value < 0 ? -1 : value > 0 ? 1 : value),
};

/** Ties go up; dividing by the inverse loses less precision than multiplying does. */
function round(call: Call) {
  const to = call.args.length > 1 ? scalarArgument(call, 1) : undefined;
  const vector = vectorArgument(call, 0);
  if (!to) return mapFloats(vector, call.ctx, (value) => Math.floor(value + 0.5));
  return mapFloats(vector, call.ctx, (value, step) => {
    const inverse = 1 / (to[step] ?? 1);
    return Math.floor(value * inverse + 0.5) / inverse;
  });
}

/** Nothing is left of steps where the upper bound is below the lower one. */
async function clampTo(
  call: Call,
  lower: (step: number) => number,
  upper: (step: number) => number,
) {
  const vector = await mapFloats(vectorArgument(call, 0), call.ctx, (value, step) =>
    goMax(lower(step), goMin(upper(step), value)),
  );
  for (let step = 0; step < vector.steps; step++) {
    if (!(upper(step) < lower(step))) continue;
    for (let row = 0; row < vector.rows; row++) vector.present[row * vector.steps + step] = 0;
  }
  return vector;
}

export const simpleFunctions: [string, VectorFunction][] = [
  ...Object.entries(ofNumber).map(([name, fn]): [string, VectorFunction] => [
    name,
    (call) => mapFloats(vectorArgument(call, 0), call.ctx, fn),
  ]),
  ["round", round],
  [
    "clamp",
    (call) => {
      const lower = scalarArgument(call, 1);
      const upper = scalarArgument(call, 2);
      return clampTo(
        call,
        (step) => lower[step] ?? 0,
        (step) => upper[step] ?? 0,
      );
    },
  ],
  [
    "clamp_min",
    (call) => {
      const lower = scalarArgument(call, 1);
      return clampTo(
        call,
        (step) => lower[step] ?? 0,
        () => Infinity,
      );
    },
  ],
  [
    "clamp_max",
    (call) => {
      const upper = scalarArgument(call, 1);
      return clampTo(
        call,
        () => -Infinity,
        (step) => upper[step] ?? 0,
      );
    },
  ],
];
