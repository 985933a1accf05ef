import type { BinaryExpr, UnaryExpr } from "../syntax/ast.ts";
import type { EvalContext } from "./context.ts";
import { EvaluationError } from "./errors.ts";
import type { Value } from "./vector.ts";

export async function binary(
  expr: BinaryExpr,
  _left: Value,
  _right: Value,
  _ctx: EvalContext,
): Promise<Value> {
  throw new EvaluationError("internal", `operator ${expr.op} cannot be evaluated`);
}

export async function unary(expr: UnaryExpr, _value: Value, _ctx: EvalContext): Promise<Value> {
  throw new EvaluationError("internal", `operator ${expr.op} cannot be evaluated`);
}
