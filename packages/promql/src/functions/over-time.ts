import { sumOverTime } from "../histogram/index.ts";
import { countHistograms, floatsOf, type Floats } from "./floats.ts";
import { infoHistogramsIgnored, warnMixedFloatsHistograms } from "./remarks.ts";
import type { RangeCall, RangeFunction, RangeWindow } from "./types.ts";

type Kernel = (times: Float64Array, values: Float64Array, from: number, to: number) => number;

/**
 * A function of the floats alone, of which there must be as many as `least`. Histograms among them are ignored with an
 * info, a window without floats has no result.
 */
export function ofFloats(
  kernel: (floats: Floats, window: RangeWindow, call: RangeCall) => number,
  least = 1,
): RangeFunction {
  return {
    run(window, call) {
      const floats = floatsOf(window);
      const count = floats.to - floats.from;
      if (count === 0) return false;
      if (floats !== window) infoHistogramsIgnored(call, window.labels);
      if (count < least) return false;
      window.value = kernel(floats, window, call);
      return true;
    },
  };
}

function ofColumns(kernel: Kernel): RangeFunction {
  return ofFloats(({ times, values, from, to }) => kernel(times, values, from, to));
}

/** Upstream's Kahan-Neumaier sum; the compensation of an infinite sum says nothing. */
function sum(_: Float64Array, values: Float64Array, from: number, to: number): number {
  let total = 0;
  let lost = 0;
  for (let i = from; i < to; i++) {
    const value = values[i] as number;
    const next = total + value;
    if (next === Infinity || next === -Infinity) lost = 0;
    else if (Math.abs(total) >= Math.abs(value)) lost += total - next + value;
    else lost += value - next + total;
    total = next;
  }
  return total === Infinity || total === -Infinity ? total : total + lost;
}

/** The sum divided by the count, and a running mean from where the sum would overflow. */
function mean(_: Float64Array, values: Float64Array, from: number, to: number): number {
  let total = values[from] as number;
  let lost = 0;
  for (let i = from + 1; i < to; i++) {
    const value = values[i] as number;
    const next = total + value;
    if (next === Infinity || next === -Infinity) {
      return runningMean(values, i, to, total / (i - from), lost / (i - from), from);
    }
    if (Math.abs(total) >= Math.abs(value)) lost += total - next + value;
    else lost += value - next + total;
    total = next;
  }
  const count = to - from;
  return total / count + lost / count;
}

function runningMean(
  values: Float64Array,
  at: number,
  to: number,
  meanBefore: number,
  lostBefore: number,
  from: number,
): number {
  let result = meanBefore;
  let lost = lostBefore;
  for (let i = at; i < to; i++) {
    const count = i - from + 1;
    const share = (count - 1) / count;
    const value = (values[i] as number) / count;
    const before = result * share;
    lost *= share;
    const next = before + value;
    if (next === Infinity || next === -Infinity) lost = 0;
    else if (Math.abs(before) >= Math.abs(value)) lost += before - next + value;
    else lost += value - next + before;
    result = next;
  }
  return result + lost;
}

/** Welford's variance with compensated sums. */
function variance(_: Float64Array, values: Float64Array, from: number, to: number): number {
  let average = 0;
  let averageLost = 0;
  let squares = 0;
  let squaresLost = 0;
  for (let i = from; i < to; i++) {
    const value = values[i] as number;
    const delta = value - (average + averageLost);
    const change = delta / (i - from + 1);
    const next = average + change;
    if (next === Infinity || next === -Infinity) averageLost = 0;
    else if (Math.abs(average) >= Math.abs(change)) averageLost += average - next + change;
    else averageLost += change - next + average;
    average = next;
    const square = delta * (value - (average + averageLost));
    const sumNext = squares + square;
    if (sumNext === Infinity || sumNext === -Infinity) squaresLost = 0;
    else if (Math.abs(squares) >= Math.abs(square)) squaresLost += squares - sumNext + square;
    else squaresLost += square - sumNext + squares;
    squares = sumNext;
  }
  return (squares + squaresLost) / (to - from);
}

/** NaN gives way to any number. */
function max(_: Float64Array, values: Float64Array, from: number, to: number): number {
  let best = values[from] as number;
  for (let i = from + 1; i < to; i++) {
    const value = values[i] as number;
    if (value > best || best !== best) best = value;
  }
  return best;
}

function min(_: Float64Array, values: Float64Array, from: number, to: number): number {
  let best = values[from] as number;
  for (let i = from + 1; i < to; i++) {
    const value = values[i] as number;
    if (value < best || best !== best) best = value;
  }
  return best;
}

/** Of equal values the last one. */
function timeOfMax(times: Float64Array, values: Float64Array, from: number, to: number): number {
  let at = from;
  for (let i = from + 1; i < to; i++) {
    const best = values[at] as number;
    if ((values[i] as number) >= best || best !== best) at = i;
  }
  return (times[at] as number) / 1000;
}

function timeOfMin(times: Float64Array, values: Float64Array, from: number, to: number): number {
  let at = from;
  for (let i = from + 1; i < to; i++) {
    const best = values[at] as number;
    if ((values[i] as number) <= best || best !== best) at = i;
  }
  return (times[at] as number) / 1000;
}

/** Floats, or histograms, but not both. */
function ofEither(kernel: Kernel, kind: "sum" | "mean"): RangeFunction {
  return {
    run(window, call) {
      const { times, values, from, to } = window;
      const histograms = countHistograms(window, from, to);
      if (histograms === 0) {
        window.value = kernel(times, values, from, to);
        return true;
      }
      if (histograms === to - from) {
        window.histogram = sumOverTime(window, call, kind);
        return window.histogram !== undefined;
      }
      warnMixedFloatsHistograms(call, window.labels);
      return false;
    },
  };
}

/** Of any sample, float or histogram. */
function ofSamples(value: (window: RangeWindow) => number): RangeFunction {
  return {
    run(window) {
      window.value = value(window);
      return true;
    },
  };
}

function sampleAt(index: (window: RangeWindow) => number): RangeFunction {
  return {
    keepsName: true,
    run(window) {
      const at = index(window);
      window.value = window.values[at] as number;
      if (window.histograms !== undefined) window.histogram = window.histograms[at];
      return true;
    },
  };
}

export const overTimeFunctions: [string, RangeFunction][] = [
  ["sum_over_time", ofEither(sum, "sum")],
  ["avg_over_time", ofEither(mean, "mean")],
  ["min_over_time", ofColumns(min)],
  ["max_over_time", ofColumns(max)],
  ["stdvar_over_time", ofColumns(variance)],
  [
    "stddev_over_time",
    ofColumns((times, values, from, to) => Math.sqrt(variance(times, values, from, to))),
  ],
  ["count_over_time", ofSamples((window) => window.to - window.from)],
  ["present_over_time", ofSamples(() => 1)],
  ["first_over_time", sampleAt((window) => window.from)],
  ["last_over_time", sampleAt((window) => window.to - 1)],
  ["ts_of_first_over_time", ofSamples((window) => (window.times[window.from] as number) / 1000)],
  ["ts_of_last_over_time", ofSamples((window) => (window.times[window.to - 1] as number) / 1000)],
  ["ts_of_max_over_time", ofColumns(timeOfMax)],
  ["ts_of_min_over_time", ofColumns(timeOfMin)],
];
