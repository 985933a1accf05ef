import { RE2JS } from "re2js";

import { describeError } from "../errors.ts";
import { fail } from "./values.ts";

/** Longest text that a regular expression looks at, and longest expression: both cost time before anyone can stop them. */
export const MAX_REGEX_TEXT = 65_536;
export const MAX_PATTERN = 4096;
const MAX_COMPILED = 200;

const compiled = new Map<string, RE2JS>();

function compile(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  if (pattern.length > MAX_PATTERN)
    fail(`regexp: expression is longer than ${MAX_PATTERN} characters`);
  try {
    const made = RE2JS.compile(pattern);
    if (compiled.size >= MAX_COMPILED) compiled.delete(compiled.keys().next().value ?? "");
    compiled.set(pattern, made);
    return made;
  } catch (error) {
    return fail(describeError(error));
  }
}

function checkText(text: string): void {
  if (text.length > MAX_REGEX_TEXT)
    fail(`regexp: text is longer than ${MAX_REGEX_TEXT} characters`);
}

/** Whether the expression is found anywhere in the text. @throws FunctionError */
export function matchText(pattern: string, text: string): boolean {
  checkText(text);
  return compile(pattern).matcher(text).find();
}

const GROUP = /\$(?:\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+)|\$)?/gu;

/** A replacement in parts: text, and numbers or names of groups. */
function readReplacement(text: string): (string | { group: string })[] {
  const parts: (string | { group: string })[] = [];
  let at = 0;
  for (const found of text.matchAll(GROUP)) {
    const name = found[1] ?? found[2];
    parts.push(text.slice(at, found.index), name === undefined ? "$" : { group: name });
    at = found.index + found[0].length;
  }
  return [...parts, text.slice(at)];
}

function groupNumber(expression: RE2JS, name: string): number {
  if (/^(?:0|[1-9][0-9]{0,8})$/.test(name)) return Number(name);
  const named: Record<string, number> = expression.namedGroups();
  return Object.hasOwn(named, name) ? (named[name] ?? -1) : -1;
}

/** Every match replaced; `$1`, `${1}` and `${name}` stand for groups as in Go. @throws FunctionError */
export function replaceText(
  pattern: string,
  replacement: string,
  text: string,
  maxLength: number,
): string {
  checkText(text);
  const expression = compile(pattern);
  const matcher = expression.matcher(text);
  const count = expression.groupCount();
  const parts = readReplacement(replacement).map((part) =>
    typeof part === "string" ? part : groupNumber(expression, part.group),
  );
  let result = "";
  const add = (more: string): void => {
    result += more;
    if (result.length > maxLength) fail(`the result is longer than ${maxLength} characters`);
  };
  let from = 0;
  let ended = -1;
  while (matcher.find()) {
    const [start, end] = [matcher.start(), matcher.end()];
    // An empty match right after another one does not count, as in Go.
    if (start === end && start === ended) continue;
    add(text.slice(from, start));
    for (const part of parts) {
      if (typeof part === "string") add(part);
      else if (part >= 0 && part <= count) add(matcher.group(part) ?? "");
    }
    from = ended = end;
  }
  return result + text.slice(from);
}
