import { goAtan2 } from "../../functions/go-trigonometry.ts";
import { goPow } from "../../math/power.ts";
import type { ArithmeticOp, BinaryOp, ComparisonOp } from "../../syntax/ast.ts";

/** Operators that trim histograms; between floats they have no result. */
export type TrimOp = "</" | ">/";
export type FloatOp = Exclude<ArithmeticOp, TrimOp>;

type Arithmetic = (left: number, right: number) => number;
type Comparison = (left: number, right: number) => boolean;

const arithmetic: Record<FloatOp, Arithmetic> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => left / right,
  // JavaScript's remainder is C's fmod, which is Go's math.Mod.
  "%": (left, right) => left % right,
  "^": goPow,
  atan2: goAtan2,
};

const comparisons: Record<ComparisonOp, Comparison> = {
  "==": (left, right) => left === right,
  "!=": (left, right) => left !== right,
  "<": (left, right) => left < right,
  "<=": (left, right) => left <= right,
  ">": (left, right) => left > right,
  ">=": (left, right) => left >= right,
};

/** What an operator does with two floats; undefined where nothing comes out. */
export type FloatKernel =
  | { kind: "arithmetic"; apply: Arithmetic }
  | { kind: "comparison"; apply: Comparison }
  | { kind: "none" };

export function floatKernel(op: BinaryOp): FloatKernel {
  if (op in arithmetic) return { kind: "arithmetic", apply: arithmetic[op as FloatOp] };
  if (op in comparisons) return { kind: "comparison", apply: comparisons[op as ComparisonOp] };
  return { kind: "none" };
}

/** Whether the operator makes another metric of its operands, so that their name no longer fits. */
export function changesMetric(op: BinaryOp): boolean {
  return op in arithmetic;
}
