import type { Expr } from "./ast.ts";
import { parsePromQL } from "./parse.ts";

/** Expressions that are remembered, and the longest text of one: a dashboard has some dozens. */
const MAX_KEPT = 256;
const MAX_KEPT_LENGTH = 4096;

/** In the order of their latest use. */
const kept = new Map<string, Expr>();

/**
 * As {@link parsePromQL}, but the same text is parsed once: dashboards and rules ask the same again and again. The tree is
 * shared with whoever asks next: nobody may change what it says.
 */
export function parseShared(text: string): Expr {
  const known = kept.get(text);
  if (known !== undefined) {
    kept.delete(text);
    kept.set(text, known);
    return known;
  }
  const expr = parsePromQL(text);
  if (text.length > MAX_KEPT_LENGTH) return expr;
  if (kept.size >= MAX_KEPT)
    for (const oldest of kept.keys()) {
      kept.delete(oldest);
      break;
    }
  kept.set(text, expr);
  return expr;
}
