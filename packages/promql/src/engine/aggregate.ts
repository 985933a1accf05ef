import type { AggregateExpr } from "../syntax/ast.ts";
import type { EvalContext } from "./context.ts";
import { EvaluationError } from "./errors.ts";
import type { Value, Vector } from "./vector.ts";

export async function aggregate(
  expr: AggregateExpr,
  _input: Vector,
  _param: Value | undefined,
  _ctx: EvalContext,
): Promise<Vector> {
  throw new EvaluationError("internal", `aggregation ${expr.op} cannot be evaluated`);
}
