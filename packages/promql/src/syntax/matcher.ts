import { RE2JS, RE2JSSyntaxException } from "re2js";

import type { LabelMatcher } from "./ast.ts";

/** Tells whether a label's value passes; a missing label has the value "". */
export type ValueTest = (value: string) => boolean;

/** Values whose verdict of a slow pattern is remembered, per matcher; and how often they must help, until they are too many. */
const MAX_REMEMBERED = 2048;
/** Alternatives that are looked up in a set; more are left to the engine of regular expressions. */
const MAX_ALTERNATIVES = 10_000;

/** Compiles a matcher's regular expression: RE2 syntax, and the dot matches a newline. Throws re2js' errors. */
function compile(pattern: string): RE2JS {
  return RE2JS.compile(pattern, RE2JS.DOTALL);
}

/** Why the regular expression is not RE2, in the words of Go's regexp/syntax, or nothing. */
export function regexProblem(pattern: string): string | undefined {
  try {
    compile(pattern);
    return undefined;
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) return String(error);
    const reason = error.getDescription();
    return `error parsing regexp: ${reason}: \`${faultyPart(reason, error.getPattern(), pattern)}\``;
  }
}

/** The part of the pattern that Go shows: re2js writes the flag for the dot before the whole, and leaves out some parts. */
function faultyPart(reason: string, shown: string | null, pattern: string): string {
  if (reason === "trailing backslash at end of expression") return "";
  if (shown === null || shown === "" || shown === `(?s)${pattern}`) return pattern;
  return shown;
}

/** Whether a series without the label passes the matcher. */
export function matchesEmpty(matcher: LabelMatcher): boolean {
  return compileMatcher(matcher)("");
}

/**
 * A test for values of the label. Regular expressions are fully anchored RE2 in which the dot matches a newline; those
 * that say no more than a few words (`a|b`, `web-.*`, `.+`) never reach the engine of regular expressions.
 *
 * @throws re2js' error when the pattern is not valid; parsed expressions have only valid ones.
 */
export function compileMatcher({ op, value }: Pick<LabelMatcher, "op" | "value">): ValueTest {
  switch (op) {
    case "=":
      return (text) => text === value;
    case "!=":
      return (text) => text !== value;
    case "=~":
      return compilePattern(value);
    case "!~": {
      const test = compilePattern(value);
      return (text) => !test(text);
    }
  }
}

function compilePattern(pattern: string): ValueTest {
  return simpleTest(pattern) ?? remembering(compile(pattern));
}

/** The pattern's own characters; null when it has any syntax. `\.` and other escaped punctuation are literal. */
function literal(pattern: string): string | null {
  if (!/[\\.+*?()|[\]{}^$]/.test(pattern)) return pattern;
  const text = pattern.replace(/\\([\\.+*?()|[\]{}^$-])/g, "");
  if (/[\\.+*?()|[\]{}^$]/.test(text)) return null;
  return pattern.replace(/\\([\\.+*?()|[\]{}^$-])/g, "$1");
}

/** Whether the text cannot be cut as UTF-16: a part of a pair must not be taken for a character. */
const pairs = /[\ud800-\udfff]/;

function simpleTest(pattern: string): ValueTest | undefined {
  if (pairs.test(pattern)) return undefined;
  const exact = literal(pattern);
  if (exact !== null) return (text) => text === exact;
  return alternatives(pattern) ?? wildcards(pattern);
}

/** `a|b|c`, with or without one group around it. */
function alternatives(pattern: string): ValueTest | undefined {
  const grouped = /^\((?:\?:)?([^()]*)\)$/.exec(pattern)?.[1];
  const parts = (grouped ?? pattern).split("|");
  if (parts.length > MAX_ALTERNATIVES) return undefined;
  const set = new Set<string>();
  for (const part of parts) {
    const text = literal(part);
    if (text === null) return undefined;
    set.add(text);
  }
  return (text) => set.has(text);
}

/** Literal text with `.*` or `.+` before or after it, or both. */
function wildcards(pattern: string): ValueTest | undefined {
  const parts = /^(\.[*+])?(.*?)(\.[*+])?$/s.exec(pattern);
  if (!parts) return undefined;
  const [, head, middle = "", tail] = parts;
  const text = literal(middle);
  if (text === null || middle.endsWith("\\")) return undefined;
  const before = head === ".+" ? 1 : 0;
  const after = tail === ".+" ? 1 : 0;
  const least = text.length + before + after;
  // `.+` and `.*` next to each other, or alone.
  if (text === "") return least === 0 ? () => true : atLeast(least);
  if (head === undefined && tail !== undefined) {
    return (value) => value.length >= least && value.startsWith(text);
  }
  if (tail === undefined && head !== undefined) {
    return (value) => value.length >= least && value.endsWith(text);
  }
  if (head === undefined) return undefined;
  return (value) => {
    const at = value.indexOf(text, before);
    return at >= 0 && at + text.length + after <= value.length;
  };
}

/** At least so many characters; a character beyond U+FFFF has two units. */
function atLeast(characters: number): ValueTest {
  if (characters < 2) return (value) => value.length >= characters;
  return (value) => value.length >= characters && [...value].length >= characters;
}

/**
 * Labels repeat: the same value is matched once. Where most values are new, to remember them costs more than to match, and what
 * does not fit ends it for good; otherwise the memory starts anew.
 */
function remembering(pattern: RE2JS): ValueTest {
  let verdicts: Map<string, boolean> | undefined = new Map();
  let hits = 0;
  return (value) => {
    if (verdicts === undefined) return pattern.matches(value);
    const known = verdicts.get(value);
    if (known !== undefined) {
      hits++;
      return known;
    }
    const verdict = pattern.matches(value);
    if (verdicts.size >= MAX_REMEMBERED) {
      verdicts = hits < MAX_REMEMBERED ? undefined : new Map();
      hits = 0;
    }
    verdicts?.set(value, verdict);
    return verdict;
  };
}
