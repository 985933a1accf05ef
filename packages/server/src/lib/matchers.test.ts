import { describe, expect, it } from "vitest";

import {
  compareMatchers,
  formatMatcher,
  formatMatchers,
  makeAlertMatcher,
  matchesAll,
  parseMatcher,
  parseMatchers,
} from "./matchers.ts";

/** `name operator value`, so that what a text means is seen at a glance. */
const shown = (text: string): string[] =>
  parseMatchers(text).map(({ name, operator, value }) => `${name} ${operator} ${value}`);

describe("texts of matchers", () => {
  it.each<[string, string[]]>([
    ["", []],
    ["{}", []],
    ["foo=bar", ["foo = bar"]],
    ['foo="bar"', ["foo = bar"]],
    ['{foo="bar"}', ["foo = bar"]],
    ['{foo="bar",}', ["foo = bar"]],
    ['{ foo = "bar" , baz != "qux" }', ["foo = bar", "baz != qux"]],
    ["foo=bar,dings!=bums", ["foo = bar", "dings != bums"]],
    ["foo=bar, dings!=bums", ["foo = bar", "dings != bums"]],
    ['statuscode=~"5.."', ["statuscode =~ 5.."]],
    ["severity=~warning|critical", ["severity =~ warning|critical"]],
    ['a!~"b|c"', ["a !~ b|c"]],
    ["foo=", ["foo = "]],
    ['foo=""', ["foo = "]],
    ['{quote="She said: \\"Hi, ladies!\\""}', ['quote = She said: "Hi, ladies!"']],
    ['a="line\\nbreak"', ["a = line\nbreak"]],
    ['a="back\\\\slash"', ["a = back\\slash"]],
    ["a=back\\slash", ["a = back\\slash"]],
    ['a="\\d"', ["a = \\d"]],
    ["a=b=c", ["a = b=c"]],
    ["a=x{y}z", ["a = x{y}z"]],
    ['a="a,b",c=d', ["a = a,b", "c = d"]],
    ['"with space"="x"', ["with space = x"]],
    ['{"überlast"="ja",🙂=~".+"}', ["überlast = ja", "🙂 =~ .+"]],
    ["nach=überall", ["nach = überall"]],
    // Only one of the two syntaxes takes these.
    ["{foo=bar", ["foo = bar"]],
    ["1a=b", ["1a = b"]],
    ['"a"="\\u00e9"', ["a = é"]],
    ['"a"="\\xc3\\xa9"', ["a = é"]],
  ])("%j is %j", (text, expected) => {
    expect(shown(text)).toEqual(expected);
  });

  // Both syntaxes take it and mean different things by it; upstream then keeps to the classic one.
  it("means what it always meant where the two syntaxes differ", () => {
    expect(shown('a="\\u00e9"')).toEqual(["a = \\u00e9"]);
    expect(shown('a="\\t"')).toEqual(["a = \\t"]);
  });

  it.each([
    ["foo", "bad matcher format: foo"],
    ["=bar", "bad matcher format: =bar"],
    ['a="b', 'matcher value contains unescaped double quote: "b'],
    ['a=b"c', 'matcher value contains unescaped double quote: b"c'],
    ['a="b"c"', 'matcher value contains unescaped double quote: "b"c"'],
    ["a=b,,", "bad matcher format: "],
    ['a=~"("', /bad regular expression/],
    ["a=~(?=x)", /bad regular expression/],
    ["x".repeat(70_000), /at most 65536 characters/],
  ])("%j is refused: %s", (text, message) => {
    expect(() => parseMatchers(text)).toThrow(message);
  });

  it("takes a long run of space in no time", () => {
    const text = `a=b${" ".repeat(60_000)}"`;
    const startedMs = performance.now();
    expect(() => parseMatchers(text)).toThrow(/unescaped double quote/);
    expect(performance.now() - startedMs).toBeLessThan(1000);
  });
});

describe("one matcher", () => {
  it.each([
    ["foo=bar", 'foo="bar"'],
    [" foo = bar ", 'foo="bar"'],
    ["foo=a,b", 'foo="a,b"'],
    ['"a b"=c', '"a b"="c"'],
    ["foo=~a.*", 'foo=~"a.*"'],
  ])("%j is %s", (text, expected) => {
    expect(formatMatcher(parseMatcher(text))).toBe(expected);
  });

  it.each([
    ['{foo="bar"}', 'unexpected open or close brace: {foo="bar"}'],
    ["foo=bar}", "unexpected open or close brace: foo=bar}"],
    ["", "bad matcher format: "],
    ["foo", "bad matcher format: foo"],
  ])("%j is refused: %s", (text, message) => {
    expect(() => parseMatcher(text)).toThrow(message);
  });
});

describe("matchers", () => {
  it.each([
    ["=", "bar", "bar", true],
    ["=", "bar", "foo-bar", false],
    ["!=", "bar", "foo-bar", true],
    ["!=", "bar", "", true],
    ["=~", "bar", "foo-bar", false],
    ["=~", ".*bar", "foo-bar", true],
    ["=~", "a|b", "ab", false],
    ["!~", ".*bar", "foo-bar", false],
    ["=~", "foo.bar", "foo\nbar", false],
    ["=~", "(?s)foo.bar", "foo\nbar", true],
    ["=~", "", "", true],
  ] as const)("a%s%j on %j: %s", (operator, value, label, expected) => {
    expect(makeAlertMatcher("a", operator, value).test(label)).toBe(expected);
  });

  it("take an absent label for an empty one, and all must match", () => {
    const matchers = parseMatchers('{a="1",b!="2"}');
    expect(matchesAll(matchers, { a: "1" })).toBe(true);
    expect(matchesAll(matchers, { a: "1", b: "2" })).toBe(false);
    expect(matchesAll(matchers, { b: "1" })).toBe(false);
    expect(matchesAll([], {})).toBe(true);
  });

  it("are written as upstream writes them, in its order", () => {
    const matchers = parseMatchers('{b=~"x|y",a!="2",a="2",a="1",c="q\\"\\\\\\n\t"}');
    expect(formatMatchers(matchers.toSorted(compareMatchers))).toBe(
      '{a="1",a="2",a!="2",b=~"x|y",c="q\\"\\\\\\n\t"}',
    );
    expect(formatMatchers([])).toBe("{}");
    expect(formatMatcher(makeAlertMatcher("a.b", "=", "ü"))).toBe('a.b="ü"');
    expect(formatMatcher(makeAlertMatcher("a b", "=", 'x"'))).toBe('"a b"="x\\""');
  });

  it("mean the same when they are read back", () => {
    const texts = ['{a="1"}', '{"a b"="c d",e!~"f|g"}', '{x="\\"\\n\\\\"}', '{"ü"=""}'];
    for (const text of texts)
      expect(formatMatchers(parseMatchers(text))).toBe(text.replace('"ü"', "ü"));
  });
});
