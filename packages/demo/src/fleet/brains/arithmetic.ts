import { pick } from "../random.ts";
import type { Random } from "../random.ts";

/** One step of a plan: `left operator right`, the result of which later steps may use as `#index`. */
export type PlanStep = { operator: string; left: string; right: string };

const PRECEDENCE: Record<string, number> = { "+": 1, "-": 1, "*": 2, "/": 2 };
const MAX_EXPRESSION_LENGTH = 500;

/** A random sum of products, such as `3 * (7 + 2) - 8`. */
export function randomExpression(random: Random, depth = 2): string {
  if (depth === 0) return String(1 + Math.floor(random() * 20));
  const operator = pick(random, ["+", "-", "*", "/"]);
  const left = randomExpression(random, depth - 1);
  const right = randomExpression(random, random() < 0.5 ? 0 : depth - 1);
  return random() < 0.4 ? `(${left} ${operator} ${right})` : `${left} ${operator} ${right}`;
}

/** Turns an expression into steps that can be run one after the other. @throws SyntaxError when it is malformed. */
export function planOf(expression: string): PlanStep[] {
  if (expression.length > MAX_EXPRESSION_LENGTH)
    throw new SyntaxError("the expression is too long");
  const steps: PlanStep[] = [];
  const values: string[] = [];
  const operators: string[] = [];
  const apply = () => {
    const operator = operators.pop();
    const right = values.pop();
    const left = values.pop();
    if (operator === undefined || operator === "(" || left === undefined || right === undefined) {
      throw new SyntaxError(`cannot read ${JSON.stringify(expression)}`);
    }
    values.push(`#${steps.length}`);
    steps.push({ operator, left, right });
  };
  const top = () => operators.at(-1) ?? "(";
  for (const token of expression.match(/\d+(\.\d+)?|\S/g) ?? []) {
    const rank = PRECEDENCE[token];
    if (/^\d/.test(token)) values.push(token);
    else if (token === "(") operators.push(token);
    else if (token === ")") {
      while (operators.length > 0 && top() !== "(") apply();
      if (operators.pop() === undefined) throw new SyntaxError("a parenthesis is never opened");
    } else if (rank !== undefined) {
      while ((PRECEDENCE[top()] ?? 0) >= rank) apply();
      operators.push(token);
    } else throw new SyntaxError(`${JSON.stringify(token)} is no number and no operator`);
  }
  while (operators.length > 0) apply();
  if (values.length !== 1) throw new SyntaxError(`cannot read ${JSON.stringify(expression)}`);
  return steps;
}

/** Runs one step with the results of those before it. Division by zero gives an infinity, as IEEE 754 says. */
export function runStep(step: PlanStep, results: readonly number[]): number {
  const value = (text: string) =>
    text.startsWith("#") ? (results[Number(text.slice(1))] ?? NaN) : Number(text);
  const left = value(step.left);
  const right = value(step.right);
  switch (step.operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    default:
      return left / right;
  }
}
