import type { EvalContext, Evaluate } from "../engine/context.ts";
import type { Value } from "../engine/vector.ts";
import type { CallExpr } from "../syntax/ast.ts";
import type { RangeFunction, VectorFunction } from "./types.ts";

/** A function whose arguments are not all evaluated. */
export type SpecialFunction = (
  expr: CallExpr,
  ctx: EvalContext,
  evaluate: Evaluate,
) => Promise<Value>;

export const vectorFunctions: ReadonlyMap<string, VectorFunction> = new Map();
export const rangeFunctions: ReadonlyMap<string, RangeFunction> = new Map();
export const specialFunctions: ReadonlyMap<string, SpecialFunction> = new Map();
