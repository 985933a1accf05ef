import type { Expr, LabelMatcher } from "./ast.ts";
import { buildExpr } from "./build.ts";
import { check, checkSelector } from "./check.ts";
import { PromQLError } from "./error.ts";
import { parseTree } from "./grammar.ts";
import { Lexer, type Token } from "./lex.ts";
import { Source, childAt } from "./nodes.ts";
import { unexpected } from "./unexpected.ts";

function build(source: Source): Expr {
  const { tokens, plain, failure } = new Lexer(source.text).run();
  const tree = parseTree(source.text, plain, tokens, failure);
  return buildExpr(source, childAt(tree.topNode, 0));
}

/**
 * Parses and checks an expression in the syntax of Prometheus 3.14, experimental parts included. Throws PromQLError,
 * and nothing else, when the text is not a valid expression. The regular expressions of its matchers are valid RE2.
 */
export function parsePromQL(text: string): Expr {
  const source = new Source(text);
  const expr = build(source);
  check(source, expr);
  return expr;
}

/**
 * Parses a selector of series, such as the `match[]` of Prometheus' HTTP API: a metric name, matchers in braces or both,
 * without modifiers. All its matchers may match an empty label. Throws PromQLError, and nothing else.
 */
export function parseMatchers(text: string): LabelMatcher[] {
  const source = new Source(text);
  const { tokens, failure } = new Lexer(text).run();
  const end = selectorLength(tokens);
  const token = tokens[end];
  if (failure === undefined && (token !== undefined || end === 0)) {
    const place = token ?? { start: text.length, end: text.length };
    throw new PromQLError(text, place.start, place.end, unexpected(tokens, end));
  }
  const expr = build(source);
  if (expr.kind !== "vector" || expr.at || expr.offset || expr.extended)
    throw new PromQLError(text, expr.start, expr.end, "expected a selector of series");
  checkSelector(source, expr, true);
  return expr.matchers;
}

/** How many tokens from the first on are a metric name, matchers in braces, or both. */
function selectorLength(tokens: readonly Token[]): number {
  const name = tokens[0]?.kind === "word" ? 1 : 0;
  if (tokens[name]?.text !== "{") return name;
  const close = tokens.findIndex((token) => token.kind === "symbol" && token.text === "}");
  return close < 0 ? tokens.length : close + 1;
}
