import { RE2JS } from "re2js";

import type { LabelMatcher } from "./ast.ts";

/** Compiles a matcher's regular expression: RE2 syntax, and the dot matches a newline. Throws re2js' errors. */
function compile(pattern: string): RE2JS {
  return RE2JS.compile(pattern, RE2JS.DOTALL);
}

/** Why the regular expression is not RE2, or nothing. */
export function regexProblem(pattern: string): string | undefined {
  try {
    compile(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Whether a series without the label passes the matcher. */
export function matchesEmpty(matcher: LabelMatcher): boolean {
  const same =
    matcher.op === "=" || matcher.op === "!="
      ? matcher.value === ""
      : compile(matcher.value).matches("");
  return matcher.op.startsWith("!") ? !same : same;
}
