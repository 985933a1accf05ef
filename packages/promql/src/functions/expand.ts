import type { RE2JS } from "re2js";

import { EvaluationError } from "../engine/errors.ts";

/** Longest value, in UTF-16 units, that a query may make for a label; Prometheus has no limit. */
export const MAX_VALUE_LENGTH = 2 ** 20;

/** @throws EvaluationError when a query makes a value that is too long. */
export function checkLength(length: number): void {
  if (length <= MAX_VALUE_LENGTH) return;
  const text = `label value is longer than ${MAX_VALUE_LENGTH} characters`;
  throw new EvaluationError("execution", text);
}

/** A template of Go's regexp.Expand, read: text, and numbers or names of groups. */
export type Template = readonly (string | { group: number | string })[];

const GROUP = /^(?:\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/u;

/** `$1`, `$name` and `${name}` stand for groups, `$$` for a dollar; a dollar before anything else is text. */
export function readTemplate(text: string): Template {
  const parts: (string | { group: number | string })[] = [];
  let rest = text;
  for (let at = rest.indexOf("$"); at >= 0; at = rest.indexOf("$")) {
    parts.push(rest.slice(0, at));
    rest = rest.slice(at + 1);
    const found = GROUP.exec(rest);
    if (found) {
      const name = found[1] ?? found[2] ?? "";
      parts.push({ group: /^(?:0|[1-9][0-9]{0,8})$/.test(name) ? Number(name) : name });
      rest = rest.slice(found[0].length);
    } else {
      parts.push("$");
      if (rest.startsWith("$")) rest = rest.slice(1);
    }
  }
  return [...parts, rest];
}

/** The template with the groups of the match; undefined when the text does not match. Unknown groups are empty. @throws EvaluationError */
export function expand(pattern: RE2JS, template: Template, text: string): string | undefined {
  const matcher = pattern.matcher(text);
  if (!matcher.find()) return undefined;
  const named = pattern.namedGroups();
  const count = pattern.groupCount();
  let result = "";
  for (const part of template) {
    checkLength(result.length);
    if (typeof part === "string") {
      result += part;
      continue;
    }
    const group = typeof part.group === "number" ? part.group : (named[part.group] ?? -1);
    if (group >= 0 && group <= count) result += matcher.group(group) ?? "";
  }
  return result;
}
