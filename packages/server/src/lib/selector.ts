import { RE2JS } from "re2js";

import { badRequest, describeError } from "./errors.ts";
import { NAME_LABEL, type LabelSet } from "./labels.ts";

export type MatchOperator = "=" | "!=" | "=~" | "!~";

/** One condition on one label. */
export interface Matcher {
  name: string;
  operator: MatchOperator;
  value: string;
  /** Whether a label's value satisfies the matcher; an absent label is an empty string. */
  test(value: string): boolean;
}

/** An instant selector as in PromQL: `name{label="value",other=~"a|b"}`; matchers are joined by and. */
export interface Selector {
  /** Set when the selector asks for exactly one metric name. */
  metric: string | undefined;
  matchers: readonly Matcher[];
  matches(labels: LabelSet): boolean;
}

const MAX_MATCHERS = 64;

/** Regular expressions are RE2, anchored at both ends, and the dot matches newlines, as in Prometheus. */
function regexTest(pattern: string): (value: string) => boolean {
  try {
    const compiled = RE2JS.compile(pattern, RE2JS.DOTALL);
    return (value) => compiled.matches(value);
  } catch (error) {
    throw badRequest(`bad regular expression ${JSON.stringify(pattern)}: ${describeError(error)}`);
  }
}

/** @throws FleetlightError `bad_request` for a bad regular expression. */
export function makeMatcher(name: string, operator: MatchOperator, value: string): Matcher {
  if (operator === "=") return { name, operator, value, test: (found) => found === value };
  if (operator === "!=") return { name, operator, value, test: (found) => found !== value };
  const matches = regexTest(value);
  if (operator === "=~") return { name, operator, value, test: matches };
  return { name, operator, value, test: (found) => !matches(found) };
}

function makeSelector(matchers: Matcher[]): Selector {
  if (!matchers.some((matcher) => !matcher.test("")))
    throw badRequest(
      "a selector needs a metric name or a matcher that an empty label does not satisfy",
    );
  return {
    metric: matchers.find((m) => m.name === NAME_LABEL && m.operator === "=")?.value,
    matchers,
    matches: (labels) => matchers.every((matcher) => matcher.test(labels[matcher.name] ?? "")),
  };
}

/** A selector for all series of one metric, with labels that must be equal. */
export const selectMetric = (metric: string, labels: LabelSet = {}): Selector =>
  makeSelector([
    makeMatcher(NAME_LABEL, "=", metric),
    ...Object.entries(labels).map(([name, value]) => makeMatcher(name, "=", value)),
  ]);

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*/;
const STRING = /^"(?:[^"\\\n]|\\.)*"|^'(?:[^'\\\n]|\\.)*'|^`[^`]*`/;
const OPERATOR = /^(=~|!~|!=|=)/;
const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r" };

const unquote = (text: string): string =>
  text.startsWith("`")
    ? text.slice(1, -1)
    : text.slice(1, -1).replace(/\\(.)/gs, (_, char: string) => ESCAPES[char] ?? char);

/** Reads a selector from left to right; errors name the column, counted from 1. */
class SelectorReader {
  private position = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  fail(expected: string): never {
    const found = this.text.slice(this.position, this.position + 12) || "the end";
    throw badRequest(
      `selector ${JSON.stringify(this.text)}, column ${this.position + 1}: expected ${expected}, found ${found}`,
    );
  }

  skipSpace(): void {
    while (/\s/.test(this.text[this.position] ?? "")) this.position++;
  }

  take(pattern: RegExp): string | undefined {
    this.skipSpace();
    const found = pattern.exec(this.text.slice(this.position))?.[0];
    if (found !== undefined) this.position += found.length;
    return found;
  }

  need(pattern: RegExp, expected: string): string {
    return this.take(pattern) ?? this.fail(expected);
  }

  get atEnd(): boolean {
    this.skipSpace();
    return this.position >= this.text.length;
  }
}

function readMatcher(reader: SelectorReader): Matcher {
  const quoted = reader.take(STRING);
  const name = quoted === undefined ? reader.need(LABEL, "a label name") : unquote(quoted);
  const operator = reader.take(OPERATOR) as MatchOperator | undefined;
  if (operator === undefined) {
    // A lone quoted string is the metric name (UTF-8 names of Prometheus 3).
    if (quoted === undefined) reader.fail("one of = != =~ !~");
    return makeMatcher(NAME_LABEL, "=", name);
  }
  return makeMatcher(name, operator, unquote(reader.need(STRING, "a quoted value")));
}

/**
 * Parses an instant selector.
 * @throws FleetlightError `bad_request` with the column and what was expected.
 */
export function parseSelector(text: string): Selector {
  const reader = new SelectorReader(text);
  const matchers: Matcher[] = [];
  const name = reader.take(NAME);
  if (name !== undefined) matchers.push(makeMatcher(NAME_LABEL, "=", name));
  if (reader.take(/^\{/) === undefined) {
    if (name === undefined) reader.fail("a metric name or {");
  } else {
    while (reader.take(/^\}/) === undefined) {
      if (matchers.length >= MAX_MATCHERS)
        throw badRequest(`a selector has at most ${MAX_MATCHERS} matchers`);
      matchers.push(readMatcher(reader));
      if (reader.take(/^,/) === undefined) {
        reader.need(/^\}/, "a comma or }");
        break;
      }
    }
  }
  if (!reader.atEnd) reader.fail("the end of the selector");
  return makeSelector(matchers);
}
