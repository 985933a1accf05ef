import type { Duration } from "../syntax/ast.ts";
import { EvaluationError } from "./errors.ts";

/** The bounds of the whole query, which start(), end(), range() and step() tell. stepMs is 0 for an instant query. */
export interface QueryBounds {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

const MAX_SECONDS = 2 ** 63 / 1e9;

/**
 * A length of time in whole milliseconds. A literal is cut from nanoseconds as Go's durations are; the result of an
 * expression is cut from seconds, which is upstream's order of rounding.
 */
export function durationMs(duration: Duration, bounds: QueryBounds): number {
  if (duration.kind === "literal") return Math.trunc(Math.round(duration.seconds * 1e9) / 1e6);
  const value = seconds(duration, bounds);
  if (!(Math.abs(value) < MAX_SECONDS)) {
    throw new EvaluationError("bad_data", "duration is out of range");
  }
  return Math.trunc(value * 1000);
}

/** The length of a range or a step. @throws EvaluationError unless it is above zero. */
export function positiveDurationMs(duration: Duration, bounds: QueryBounds): number {
  const ms = durationMs(duration, bounds);
  if (ms <= 0) throw new EvaluationError("bad_data", "duration must be greater than 0");
  return ms;
}

function seconds(duration: Duration, bounds: QueryBounds): number {
  switch (duration.kind) {
    case "literal":
      return duration.seconds;
    case "step":
      return bounds.stepMs / 1000;
    case "range":
      return (bounds.endMs - bounds.startMs) / 1000;
    case "negate":
      return -seconds(duration.expr, bounds);
    case "paren":
      return seconds(duration.expr, bounds);
    default:
      return operate(
        duration.kind,
        seconds(duration.left, bounds),
        seconds(duration.right, bounds),
      );
  }
}

type Operator = "+" | "-" | "*" | "/" | "%" | "^" | "min_of" | "max_of";

function operate(operator: Operator, left: number, right: number): number {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      if (right === 0) throw new EvaluationError("bad_data", "division by zero");
      return left / right;
    case "%":
      if (right === 0) throw new EvaluationError("bad_data", "modulo by zero");
      return left % right;
    case "^":
      return left ** right;
    case "min_of":
      return Math.min(left, right);
    case "max_of":
      return Math.max(left, right);
  }
}
