import type { Expr } from "../syntax/ast.ts";

/**
 * Takes parentheses away around what functions and aggregations are given, in place, so that ranges are recognised and
 * remarks point to where upstream's do. Doing it again changes nothing: trees are shared between queries.
 */
export function unwrapArguments(expr: Expr): void {
  switch (expr.kind) {
    case "call":
      for (const [at, arg] of expr.args.entries()) expr.args[at] = withoutParens(arg);
      expr.args.forEach(unwrapArguments);
      break;
    case "aggregate":
      expr.expr = withoutParens(expr.expr);
      if (expr.param) {
        expr.param = withoutParens(expr.param);
        unwrapArguments(expr.param);
      }
      unwrapArguments(expr.expr);
      break;
    case "binary":
      unwrapArguments(expr.left);
      unwrapArguments(expr.right);
      break;
    case "paren":
    case "unary":
    case "subquery":
      unwrapArguments(expr.expr);
      break;
    default:
  }
}

function withoutParens(expr: Expr): Expr {
  let inner = expr;
  while (inner.kind === "paren") inner = inner.expr;
  return inner;
}
