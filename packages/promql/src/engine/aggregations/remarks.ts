import { formatShortest } from "../../math/float-text.ts";
import type { AggregateExpr, Expr } from "../../syntax/ast.ts";
import type { EvalContext } from "../context.ts";

/** Upstream takes parentheses off the operands of aggregations before it notes their place. */
function bare(expr: Expr): Expr {
  return expr.kind === "paren" ? bare(expr.expr) : expr;
}

/** Where remarks on the aggregated samples point to. */
export function operand(expr: AggregateExpr): Expr {
  return bare(expr.expr);
}

/** Where remarks on the parameter point to. */
export function parameter(expr: AggregateExpr): Expr {
  return bare(expr.param ?? expr.expr);
}

export function infoHistogramIgnored(
  expr: AggregateExpr,
  ctx: EvalContext,
  selects: boolean,
): void {
  const text = `ignored histogram in ${expr.op} aggregation`;
  ctx.annotations.info(text, selects ? expr : operand(expr));
}

/** A quantile gives a result whatever it is, and a warning when it lies outside. */
export function checkQuantiles(expr: AggregateExpr, values: Float64Array, ctx: EvalContext): void {
  const warn = (value: number): void => {
    const text = `quantile value should be between 0 and 1, got ${formatShortest(value)}`;
    ctx.annotations.warn(text, parameter(expr));
  };
  let most = -Infinity;
  let least = Infinity;
  for (const value of values) {
    if (Number.isNaN(value)) {
      warn(value);
      return;
    }
    most = Math.max(most, value);
    least = Math.min(least, value);
  }
  if (most > 1) warn(most);
  if (least < 0) warn(least);
}

export function warnRatio(
  expr: AggregateExpr,
  value: number,
  limit: number,
  ctx: EvalContext,
): void {
  const text = `ratio value should be between -1 and 1, got ${formatShortest(value)}, capping to ${limit}`;
  ctx.annotations.warn(text, parameter(expr));
}
