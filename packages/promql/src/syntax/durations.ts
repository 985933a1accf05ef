import type { SyntaxNode } from "@lezer/common";

import type { Duration } from "./ast.ts";
import { checkDurationRange } from "./literals.ts";
import { childAt, children, span, type Source } from "./nodes.ts";

const operators: Record<string, "+" | "-" | "*" | "/" | "%" | "^"> = {
  Add: "+",
  Sub: "-",
  Mul: "*",
  Div: "/",
  Mod: "%",
  Pow: "^",
};

/** Builds the length of time of a range, a step or an offset. */
export function buildDuration(source: Source, node: SyntaxNode): Duration {
  const place = span(node);
  const parts = children(node);
  const first = childAt(node, 0);
  switch (first.name) {
    case "NumberDurationLiteralInDurationContext": {
      const { value, duration } = source.number(first);
      return { kind: "literal", seconds: inRange(source, first, value), duration, ...span(first) };
    }
    case "DurationStep":
      return { kind: "step", ...place };
    case "DurationRange":
      return { kind: "range", ...place };
    case "DurationMinOf":
    case "DurationMaxOf": {
      const [left, right] = [1, 2].map((index) => buildDuration(source, childAt(node, index)));
      if (!left || !right) throw new Error("the grammar gave min_of or max_of without two parts");
      return { kind: first.name === "DurationMinOf" ? "min_of" : "max_of", left, right, ...place };
    }
    case "UnaryOp": {
      const expr = buildDuration(source, childAt(node, 1));
      if (source.of(span(first)) === "+") return { ...expr, ...place };
      if (expr.kind === "literal") return { ...expr, seconds: -expr.seconds, ...place };
      return { kind: "negate", expr, ...place };
    }
    default:
      if (parts.length === 1) {
        return { kind: "paren", expr: buildDuration(source, first), ...place };
      }
      return buildOperation(source, node);
  }
}

function buildOperation(source: Source, node: SyntaxNode): Duration {
  const kind = operators[childAt(node, 1).name];
  if (!kind) throw new Error(`the grammar gave a duration operator ${childAt(node, 1).name}`);
  const left = buildDuration(source, childAt(node, 0));
  const right = buildDuration(source, childAt(node, 2));
  const zero = right.kind === "literal" && right.seconds === 0;
  if (zero && (kind === "/" || kind === "%")) {
    source.fail(span(childAt(node, 1)), kind === "/" ? "division by zero" : "modulo by zero");
  }
  return { kind, left, right, ...span(node) };
}

function inRange(source: Source, node: SyntaxNode, seconds: number): number {
  return source.read(span(node), () => checkDurationRange(seconds));
}

/** A range or a step: if it is a literal it must be above zero. */
export function buildPositiveDuration(source: Source, node: SyntaxNode): Duration {
  const duration = buildDuration(source, node);
  if (duration.kind === "literal" && duration.seconds <= 0) {
    source.fail(duration, "duration must be greater than 0");
  }
  return duration;
}
