import type { Token } from "./lex.ts";
import { isDurationText } from "./literals.ts";
import { quote } from "./strings.ts";

const keywords = new Set([
  "anchored",
  "bool",
  "by",
  "fill",
  "fill_left",
  "fill_right",
  "group_left",
  "group_right",
  "ignoring",
  "offset",
  "on",
  "smoothed",
  "without",
]);
const operatorWords = new Set(["and", "or", "unless", "atan2"]);
const operatorSymbols = new Set([..."+-*/%^<>@", "==", "!=", "<=", ">=", "=~", "!~", "</", ">/"]);
const aggregators = new Set([
  "avg",
  "bottomk",
  "count",
  "count_values",
  "group",
  "limit_ratio",
  "limitk",
  "max",
  "min",
  "quantile",
  "stddev",
  "stdvar",
  "sum",
  "topk",
]);
const groupingWords = new Set(["by", "without", "on", "ignoring", "group_left", "group_right"]);
/** Longer literals are cut in messages. */
const LONGEST_SHOWN = 10;
const A_DURATION = "number, duration, step(), or range()";

const quoted = (text: string): string =>
  text.length > LONGEST_SHOWN ? `${quote(text.slice(0, LONGEST_SHOWN))}...` : quote(text);

/** A token as upstream's parser calls it: `identifier "a"`, `<op:+>`, `<by>`, `","`. */
function describe({ kind, text }: Token, inBraces: boolean): string {
  const lower = text.toLowerCase();
  if (kind === "word") {
    if (!inBraces) {
      if (operatorWords.has(lower)) return `<op:${lower}>`;
      if (keywords.has(lower)) return `<${lower}>`;
      if (aggregators.has(lower)) return `<aggr:${lower}>`;
    }
    return `${text.includes(":") ? "metric identifier" : "identifier"} ${quote(text)}`;
  }
  if (kind === "number") return `${isDurationText(text) ? "duration" : "number"} ${quoted(text)}`;
  if (kind === "string") return `string ${quoted(text)}`;
  return operatorSymbols.has(text) ? `<op:${text}>` : quote(text);
}

/** Where a token stands and what is wanted there, for the places of the grammar that upstream has words for. */
interface Place {
  context: string;
  expected: string;
}

const symbolAt = (token: Token | undefined): string => (token?.kind === "symbol" ? token.text : "");

/** The bracket that is open before the token at `index`, and the token before it. */
function opened(tokens: readonly Token[], index: number): { symbol: string; at: number } {
  const stack: number[] = [];
  for (let at = 0; at < index; at++) {
    const symbol = symbolAt(tokens[at]);
    if (symbol === "(" || symbol === "[" || symbol === "{") stack.push(at);
    if (symbol === ")" || symbol === "]" || symbol === "}") stack.pop();
  }
  const at = stack.at(-1) ?? -1;
  return { symbol: symbolAt(tokens[at]), at };
}

function inBraces(before: Token | undefined): Place {
  const context = "label matching";
  const symbol = symbolAt(before);
  if (symbol === "{" || symbol === ",") return { context, expected: 'identifier or "}"' };
  if (symbol !== "") return { context, expected: "string" };
  if (before?.kind === "word") return { context, expected: "label matching operator" };
  return { context, expected: '"," or "}"' };
}

function inBrackets(tokens: readonly Token[], open: number, index: number): Place {
  const inside = tokens.slice(open + 1, index);
  const colon = inside.findIndex((token) => symbolAt(token) === ":");
  if (colon >= 0)
    return {
      context: "subquery selector",
      expected: colon === inside.length - 1 ? `${A_DURATION} or "]"` : '"]"',
    };
  const complete = inside.at(-1)?.kind === "number" || symbolAt(inside.at(-1)) === ")";
  return {
    context: "subquery or range selector",
    expected: complete ? '":" or "]"' : A_DURATION,
  };
}

function placeOf(tokens: readonly Token[], index: number): Place | undefined {
  const before = tokens[index - 1];
  const word = before?.kind === "word" ? before.text.toLowerCase() : "";
  const open = opened(tokens, index);
  if (open.symbol === "{") return inBraces(before);
  if (open.symbol === "[") return inBrackets(tokens, open.at, index);
  const opener = tokens[open.at - 1];
  if (
    open.symbol === "(" &&
    opener?.kind === "word" &&
    groupingWords.has(opener.text.toLowerCase())
  ) {
    const isNext = symbolAt(before) === "(" || symbolAt(before) === ",";
    return { context: "grouping opts", expected: isNext ? "label" : '"," or ")"' };
  }
  if (groupingWords.has(word) && !word.startsWith("group_"))
    return { context: "grouping opts", expected: '"("' };
  if (word === "offset") return { context: "offset", expected: A_DURATION };
  if (symbolAt(before) === "@") return { context: "@", expected: "timestamp" };
  return undefined;
}

/** What upstream says of a token that the grammar does not take; past the last one it is the end of the text. */
export function unexpected(tokens: readonly Token[], index: number): string {
  const found = tokens[index];
  const braces = opened(tokens, index).symbol === "{";
  const what = found === undefined ? "end of input" : describe(found, braces);
  const place = placeOf(tokens, index);
  if (place === undefined) return `unexpected ${what}`;
  return `unexpected ${what} in ${place.context}, expected ${place.expected}`;
}
