import { parseShared, type AtModifier, type Duration, type Expr } from "@fleetlight/promql";

/** Functions whose value at a step depends on the whole range, or on series beside those they name. */
const RANGE_FUNCTIONS = new Set(["start", "end", "range", "step", "info"]);

const isPlain = (duration: Duration | undefined): boolean =>
  duration === undefined || duration.kind === "literal";

/** An offset that looks back; one that looks ahead reads samples that may still come. */
const looksBack = (offset: Duration | undefined): boolean =>
  offset === undefined || (offset.kind === "literal" && offset.seconds >= 0);

interface Shifted {
  at: AtModifier | undefined;
  offset: Duration | undefined;
  extended?: "anchored" | "smoothed" | undefined;
}

const isSteady = ({ at, offset, extended }: Shifted): boolean =>
  at === undefined && looksBack(offset) && extended !== "smoothed";

/** Whether the value at a step depends only on samples up to that step, whatever range it is asked in. */
// oxlint-disable-next-line complexity -- one case per kind of node
function isCacheableExpr(expr: Expr): boolean {
  switch (expr.kind) {
    case "number":
    case "string":
      return true;
    case "paren":
    case "unary":
      return isCacheableExpr(expr.expr);
    case "vector":
      return isSteady(expr);
    case "matrix":
      return isSteady(expr.selector) && isPlain(expr.range);
    case "subquery":
      return (
        isSteady(expr) && isPlain(expr.range) && isPlain(expr.step) && isCacheableExpr(expr.expr)
      );
    case "call":
      return !RANGE_FUNCTIONS.has(expr.name) && expr.args.every(isCacheableExpr);
    case "aggregate":
      return (
        isCacheableExpr(expr.expr) && (expr.param === undefined || isCacheableExpr(expr.param))
      );
    case "binary":
      return isCacheableExpr(expr.left) && isCacheableExpr(expr.right);
  }
}

/** Whether answers of an expression may be kept and extended. @throws PromQLError when the text is no expression. */
export const isCacheable = (text: string): boolean => isCacheableExpr(parseShared(text));
