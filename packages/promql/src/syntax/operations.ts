import type { SyntaxNode } from "@lezer/common";

import type { BinaryOp, Expr, UnaryExpr } from "./ast.ts";
import { buildModifiers } from "./matching.ts";
import { childAt, children, span, type Source } from "./nodes.ts";
import {
  applyAt,
  applyExtended,
  applyOffset,
  buildMatrixSelector,
  buildSubquery,
} from "./selectors.ts";

type Part =
  | { kind: "operand"; node: SyntaxNode }
  | { kind: "number"; node: SyntaxNode; signed: boolean }
  | { kind: "sign"; op: UnaryExpr["op"]; start: number }
  | { kind: "postfix"; node: SyntaxNode }
  | { kind: "operator"; node: SyntaxNode; op: BinaryOp };

const postfixes = new Set([
  "MatrixSelector",
  "SubqueryExpr",
  "OffsetExpr",
  "StepInvariantExpr",
  "AnchoredExpr",
  "SmoothedExpr",
]);
const levels: readonly (readonly BinaryOp[])[] = [
  ["or"],
  ["and", "unless"],
  ["==", "!=", "<", "<=", ">", ">=", "</", ">/"],
  ["+", "-"],
  ["*", "/", "%", "atan2"],
  ["^"],
];
const POWER = levels.length - 1;

/**
 * Builds an expression of operators. The grammar's tree cannot be taken as it is: it hangs ranges and modifiers on
 * everything before them (`a + b offset 5m` as `(a + b) offset 5m`) and may read `-1^2` as `(-1)^2`. So its leaves
 * are put in a row and joined by Prometheus' precedences: postfix, `^`, sign with `*`, `+`, comparison, `and`, `or`.
 */
export function associate(
  source: Source,
  node: SyntaxNode,
  primary: (source: Source, node: SyntaxNode) => Expr,
): Expr {
  const parts: Part[] = [];
  flatten(source, node, parts);
  return new Operations(source, parts, primary).join(0);
}

function flatten(source: Source, node: SyntaxNode, parts: Part[]): void {
  if (node.name === "BinaryExpr") {
    const operator = childAt(node, 1);
    flatten(source, childAt(node, 0), parts);
    const op = source.of(span(operator)).toLowerCase() as BinaryOp;
    parts.push({ kind: "operator", node, op });
    flatten(source, childAt(node, -1), parts);
  } else if (node.name === "UnaryExpr") {
    parts.push(sign(source, node));
    flatten(source, childAt(node, 1), parts);
  } else if (postfixes.has(node.name)) {
    flatten(source, childAt(node, 0), parts);
    parts.push({ kind: "postfix", node });
  } else if (node.name === "NumberDurationLiteral") {
    const signed = /[+-]/.test(source.text[node.from] ?? "");
    if (signed) parts.push(sign(source, node));
    parts.push({ kind: "number", node, signed });
  } else {
    parts.push({ kind: "operand", node });
  }
}

function sign(source: Source, node: SyntaxNode): Part {
  return { kind: "sign", op: source.text[node.from] === "-" ? "-" : "+", start: node.from };
}

class Operations {
  private readonly source: Source;
  private readonly parts: Part[];
  private readonly primary: (source: Source, node: SyntaxNode) => Expr;
  private at = 0;

  constructor(source: Source, parts: Part[], primary: (source: Source, node: SyntaxNode) => Expr) {
    this.source = source;
    this.parts = parts;
    this.primary = primary;
  }

  /** Joins what binds at least as strongly as the level. */
  join(level: number): Expr {
    let left = this.signed();
    for (;;) {
      const part = this.parts[this.at];
      if (part?.kind !== "operator") return left;
      const own = levels.findIndex((ops) => ops.includes(part.op));
      if (own < level) return left;
      this.at++;
      const modifiers = buildModifiers(this.source, part.node);
      const right = this.join(own === POWER ? POWER : own + 1);
      const place = { start: left.start, end: right.end };
      left = { kind: "binary", op: part.op, left, right, ...modifiers, ...place };
    }
  }

  private signed(): Expr {
    const part = this.parts[this.at];
    if (part?.kind !== "sign") return this.operand();
    this.at++;
    const expr = this.join(POWER);
    const place = { start: part.start, end: expr.end };
    if (expr.kind !== "number") return { kind: "unary", op: part.op, expr, ...place };
    return { ...expr, value: part.op === "-" ? -expr.value : expr.value, ...place };
  }

  private operand(): Expr {
    const part = this.parts[this.at++];
    if (part?.kind !== "operand" && part?.kind !== "number") {
      throw new Error("the grammar gave an operation without an operand");
    }
    let expr =
      part.kind === "number"
        ? this.source.number(part.node, part.signed)
        : this.primary(this.source, part.node);
    for (let next = this.parts[this.at]; next?.kind === "postfix"; next = this.parts[this.at]) {
      expr = applyPostfix(this.source, next.node, expr);
      this.at++;
    }
    return expr;
  }
}

function applyPostfix(source: Source, node: SyntaxNode, expr: Expr): Expr {
  switch (node.name) {
    case "MatrixSelector":
      return buildMatrixSelector(source, node, expr);
    case "SubqueryExpr":
      return buildSubquery(source, children(node), expr);
    case "OffsetExpr":
      return applyOffset(source, node, expr);
    case "StepInvariantExpr":
      return applyAt(source, node, expr);
    default:
      return applyExtended(source, node, expr);
  }
}
