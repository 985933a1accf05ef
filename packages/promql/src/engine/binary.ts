import { scaleHistogram } from "../histogram/index.ts";
import type { BinaryExpr, UnaryExpr, VectorMatching } from "../syntax/ast.ts";
import type { EvalContext } from "./context.ts";
import { EvaluationError } from "./errors.ts";
import { floatKernel } from "./operators/arithmetic.ts";
import { join } from "./operators/join.ts";
import { setOperation } from "./operators/set.ts";
import { vectorScalar } from "./operators/vector-scalar.ts";
import { HISTOGRAM_WORK, Pacer } from "./pacer.ts";
import type { Scalar, Value, Vector } from "./vector.ts";

const wholeLabelSets: VectorMatching = {
  cardinality: "one-to-one",
  on: false,
  labels: [],
  include: [],
  fillLeft: undefined,
  fillRight: undefined,
};

/**
 * Evaluates a binary operation at all steps. Takes over its operands, and may answer with one of them.
 *
 * @throws EvaluationError where labels do not match as the operation wants.
 */
export async function binary(
  expr: BinaryExpr,
  left: Value,
  right: Value,
  ctx: EvalContext,
): Promise<Value> {
  if (left.kind === "scalar" && right.kind === "scalar") return betweenScalars(expr, left, right);
  if (left.kind === "vector" && right.kind === "vector") {
    if (expr.op === "and" || expr.op === "or" || expr.op === "unless") {
      return setOperation(expr, left, right, ctx);
    }
    return join(expr, expr.matching ?? wholeLabelSets, left, right, ctx);
  }
  if (left.kind === "vector" && right.kind === "scalar") {
    return vectorScalar(expr, left, right.values, false, ctx);
  }
  if (left.kind === "scalar" && right.kind === "vector") {
    return vectorScalar(expr, right, left.values, true, ctx);
  }
  throw new EvaluationError("internal", `no ${expr.op} between ${left.kind} and ${right.kind}`);
}

function betweenScalars(expr: BinaryExpr, left: Scalar, right: Scalar): Scalar {
  const kernel = floatKernel(expr.op);
  if (kernel.kind === "none") {
    throw new EvaluationError(
      "internal",
      `operator "${expr.op}" not allowed for Scalar operations`,
    );
  }
  const values = left.values.map((value, step) =>
    Number(kernel.apply(value, right.values[step] ?? 0)),
  );
  return { kind: "scalar", values };
}

/** Evaluates a sign. Takes over the value and answers with it. */
export async function unary(expr: UnaryExpr, value: Value, ctx: EvalContext): Promise<Value> {
  if (expr.op === "+" || value.kind === "string") return value;
  if (value.kind === "scalar") {
    return { kind: "scalar", values: value.values.map((one) => -one) };
  }
  const pacer = new Pacer(ctx.budget);
  value.dropName.fill(1, 0, value.rows);
  for (let row = 0; row < value.rows; row++) {
    negateRow(value, row);
    if (pacer.due(value.steps * (value.histograms ? HISTOGRAM_WORK : 1))) await ctx.budget.pause();
  }
  return value;
}

function negateRow(vector: Vector, row: number): void {
  const { steps, values, histograms } = vector;
  for (let at = row * steps; at < (row + 1) * steps; at++) {
    values[at] = -(values[at] ?? 0);
    const histogram = histograms?.[at];
    if (histograms && histogram) histograms[at] = scaleHistogram(histogram, -1);
  }
}
