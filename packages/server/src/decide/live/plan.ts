import {
  formatPromQL,
  type ComparisonOp,
  type Expr,
  type VectorSelector,
} from "@fleetlight/promql";

import type { Selector } from "#lib";
import { selectorOf } from "#query";

/** `selector CMP number`: its answer follows from the latest sample of each series alone. */
export interface SimpleQuery {
  selector: Selector;
  condition: ComparisonOp;
  threshold: number;
}

/** What is known of a rule's expression before it is evaluated. */
export interface RulePlan {
  /** Series whose new samples may change the answer. */
  selectors: readonly Selector[];
  simple: SimpleQuery | undefined;
  /** The expression that is compared with a number, from which can be told whether a series gave no data. */
  compared: string | undefined;
}

const COMPARISONS = new Set<string>(["==", "!=", "<", "<=", ">", ">="]);

/** How a comparison reads from right to left. */
const MIRRORED: Readonly<Record<ComparisonOp, ComparisonOp>> = {
  "==": "==",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

function withoutParens(expr: Expr): Expr {
  let inner = expr;
  while (inner.kind === "paren") inner = inner.expr;
  return inner;
}

function numberOf(expr: Expr): number | undefined {
  const inner = withoutParens(expr);
  if (inner.kind === "number") return inner.value;
  if (inner.kind !== "unary") return undefined;
  const value = numberOf(inner.expr);
  return value === undefined ? undefined : inner.op === "-" ? -value : value;
}

interface Comparison {
  left: Expr;
  condition: ComparisonOp;
  threshold: number;
}

/** The expression as a filter by a number. */
function comparisonOf(whole: Expr): Comparison | undefined {
  const expr = withoutParens(whole);
  if (expr.kind !== "binary" || expr.bool || !COMPARISONS.has(expr.op)) return undefined;
  const condition = expr.op as ComparisonOp;
  const right = numberOf(expr.right);
  if (right !== undefined) return { left: expr.left, condition, threshold: right };
  const left = numberOf(expr.left);
  if (left === undefined) return undefined;
  return { left: expr.right, condition: MIRRORED[condition], threshold: left };
}

/** Whether a new sample of a series is seen at once: it is not when the selector looks at another time. */
const looksAtNow = ({ at, offset }: VectorSelector): boolean =>
  at === undefined && offset === undefined;

function collect(expr: Expr, found: VectorSelector[]): void {
  switch (expr.kind) {
    case "vector":
      found.push(expr);
      break;
    case "matrix":
      found.push(expr.selector);
      break;
    case "subquery":
    case "paren":
    case "unary":
      collect(expr.expr, found);
      break;
    case "aggregate":
      collect(expr.expr, found);
      if (expr.param) collect(expr.param, found);
      break;
    case "call":
      for (const arg of expr.args) collect(arg, found);
      break;
    case "binary":
      collect(expr.left, found);
      collect(expr.right, found);
      break;
    default:
  }
}

/** What to follow for an expression, and how much of it a single series decides. */
export function planOf(expr: Expr): RulePlan {
  const found: VectorSelector[] = [];
  collect(expr, found);
  const comparison = comparisonOf(expr);
  const left = comparison && withoutParens(comparison.left);
  const isSimple =
    comparison !== undefined &&
    left?.kind === "vector" &&
    looksAtNow(left) &&
    left.extended === undefined;
  return {
    selectors: found.filter(looksAtNow).map(({ matchers }) => selectorOf(matchers)),
    simple: isSimple
      ? {
          selector: selectorOf(left.matchers),
          condition: comparison.condition,
          threshold: comparison.threshold,
        }
      : undefined,
    compared: comparison && formatPromQL(comparison.left),
  };
}
