import type { Expr } from "./ast.ts";
import { buildExpr } from "./build.ts";
import { check } from "./check.ts";
import { parseTree } from "./grammar.ts";
import { Lexer } from "./lex.ts";
import { Source, childAt } from "./nodes.ts";

/**
 * Parses and checks an expression in the syntax of Prometheus 3.14, experimental parts included. Throws PromQLError,
 * and nothing else, when the text is not a valid expression. The regular expressions of its matchers are valid RE2.
 */
export function parsePromQL(text: string): Expr {
  const { tokens, plain } = new Lexer(text).run();
  const tree = parseTree(text, plain, tokens);
  const source = new Source(text);
  const expr = buildExpr(source, childAt(tree.topNode, 0));
  check(source, expr);
  return expr;
}
