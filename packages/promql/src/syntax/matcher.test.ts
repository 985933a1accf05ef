import { RE2JS } from "re2js";
import { describe, expect, it, vi } from "vitest";

import type { MatchOp } from "./ast.ts";
import { compileMatcher, matchesEmpty } from "./matcher.ts";

const matches = (op: MatchOp, value: string, text: string) => compileMatcher({ op, value })(text);

describe("equality", () => {
  it.each([
    ["=", "a", "a", true],
    ["=", "a", "ab", false],
    ["=", "", "", true],
    ["!=", "a", "a", false],
    ["!=", "a", "", true],
  ] as const)("%s %s against %j is %s", (op, value, text, expected) => {
    expect(matches(op, value, text)).toBe(expected);
  });
});

const patterns = [
  "",
  ".*",
  ".+",
  ".+.*",
  ".+.+",
  "a",
  "a.c",
  "web-.*",
  ".*-db",
  ".+-db",
  "web-.+",
  ".*eb.*",
  ".+eb.+",
  "a|b|web-1",
  "(a|b)",
  "(?:a|web-1)",
  "a||b",
  "a\\.b",
  "a\\.*",
  "a\\\\.*",
  "a\\.b|c\\|d",
  "(?i)WEB-.*",
  "[a-c]",
  "a{2}",
  "^a$",
  "a$|b",
  ".*?",
  "..",
  ".",
  "\\d+",
  "a*",
  "é.*",
  "😀.+",
  "\\pL+",
  "(a+)+b",
];

const texts = [
  "",
  "a",
  "b",
  "c",
  "aa",
  "abc",
  "a.b",
  "a..",
  "a\\b",
  "c|d",
  "web-1",
  "WEB-1",
  "web-",
  "-db",
  "x-db",
  "web",
  "xwebx",
  "line\nfeed",
  "a\nc",
  "\n",
  "é",
  "éa",
  "😀",
  "😀😀",
  "12",
];

describe("regular expressions", () => {
  it.each(patterns)("%j passes exactly what RE2 passes", (pattern) => {
    const re2 = RE2JS.compile(pattern, RE2JS.DOTALL);
    for (const text of texts) {
      const place = `${JSON.stringify(pattern)} against ${JSON.stringify(text)}`;
      expect(matches("=~", pattern, text), place).toBe(re2.matches(text));
      expect(matches("!~", pattern, text), place).toBe(!re2.matches(text));
    }
  });

  it("remember verdicts without being led astray", () => {
    const test = compileMatcher({ op: "=~", value: "[a-z]+[0-9]{1,4}" });
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 5000; i++) expect(test(`x${i}`)).toBe(true);
      expect(test("x")).toBe(false);
    }
  });

  it.each([
    ["new", (i: number) => i],
    ["among few", (i: number) => i % 2000],
    ["among more than are remembered", (i: number) => i % 3000],
    ["often the same, then new", (i: number) => (i < 3000 ? i % 5 : i)],
  ])("judge alike whatever was remembered where values are %s", (_, pick) => {
    const test = compileMatcher({ op: "=~", value: "x[0-9]*[02468]" });
    for (let i = 0; i < 9000; i++) expect(test(`x${pick(i)}`)).toBe(pick(i) % 2 === 0);
  });

  it("try a value once where values repeat, and stop remembering where they do not", () => {
    const tries = vi.spyOn(RE2JS.prototype, "matches");
    try {
      const repeating = compileMatcher({ op: "=~", value: "x[0-9]+" });
      for (let i = 0; i < 9000; i++) repeating(`x${i % 100}`);
      expect(tries).toHaveBeenCalledTimes(100);
      tries.mockClear();
      const distinct = compileMatcher({ op: "=~", value: "x[0-9]+" });
      for (let i = 0; i < 5000; i++) distinct(`x${i}`);
      for (let i = 0; i < 10; i++) distinct("x1");
      expect(tries).toHaveBeenCalledTimes(5010);
    } finally {
      tries.mockRestore();
    }
  });

  it("refuse what RE2 does not know", () => {
    expect(() => compileMatcher({ op: "=~", value: "a(?=b)" })).toThrow("(?=");
    expect(() => compileMatcher({ op: "=~", value: "(a)\\1" })).toThrow("\\1");
  });

  it("cost no more on patterns that make others explode", () => {
    expect(matches("=~", "(a+)+b", "a".repeat(5000))).toBe(false);
  });
});

describe("a missing label", () => {
  it.each([
    ["=", "", true],
    ["=~", ".*", true],
    ["=~", ".+", false],
    ["!=", "x", true],
    ["!~", ".+", true],
    ["=~", "a|", true],
  ] as const)("passes %s %j: %s", (op, value, expected) => {
    expect(matchesEmpty({ name: "a", op, value })).toBe(expected);
  });
});
