import {
  formatPromQL,
  parseShared,
  type AtModifier,
  type Duration,
  type Expr,
} from "@fleetlight/promql";

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
function isCacheable(expr: Expr): boolean {
  switch (expr.kind) {
    case "number":
    case "string":
      return true;
    case "paren":
    case "unary":
      return isCacheable(expr.expr);
    case "vector":
      return isSteady(expr);
    case "matrix":
      return isSteady(expr.selector) && isPlain(expr.range);
    case "subquery":
      return isSteady(expr) && isPlain(expr.range) && isPlain(expr.step) && isCacheable(expr.expr);
    case "call":
      return !RANGE_FUNCTIONS.has(expr.name) && expr.args.every(isCacheable);
    case "aggregate":
      return isCacheable(expr.expr) && (expr.param === undefined || isCacheable(expr.param));
    case "binary":
      return isCacheable(expr.left) && isCacheable(expr.right);
  }
}

/** The canonical text under which answers of an expression are kept; undefined when they must not be. */
export function cacheText(text: string): string | undefined {
  const expr = parseShared(text);
  return isCacheable(expr) ? formatPromQL(expr) : undefined;
}
