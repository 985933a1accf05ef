import type { SyntaxNode } from "@lezer/common";

import type { AggregateExpr, AggregateOp, Expr } from "./ast.ts";
import { buildLabels } from "./matching.ts";
import { childAt, children, span, type Source } from "./nodes.ts";
import { associate } from "./operations.ts";
import { buildVectorSelector } from "./selectors.ts";

/** Builds an expression from the tree of the grammar. Rules about types are checked later. */
export function buildExpr(source: Source, node: SyntaxNode): Expr {
  return associate(source, node, buildPrimary);
}

function buildPrimary(source: Source, node: SyntaxNode): Expr {
  switch (node.name) {
    case "StringLiteral":
      return { kind: "string", value: source.string(node), ...span(node) };
    case "VectorSelector":
      return buildVectorSelector(source, node);
    case "ParenExpr":
      return { kind: "paren", expr: buildExpr(source, childAt(node, 0)), ...span(node) };
    case "AggregateExpr":
      return buildAggregate(source, node);
    case "FunctionCall":
      return {
        kind: "call",
        name: source.of(span(childAt(node, 0))),
        args: buildArguments(source, childAt(node, 1)),
        ...span(node),
      };
    default:
      throw new Error(`the grammar gave an unknown expression ${node.name}`);
  }
}

function buildArguments(source: Source, body: SyntaxNode): Expr[] {
  return children(body).map((node) => buildExpr(source, node));
}

function buildAggregate(source: Source, node: SyntaxNode): AggregateExpr {
  const place = span(node);
  const op = source.of(span(childAt(node, 0))).toLowerCase() as AggregateOp;
  const body = children(node).find((part) => part.name === "FunctionCallBody");
  const modifier = children(node).find((part) => part.name === "AggregateModifier");
  const args = body ? buildArguments(source, body) : [];
  if (args.length === 0) source.fail(place, "no arguments for aggregate expression provided");
  const wanted = aggregatesWithParam.has(op) ? 2 : 1;
  const expr = args[wanted - 1];
  if (args.length !== wanted || !expr) {
    const counts = `expected ${wanted}, got ${args.length}`;
    return source.fail(
      place,
      `wrong number of arguments for aggregate expression provided, ${counts}`,
    );
  }
  return {
    kind: "aggregate",
    op,
    expr,
    param: wanted === 2 ? args[0] : undefined,
    grouping: modifier ? buildLabels(source, childAt(modifier, 1)) : [],
    without: modifier?.firstChild?.name === "Without",
    ...place,
  };
}

/** Aggregations that take a parameter before the expression. */
const aggregatesWithParam = new Set<AggregateOp>([
  "bottomk",
  "count_values",
  "limit_ratio",
  "limitk",
  "quantile",
  "topk",
]);
