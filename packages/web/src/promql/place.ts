/** A stretch of an expression, as UTF-16 offsets; at least one character long unless the expression is empty. */
export interface Place {
  from: number;
  to: number;
}

/** What the server says about an expression, and where in it. */
export interface PlacedMessage {
  /** Without the place and without the parameter's name. */
  message: string;
  place: Place | null;
}

const PARAMETER = /^invalid parameter "[^"]*": /;
const AT_START = /^(\d+):(\d+): /;
const AT_END = / \((\d+):(\d+)\)$/;
const WORD = /[\p{L}\p{N}_:.]/u;

/** Offset of a line and column as the server counts them: from 1, columns in code points. */
const offsetOf = (expression: string, line: number, column: number): number => {
  const lines = expression.split("\n");
  const before = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  const points = [...(lines[line - 1] ?? "")].slice(0, column - 1);
  return Math.min(expression.length, before + points.join("").length);
};

/** The word at an offset, so that a mark is as wide as what it speaks of. */
const wordAt = (expression: string, from: number): Place => {
  if (expression === "") return { from: 0, to: 0 };
  // An expression that ends too early is marked at its last character: behind it there is nothing to underline.
  const start = Math.min(from, expression.length - 1);
  let to = start + 1;
  if (WORD.test(expression[start] ?? "")) {
    while (to < expression.length && WORD.test(expression[to] ?? "")) to += 1;
  }
  return { from: start, to };
};

/** Reads `1:4: parse error: …` and `… (1:4)`, the two ways in which PromQL's messages name a place. */
export const placeOf = (text: string, expression: string): PlacedMessage => {
  const message = text.replace(PARAMETER, "");
  const found = AT_START.exec(message) ?? AT_END.exec(message);
  if (found === null) return { message, place: null };
  const rest = message.replace(AT_START, "").replace(AT_END, "");
  return {
    message: rest,
    place: wordAt(expression, offsetOf(expression, Number(found[1]), Number(found[2]))),
  };
};
