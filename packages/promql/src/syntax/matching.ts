import type { SyntaxNode } from "@lezer/common";

import type { VectorMatching } from "./ast.ts";
import { childAt, children, span, type Source } from "./nodes.ts";

/** What stands between an operator and its right side. */
export interface OperatorModifiers {
  bool: boolean;
  matching: VectorMatching;
}

/** The label names in the parentheses of `by`, `on`, `group_left` and the like. */
export function buildLabels(source: Source, node: SyntaxNode): string[] {
  return children(node).map((label) => {
    if (label.name !== "LabelName") {
      const name = source.string(label);
      if (name === "" || isBroken(name, source.of(span(label))))
        source.fail(span(label), `invalid label name for grouping: ${source.of(span(label))}`);
      return name;
    }
    const name = source.of(span(label));
    if (/^(inf|nan)$/i.test(name)) {
      source.fail(span(label), `unexpected number "${name}" in grouping opts, expected label`);
    }
    return name;
  });
}

/** Whether bytes of the literal were no UTF-8: they have become U+FFFD, which may also be written as itself. */
const isBroken = (name: string, literal: string): boolean =>
  name.includes("\uFFFD") && /\\(?:x|[0-7])/.test(literal);

/** Reads `bool`, `on`, `ignoring`, `group_left`, `group_right` and the fill modifiers of a BinaryExpr. */
export function buildModifiers(source: Source, binary: SyntaxNode): OperatorModifiers {
  const matching: VectorMatching = {
    cardinality: "one-to-one",
    on: false,
    labels: [],
    include: [],
    fillLeft: undefined,
    fillRight: undefined,
  };
  let bool = false;
  for (const part of children(binary)) {
    if (part.name === "BoolModifier") bool = true;
    if (part.name === "FillModifier") readFill(source, part, matching);
    if (part.name === "MatchingModifierClause") readMatching(source, part, matching);
  }
  return { bool, matching };
}

function readMatching(source: Source, node: SyntaxNode, matching: VectorMatching): void {
  let grouped = false;
  for (const part of children(node)) {
    if (part.name === "On") matching.on = true;
    if (part.name === "GroupLeft") matching.cardinality = "many-to-one";
    if (part.name === "GroupRight") matching.cardinality = "one-to-many";
    if (part.name === "GroupLeft" || part.name === "GroupRight") grouped = true;
    if (part.name !== "GroupingLabels") continue;
    if (grouped) matching.include = buildLabels(source, part);
    else matching.labels = buildLabels(source, part);
  }
}

function readFill(source: Source, node: SyntaxNode, matching: VectorMatching): void {
  for (const clause of children(node)) {
    const { value } = source.number(childAt(clause, -1));
    if (clause.name !== "FillRightClause") matching.fillLeft = value;
    if (clause.name !== "FillLeftClause") matching.fillRight = value;
  }
}
