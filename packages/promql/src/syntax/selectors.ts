import type { SyntaxNode } from "@lezer/common";

import type {
  AtModifier,
  Duration,
  Expr,
  LabelMatcher,
  MatchOp,
  MatrixSelector,
  SubqueryExpr,
  VectorSelector,
} from "./ast.ts";
import { buildDuration, buildPositiveDuration } from "./durations.ts";
import { regexProblem } from "./matcher.ts";
import { childAt, children, span, type Source } from "./nodes.ts";

export const METRIC_NAME = "__name__";
const matchOps: Record<string, MatchOp> = {
  EqlSingle: "=",
  Neq: "!=",
  EqlRegex: "=~",
  NeqRegex: "!~",
};

export function buildVectorSelector(source: Source, node: SyntaxNode): VectorSelector {
  let name: string | undefined;
  const matchers: LabelMatcher[] = [];
  for (const part of children(node)) {
    if (part.name === "Identifier") name = source.of(span(part));
    else for (const one of children(part)) matchers.push(buildMatcher(source, one));
  }
  if (name !== undefined) {
    // The one binary operator made of letters that is no metric name.
    if (name.toLowerCase() === "atan2") {
      source.fail(span(node), `unexpected <op:${name.toLowerCase()}>`);
    }
    matchers.push({ name: METRIC_NAME, op: "=", value: name });
  }
  const none = { at: undefined, offset: undefined, extended: undefined };
  return { kind: "vector", name, matchers, ...none, ...span(node) };
}

function buildMatcher(source: Source, node: SyntaxNode): LabelMatcher {
  if (node.name === "QuotedLabelName") {
    return { name: METRIC_NAME, op: "=", value: source.string(node) };
  }
  const label = childAt(node, 0);
  const name = label.name === "LabelName" ? source.of(span(label)) : source.string(label);
  const op = matchOps[childAt(childAt(node, 1), 0).name];
  if (!op) throw new Error("the grammar gave a matcher without an operator");
  const value = source.string(childAt(node, 2));
  if (op === "=~" || op === "!~") {
    const problem = regexProblem(value);
    if (problem !== undefined) source.fail(span(node), problem);
  }
  return { name, op, value };
}

export function buildMatrixSelector(source: Source, node: SyntaxNode, expr: Expr): MatrixSelector {
  if (expr.kind !== "vector") {
    source.fail(bracket(expr, node), "ranges only allowed for vector selectors");
  }
  if (isSet(expr.offset)) {
    source.fail(bracket(expr, node), "no offset modifiers allowed before range");
  }
  if (expr.at) source.fail(bracket(expr, node), "no @ modifiers allowed before range");
  const range = buildPositiveDuration(source, childAt(node, 1));
  return { kind: "matrix", selector: expr, range, start: expr.start, end: node.to };
}

const bracket = (expr: Expr, node: SyntaxNode) => ({ start: expr.end, end: node.to });

/** `parts` are the parts of the subquery in the tree, of which the first is replaced by `expr`. */
export function buildSubquery(source: Source, parts: SyntaxNode[], expr: Expr): SubqueryExpr {
  const [, range, step] = parts;
  if (!range?.parent) throw new Error("the grammar gave a subquery without a range");
  return {
    kind: "subquery",
    expr,
    range: buildPositiveDuration(source, range),
    step: step ? buildPositiveDuration(source, step) : undefined,
    at: undefined,
    offset: undefined,
    start: expr.start,
    end: range.parent.to,
  };
}

/** The node that holds the modifiers of a selector or subquery. */
function modified(source: Source, expr: Expr, what: string): VectorSelector | SubqueryExpr {
  if (expr.kind === "matrix") return expr.selector;
  if (expr.kind === "vector" || expr.kind === "subquery") return expr;
  const before = "an instant vector selector or range vector selector or a subquery";
  return source.fail(expr, `${what} must be preceded by ${before}`);
}

/** Upstream takes an offset of zero for none. */
function isSet(offset: Duration | undefined): boolean {
  return offset !== undefined && !(offset.kind === "literal" && offset.seconds === 0);
}

export function applyOffset(source: Source, node: SyntaxNode, expr: Expr): Expr {
  const target = modified(source, expr, "offset modifier");
  if (isSet(target.offset)) source.fail(expr, "offset may not be set multiple times");
  target.offset = buildDuration(source, childAt(node, -1));
  expr.end = node.to;
  return expr;
}

export function applyAt(source: Source, node: SyntaxNode, expr: Expr): Expr {
  const at = buildAt(source, childAt(node, -1), expr);
  const target = modified(source, expr, "@ modifier");
  if (target.at) source.fail(expr, "@ <timestamp> may not be set multiple times");
  target.at = at;
  expr.end = node.to;
  return expr;
}

function buildAt(source: Source, node: SyntaxNode, expr: Expr): AtModifier {
  if (node.name === "AtModifierPreprocessors") {
    return { kind: childAt(node, 0).name === "AtStart" ? "start" : "end" };
  }
  const seconds = source.number(node).value;
  if (!(Math.abs(seconds) < 2 ** 63)) {
    source.fail(expr, `timestamp out of bounds for @ modifier: ${fixed(seconds)}`);
  }
  return { kind: "time", seconds };
}

/** A number too large for a time as Go's `%f` writes it. */
function fixed(value: number): string {
  if (Number.isFinite(value)) return `${BigInt(value)}.000000`;
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

export function applyExtended(source: Source, node: SyntaxNode, expr: Expr): Expr {
  const extended = node.name === "AnchoredExpr" ? "anchored" : "smoothed";
  const target = modified(source, expr, `${extended} modifier`);
  if (target.kind === "subquery") {
    return source.fail(expr, `${extended} modifier is not supported for subqueries`);
  }
  if (target.extended && target.extended !== extended) {
    source.fail(expr, "anchored and smoothed modifiers cannot be used together");
  }
  target.extended = extended;
  expr.end = node.to;
  return expr;
}
