import { quantileOfSorted } from "../math/quantile.ts";
import type { Floats } from "./floats.ts";
import { ofFloats } from "./over-time.ts";
import { checkQuantile, firstArgument } from "./remarks.ts";
import type { RangeFunction } from "./types.ts";

/** Up to so many values an insertion sort is faster than the platform's. */
const SHORT = 40;
/** Beyond so many values the copy is not kept for the next window. */
const MAX_KEPT = 2 ** 20;

let kept = new Float64Array(256);

/** A copy of the floats, good until the next call. */
function copy({ values, from, to }: Floats): Float64Array {
  const count = to - from;
  let room = kept;
  if (room.length < count) {
    room = new Float64Array(2 ** Math.ceil(Math.log2(count)));
    if (room.length <= MAX_KEPT) kept = room;
  }
  const part = room.subarray(0, count);
  for (let i = 0; i < count; i++) part[i] = values[from + i] as number;
  return part;
}

/** Sorts ascending, NaN first as upstream counts it. */
export function sortFloats(values: Float64Array): void {
  if (values.length > SHORT) {
    values.sort();
    let numbers = values.length;
    while (numbers > 0 && Number.isNaN(values[numbers - 1])) numbers--;
    if (numbers === values.length) return;
    values.copyWithin(values.length - numbers, 0, numbers);
    values.fill(NaN, 0, values.length - numbers);
    return;
  }
  for (let i = 1; i < values.length; i++) {
    const value = values[i] as number;
    let at = i - 1;
    for (; at >= 0; at--) {
      const other = values[at] as number;
      // Comparisons with NaN are false: a number stops at a NaN, and a NaN passes every number.
      if (!(other > value || (value !== value && other === other))) break;
      values[at + 1] = other;
    }
    values[at + 1] = value;
  }
}

export const quantileOverTime: RangeFunction = ofFloats((floats, window, call) => {
  const quantile = call.scalars[0]?.[window.step] ?? NaN;
  checkQuantile(call.ctx.annotations, quantile, firstArgument(call));
  const values = copy(floats);
  sortFloats(values);
  return quantileOfSorted(quantile, values);
});

/** The median distance from the median. */
export const madOverTime: RangeFunction = ofFloats((floats) => {
  const values = copy(floats);
  sortFloats(values);
  const median = quantileOfSorted(0.5, values);
  for (let i = 0; i < values.length; i++) values[i] = Math.abs((values[i] as number) - median);
  sortFloats(values);
  return quantileOfSorted(0.5, values);
});
