import type { EvalContext } from "../engine/context.ts";
import type { Value } from "../engine/vector.ts";
import type { FloatHistogram } from "../histogram/index.ts";
import type { Labels } from "../labels.ts";
import type { CallExpr } from "../syntax/ast.ts";

/** A call whose arguments are evaluated; no argument is a range vector. */
export interface Call {
  expr: CallExpr;
  /** As many as were written. */
  args: readonly Value[];
  ctx: EvalContext;
}

/**
 * A function of instant vectors, scalars and strings, over all steps at once. It may change the vectors it was given (the
 * evaluator hands over ownership). It sets `dropName` where upstream does.
 */
export type VectorFunction = (call: Call) => Value | Promise<Value>;

/**
 * The samples of one series in one window (startMs, endMs]; stale markers are already left out. The object is reused
 * from step to step and from series to series: keep nothing of it.
 */
export interface RangeWindow {
  labels: Labels;
  times: Float64Array;
  values: Float64Array;
  /** Sparse, by the same index; undefined when the series has none. */
  histograms: readonly (FloatHistogram | undefined)[] | undefined;
  /** When counting began, by the same index, 0 where unknown; undefined when the store knows none. */
  startTimes: Float64Array | undefined;
  /** The window's samples have the indices from <= i < to; there is at least one. */
  from: number;
  to: number;
  /**
   * Under `anchored` the samples of a look-back before the window are from extendedFrom on, under `smoothed` also those
   * of a look-back after it up to extendedTo; from <= i < to may then be empty. Otherwise the same as from and to.
   */
  extendedFrom: number;
  extendedTo: number;
  /** Bounds of the window. */
  startMs: number;
  endMs: number;
  /** Time of the step that asks; differs from endMs under `offset` and `@`. */
  evalMs: number;
  step: number;
  /** Where a function puts its result when it returns true: a histogram when set, else the value. */
  value: number;
  histogram: FloatHistogram | undefined;
}

/** What stays the same for all windows of a call. */
export interface RangeCall {
  expr: CallExpr;
  ctx: EvalContext;
  /** Scalar arguments by position of the argument, one value per step; undefined where the range stands. */
  scalars: readonly (Float64Array | undefined)[];
}

/** Samples of one series, floats all of them, without stale markers. */
export interface FloatColumns {
  times: Float64Array;
  values: Float64Array;
}

/** The windows of all steps: that of step s ends, inclusively, at endMs + s * stepMs. */
export interface WindowGrid {
  endMs: number;
  stepMs: number;
  rangeMs: number;
  steps: number;
}

/** Where the results of all steps go: that of step s to from + s, with a 1 in `present`. */
export interface WindowRow {
  values: Float64Array;
  present: Uint8Array;
  from: number;
}

/** A function over ranges. `run` answers whether the step has a sample. */
export interface RangeFunction {
  run(window: RangeWindow, call: RangeCall): boolean;
  /**
   * All windows of one series at once, where it has neither histograms nor start times and the range is not extended: MUST
   * give what `run` gives, bit for bit. Answers how many steps got a sample, undefined where it does not pay.
   */
  floats?(columns: FloatColumns, grid: WindowGrid, row: WindowRow): number | undefined;
  /** Called after the last window of a series that got a sample that is no histogram: the place for remarks on its name. */
  finish?(labels: Labels, call: RangeCall): void;
  /** True for last_over_time and first_over_time: the result keeps its name. */
  keepsName?: boolean;
}
