/** An expression taken apart where it is compared with a number. */
export interface Comparison {
  left: string;
  condition: string;
  threshold: number;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|0x[\da-fA-F]+)$/;
/** Pieces whose letters mean nothing here: quoted texts and comments. */
const SKIPPED = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`|#[^\n]*/y;
const OPERATOR = /==|!=|<=|>=|<|>/y;
const OTHER = /(?<=[\s)\]}])(?:and|or|unless)\b/iy;

/** Where the one comparison outside of all brackets stands; null when there is none, or more than that. */
const findComparison = (expression: string): { at: number; operator: string } | null => {
  let depth = 0;
  let found: { at: number; operator: string } | null = null;
  for (let at = 0; at < expression.length; at += 1) {
    SKIPPED.lastIndex = at;
    const skipped = SKIPPED.exec(expression);
    if (skipped !== null) {
      at += skipped[0].length - 1;
      continue;
    }
    const letter = expression[at] ?? "";
    if ("([{".includes(letter)) depth += 1;
    if (")]}".includes(letter)) depth -= 1;
    if (depth !== 0) continue;
    OTHER.lastIndex = at;
    if (OTHER.test(expression)) return null;
    OPERATOR.lastIndex = at;
    const operator = OPERATOR.exec(expression)?.[0];
    if (operator === undefined) continue;
    if (found !== null) return null;
    found = { at, operator };
    at += operator.length - 1;
  }
  return found;
};

/**
 * Reads `left > 5` so that the left side can be drawn and the number be a line; null for anything else. Only what
 * stands outside of all brackets counts, and of `a and b > 1` nothing can be said.
 */
export const splitComparison = (expression: string): Comparison | null => {
  const found = findComparison(expression);
  if (found === null) return null;
  const left = expression.slice(0, found.at).trim();
  const right = expression
    .slice(found.at + found.operator.length)
    .replace(/^\s*bool\b/, "")
    .trim();
  if (left === "" || !NUMBER.test(right)) return null;
  return { left, condition: found.operator, threshold: Number(right) };
};
