import { EvaluationError } from "../engine/errors.ts";
import type { EvalContext } from "../engine/context.ts";
import { Vector } from "../engine/vector.ts";
import type { CallExpr, Expr } from "../syntax/ast.ts";
import type { Call } from "./types.ts";

/** The vector among the arguments; the type checker has seen to it that it is one. */
export function vectorArgument(call: Call, index: number): Vector {
  const value = call.args[index];
  if (value instanceof Vector) return value;
  throw new EvaluationError("internal", `argument ${index} of ${call.expr.name} is no vector`);
}

/** One value per step. */
export function scalarArgument(call: Call, index: number): Float64Array {
  const value = call.args[index];
  if (value?.kind === "scalar") return value.values;
  throw new EvaluationError("internal", `argument ${index} of ${call.expr.name} is no scalar`);
}

export function withoutParens(expr: Expr | undefined): Expr | undefined {
  return expr?.kind === "paren" ? withoutParens(expr.expr) : expr;
}

/** The text of a string argument. */
export function textArgument(expr: CallExpr, index: number): string {
  const arg = withoutParens(expr.args[index]);
  if (arg?.kind === "string") return arg.value;
  throw new EvaluationError("internal", `argument ${index} of ${expr.name} is no string`);
}

/**
 * Goes through the rows, and gives way to the event loop in between when it is due. What stands between rows must be
 * consistent, since other queries run meanwhile.
 */
export async function eachRow(
  rows: number,
  ctx: EvalContext,
  visit: (row: number) => void,
): Promise<void> {
  for (let row = 0; row < rows; row++) {
    if (ctx.budget.due) await ctx.budget.pause();
    visit(row);
  }
}

/** Takes away the histograms, as functions of floats do. */
export async function dropHistograms(vector: Vector, ctx: EvalContext): Promise<void> {
  const { histograms, present, steps } = vector;
  if (histograms === undefined) return;
  await eachRow(vector.rows, ctx, (row) => {
    for (let at = row * steps; at < (row + 1) * steps; at++) {
      if (histograms[at] !== undefined) present[at] = 0;
    }
  });
  vector.histograms = undefined;
}

/** Floats through a function, histograms out, names off at the end. Changes the vector in place. */
export async function mapFloats(
  vector: Vector,
  ctx: EvalContext,
  fn: (value: number, step: number) => number,
): Promise<Vector> {
  await dropHistograms(vector, ctx);
  const { values, steps } = vector;
  await eachRow(vector.rows, ctx, (row) => {
    const start = row * steps;
    // What is absent is computed too: it costs less than to ask.
    for (let step = 0; step < steps; step++) {
      values[start + step] = fn(values[start + step] ?? 0, step);
    }
  });
  vector.dropName.fill(1, 0, vector.rows);
  return vector;
}
