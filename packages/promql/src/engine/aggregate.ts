import type { AggregateExpr } from "../syntax/ast.ts";
import { countValues } from "./aggregations/count-values.ts";
import { quantile } from "./aggregations/quantile.ts";
import { reduce } from "./aggregations/reduce.ts";
import { select } from "./aggregations/select.ts";
import type { EvalContext } from "./context.ts";
import { EvaluationError } from "./errors.ts";
import type { Value, Vector } from "./vector.ts";

/**
 * Evaluates an aggregation at all steps. Takes over its input.
 *
 * @throws EvaluationError when the parameter does not fit.
 */
export async function aggregate(
  expr: AggregateExpr,
  input: Vector,
  param: Value | undefined,
  ctx: EvalContext,
): Promise<Vector> {
  switch (expr.op) {
    case "topk":
    case "bottomk":
    case "limitk":
    case "limit_ratio":
      return select(expr.op, expr, input, numbers(expr, param), ctx);
    case "quantile":
      return quantile(expr, input, numbers(expr, param), ctx);
    case "count_values":
      if (param?.kind !== "string") return mismatch(expr);
      return countValues(expr, input, param.value, ctx);
    default:
      return reduce(expr.op, expr, input, ctx);
  }
}

function numbers(expr: AggregateExpr, param: Value | undefined): Float64Array {
  return param?.kind === "scalar" ? param.values : mismatch(expr);
}

function mismatch(expr: AggregateExpr): never {
  throw new EvaluationError("internal", `the parameter of ${expr.op} has a wrong type`);
}
