import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import type { Expr, ValueType } from "./ast.ts";
import {
  MAX_LENGTH,
  MAX_NESTING,
  MAX_OPERATORS,
  PromQLError,
  formatPromQL,
  functions,
  parseMatchers,
  parsePromQL,
  typeOf,
} from "../index.ts";

/** The error of an expression; an expression without one fails the test. */
function errorOf(text: string): PromQLError {
  try {
    parsePromQL(text);
  } catch (error) {
    if (error instanceof PromQLError) return error;
    throw error;
  }
  throw new Error(`no error in ${text}`);
}

const parse = <K extends Expr["kind"]>(text: string, kind: K): Extract<Expr, { kind: K }> => {
  const expr = parsePromQL(text);
  if (expr.kind !== kind) throw new Error(`${text} is a ${expr.kind}`);
  return expr as Extract<Expr, { kind: K }>;
};

describe("selectors", () => {
  it("reads names, matchers and modifiers", () => {
    expect(parse('foo{a="b",c!~"d|e"} @ -1.5 offset -1h30m', "vector")).toEqual({
      kind: "vector",
      name: "foo",
      matchers: [
        { name: "a", op: "=", value: "b" },
        { name: "c", op: "!~", value: "d|e" },
        { name: "__name__", op: "=", value: "foo" },
      ],
      at: { kind: "time", seconds: -1.5 },
      offset: { kind: "literal", seconds: -5400, duration: true, start: 34, end: 40 },
      extended: undefined,
      start: 0,
      end: 40,
    });
  });

  it("takes UTF-8 names in braces", () => {
    const { name, matchers } = parse(`{"a.b", 'c d'="e"}`, "vector");
    expect(name).toBeUndefined();
    expect(matchers).toEqual([
      { name: "__name__", op: "=", value: "a.b" },
      { name: "c d", op: "=", value: "e" },
    ]);
  });

  it.each([
    "offset",
    "offset offset 5m",
    "sum by (offset) (offset)",
    "a + on (b) offset",
    "a and offset",
    "rate(offset[1m] offset 1m)",
    "constructor",
    "sum by (constructor) (rate(constructor[1m])) / __proto__",
    'constructor{constructor="x"}',
    "-offset",
    'offset{offset="offset"}',
  ])("knows the metric from the keyword in %s", (text) => {
    expect(formatPromQL(parsePromQL(text))).toBe(text);
  });

  it.each([
    ["{}", "at least one non-empty matcher"],
    ['{a=""}', "at least one non-empty matcher"],
    ['{a=~".*",b!~".+"}', "at least one non-empty matcher"],
    ['foo{__name__="bar"}', 'must not be set twice: "foo" or "bar"'],
    ['foo{a=~"(?=x)"}', "error parsing regexp: invalid or unsupported Perl syntax: `(?=`"],
    ['foo{a=~"(?<=x)y"}', "error parsing regexp: "],
    ['foo{a=~"(a)\\\\1"}', "error parsing regexp: invalid escape sequence: `\\1`"],
    ['foo{a=~"["}', "error parsing regexp: missing closing ]: `[`"],
    ['foo{a=~"("}', "error parsing regexp: missing closing ): `(`"],
    ['foo{a=~")"}', "error parsing regexp: unexpected ): `)`"],
    ['foo{a=~"(?s)("}', "error parsing regexp: missing closing ): `(?s)(`"],
    ['foo{a=~"a\\\\"}', "error parsing regexp: trailing backslash at end of expression: ``"],
    [
      `foo{a=~"${"(".repeat(1001)}${")".repeat(1001)}"}`,
      `expression nests too deeply: \`${"(".repeat(1001)}${")".repeat(1001)}\``,
    ],
    ["foo offset 5m [5m]", "no offset modifiers allowed before range"],
    ["foo @ 5 @ 6", "may not be set multiple times"],
    ["foo @ NaN", "out of bounds for @ modifier: NaN"],
    ["foo @ -Inf", "out of bounds for @ modifier: -Inf"],
    ["foo @ 1e20", "out of bounds for @ modifier: 100000000000000000000.000000"],
    ["foo @ 9223372036854775807", "out of bounds for @ modifier: 9223372036854775808.000000"],
    ["foo anchored smoothed", "cannot be used together"],
    ["foo[5m:] anchored", "not supported for subqueries"],
    ["rate(foo[5m]) offset 5m", "must be preceded by"],
    ["(foo)[5m]", "ranges only allowed for vector selectors"],
    ["foo[0s]", "duration must be greater than 0"],
    ["foo[5m:-1s]", "duration must be greater than 0"],
    ["foo[300y]", "out of range"],
    ["atan2", "unexpected <op:atan2>"],
  ])("refuses %s", (text, reason) => expect(errorOf(text).message).toContain(reason));

  it("puts the modifiers of a range on its selector", () => {
    const { range, selector } = parse("foo[5m + step()] smoothed @ end() offset 1m", "matrix");
    expect(range).toMatchObject({ kind: "+", left: { seconds: 300 }, right: { kind: "step" } });
    expect(selector).toMatchObject({ extended: "smoothed", at: { kind: "end" } });
    expect(selector.offset).toMatchObject({ kind: "literal", seconds: 60 });
  });
});

describe("operators", () => {
  it.each([
    ["-1^2", "-(1^2)"],
    ["2^-1^2", "2^(-(1^2))"],
    ["2^3^2", "2^(3^2)"],
    ["-a^2", "-(a^2)"],
    ["1-2-3", "(1-2)-3"],
    ["a or b and c", "a or (b and c)"],
    ["a == b + c * d", "a == (b + (c * d))"],
    ["-a * b", "(-a) * b"],
    ["a + b offset 5m", "a + (b offset 5m)"],
    ["-a @ 5 offset 5m * b @ end()", "(-(a @ 5 offset 5m)) * (b @ end())"],
    ["a + b smoothed * c", "a + ((b smoothed) * c)"],
    ["a ^ b offset 1m ^ c", "a ^ ((b offset 1m) ^ c)"],
    ["a or on (x) b @ 5 == bool c", "a or on (x) ((b @ 5) == bool c)"],
  ])("binds %s as %s", (text, explicit) => {
    const shape = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shape);
      if (typeof value !== "object" || value === null) return value;
      if ("kind" in value && value.kind === "paren" && "expr" in value) return shape(value.expr);
      const entries = Object.entries(value).filter(([key]) => key !== "start" && key !== "end");
      return Object.fromEntries(entries.map(([key, inner]) => [key, shape(inner)]));
    };
    expect(shape(parsePromQL(text))).toEqual(shape(parsePromQL(explicit)));
  });

  it("reads matching, grouping and fill", () => {
    const text = "a / on (b, c) group_left (d) fill_right (-1) fill_left (1h) e";
    expect(parse(text, "binary").matching).toEqual({
      cardinality: "many-to-one",
      on: true,
      labels: ["b", "c"],
      include: ["d"],
      fillLeft: 3600,
      fillRight: -1,
    });
    expect(parse("a and b", "binary").matching?.cardinality).toBe("many-to-many");
    expect(parse("a + 1", "binary").matching).toBeUndefined();
  });

  it.each([
    ["1 == 1", "must use BOOL"],
    ["a + bool b", "bool modifier"],
    ["a and 1", "set operator"],
    ["a + on (x) 1", "vector matching only allowed"],
    ["a + fill (1) 1", "filling in missing series only"],
    ["a or fill (1) b", "not allowed for set operators"],
    ["a and on (b) group_left c", 'no grouping allowed for "and"'],
    ["a + on (b) group_left (b) c", "ON and GROUP"],
    ['a + "b"', "only scalar and instant vector types"],
    ["-a[5m]", 'instant vector, got "range vector"'],
    ["a + b[5m:]", "only scalar and instant vector types"],
    ["a + group_left (b) c", "unexpected <group_left>"],
  ])("refuses %s", (text, reason) => expect(errorOf(text).message).toContain(reason));
});

describe("aggregations and functions", () => {
  it("reads both places of the clause", () => {
    const before = parse('topk by (a, "b c") (3, foo)', "aggregate");
    expect(before).toMatchObject({ op: "topk", grouping: ["a", "b c"], without: false });
    expect(before.param).toMatchObject({ value: 3 });
    expect(parse("SUM(foo) WITHOUT (a,)", "aggregate")).toMatchObject({ op: "sum", without: true });
  });

  it.each([
    ["sum()", "no arguments"],
    ["sum(a, b)", "expected 1, got 2"],
    ["topk(a, b)", "expected type scalar in aggregation parameter"],
    ["sum(a[5m])", "expected type instant vector in aggregation expression, got range vector"],
    ['sum by ("") (a)', "invalid label name"],
    ["sum by (inf) (a)", "expected label"],
    ["nope(a)", 'unknown function with name "nope"'],
    ["rate(a)", 'expected type range vector in call to function "rate", got instant vector'],
    ["label_join(a)", "expected at least 3 argument(s)"],
    ["info(a, b)", "expected label selectors only"],
  ])("refuses %s", (text, reason) => expect(errorOf(text).message).toContain(reason));

  const samples: Record<ValueType, string> = {
    scalar: "1",
    string: '"a"',
    vector: '{a="b"}',
    matrix: "a[1m]",
  };
  it.each([...functions])("takes %s with its fewest and most arguments", (name, signature) => {
    const call = (count: number): string => {
      const types = Array.from(
        { length: count },
        (_, at) => signature.args[at] ?? signature.args.at(-1),
      );
      return `${name}(${types.map((type) => samples[type ?? "scalar"]).join(", ")})`;
    };
    const most = Number.isFinite(signature.max) ? signature.max : signature.min + 5;
    for (const count of [signature.min, most]) {
      expect(typeOf(parsePromQL(call(count)))).toBe(signature.returns);
    }
    const wrong = [signature.min - 1, Number.isFinite(signature.max) ? most + 1 : -1];
    for (const count of wrong.filter((one) => one >= 0)) {
      expect(errorOf(call(count)).message).toContain("argument(s)");
    }
  });

  it("knows the arguments of the widest function", () => {
    expect(functions.get("histogram_quantiles")).toMatchObject({
      min: 3,
      max: 12,
      experimental: true,
    });
    expect(functions.size).toBe(90);
  });
});

describe("errors", () => {
  it("give the place and what was expected", () => {
    const error = errorOf("sum(\n  foo{a=b})");
    expect(error).toMatchObject({ line: 2, column: 9, start: 13, end: 14 });
    expect(error.message).toBe(
      '2:9: parse error: unexpected identifier "b" in label matching, expected string',
    );
    expect(errorOf("foo[]").expected).toEqual(["number or duration", "step()", "range()", '"("']);
    expect(errorOf("1 +").reason).toBe("unexpected end of input");
    expect(errorOf("1 +").expected).toEqual(["expression"]);
    expect(errorOf("").message).toBe("unknown position: parse error: no expression found in input");
  });

  it("count bytes in their text, and UTF-16 units in their fields", () => {
    const error = errorOf('1 +\n{"ü😀"} b');
    expect([error.line, error.column]).toEqual([2, 9]);
    expect(error.message).toBe('2:12: parse error: unexpected identifier "b"');
  });

  it.each([
    ["a b (", 2, 'unexpected identifier "b"'],
    ["a sum", 2, "unexpected <aggr:sum>"],
    ['a "a long text"', 2, 'unexpected string "\\"a long te"...'],
    ["a 5", 2, 'unexpected number "5"'],
    ["a 5m", 2, 'unexpected duration "5m"'],
    ["a and", 5, "unexpected end of input"],
    ["a a:b", 2, 'unexpected metric identifier "a:b"'],
    [
      "a offset b",
      9,
      'unexpected identifier "b" in offset, expected number, duration, step(), or range()',
    ],
    ["a @ b", 4, 'unexpected identifier "b" in @, expected timestamp'],
    ["a[5m:}", 5, "unexpected character: '}'"],
    ["sum by (a b) (c)", 10, 'unexpected identifier "b" in grouping opts, expected "," or ")"'],
    ['a{"b" c}', 6, 'unexpected identifier "c" in label matching, expected "," or "}"'],
    ["a{5}", 2, 'unexpected number "5" in label matching, expected identifier or "}"'],
    ["'abc", 0, "unterminated quoted string"],
    ["`abc", 0, "unterminated raw string"],
    ["a]", 1, "unexpected right bracket ']'"],
    ["0deadbeef", 0, 'bad number or duration syntax: "0de"'],
    ["rate(a[1m], )", 10, "trailing commas not allowed in function call args"],
    ["a ; b", 2, "unexpected character: ';'"],
    ["a \0", 2, "unexpected character: '\\x00'"],
    ["\ufeffa", 0, "unexpected character: '\\ufeff'"],
    ["a ' b", 2, "unterminated quoted string"],
    ["!a", 0, "unexpected character after '!': 'a'"],
    ["a !", 2, "unexpected character after '!': '\uFFFD'"],
    ['sum by ("\\xff") (a)', 8, 'invalid label name for grouping: "\\xff"'],
    ['sum by ("") (a)', 8, 'invalid label name for grouping: ""'],
  ])("of %s are upstream's", (text, start, reason) => {
    const error = errorOf(text);
    expect([error.start, error.reason]).toEqual([start, reason]);
  });

  it("limit depth, operators and length", () => {
    const nested = (depth: number): string => "(".repeat(depth) + "1" + ")".repeat(depth);
    expect(formatPromQL(parsePromQL(nested(MAX_NESTING)))).toBe(nested(MAX_NESTING));
    expect(errorOf(nested(MAX_NESTING + 1)).message).toContain("nested deeper than 200");
    const pieces = [
      "a+",
      "a or ",
      "a==",
      "2^",
      "-",
      `${"a".repeat(100)} and `,
      'a{b="c"} ^ on (d) group_left () ',
    ];
    for (const piece of pieces) {
      const allowed = `${piece.repeat(MAX_OPERATORS)}a`;
      expect(parsePromQL(allowed).end, piece).toBe(allowed.length);
      expect(errorOf(piece + allowed).message, piece).toContain("more than 300 operators");
    }
    expect(errorOf(" ".repeat(MAX_LENGTH + 1)).message).toContain("longer than");
  });
});

interface SharedCase {
  input: string;
  valid: boolean;
  errors?: { start: number; message: string }[];
}

describe("shared cases", () => {
  const file = ["../../../../../shared", "../../../../../../shared"]
    .map((up) => fileURLToPath(new URL(`${up}/promql/parser/shared.json`, import.meta.url)))
    .find((path) => existsSync(path));
  if (file === undefined) console.warn("shared/promql/parser/shared.json is absent: cases skipped");
  it.skipIf(file === undefined)("agree on what is valid", () => {
    const { cases } = JSON.parse(readFileSync(file ?? "", "utf8")) as { cases: SharedCase[] };
    const wrong = cases.filter(({ input, valid }) => {
      try {
        const canonical = formatPromQL(parsePromQL(input));
        return !valid || formatPromQL(parsePromQL(canonical)) !== canonical;
      } catch (error) {
        if (!(error instanceof PromQLError)) throw error;
        return valid;
      }
    });
    expect(cases.length).toBeGreaterThan(100);
    expect(wrong).toEqual([]);
  });

  it.skipIf(file === undefined)("agree on the words of the first error and its place", () => {
    const { cases } = JSON.parse(readFileSync(file ?? "", "utf8")) as { cases: SharedCase[] };
    const refused = cases.filter(({ valid }) => !valid);
    expect(refused.length).toBeGreaterThan(50);
    for (const { input, errors } of refused) {
      const { start, reason } = errorOf(input);
      expect([start, reason], input).toEqual([errors?.[0]?.start, errors?.[0]?.message]);
    }
  });
});

describe("selectors alone", () => {
  it.each([
    ["up", [{ name: "__name__", op: "=", value: "up" }]],
    ['{a=~".*"}', [{ name: "a", op: "=~", value: ".*" }]],
    ["{}", []],
  ])("%s gives its matchers, even when all may be empty", (text, matchers) =>
    expect(parseMatchers(text)).toEqual(matchers),
  );

  it.each([
    ["", "unknown position: parse error: unexpected end of input"],
    [" ", "1:2: parse error: unexpected end of input"],
    ["up + 1", "1:4: parse error: unexpected <op:+>"],
    ["up[5m]", '1:3: parse error: unexpected "["'],
    ["up offset 5m", "1:4: parse error: unexpected <offset>"],
    ["up @ 5", "1:4: parse error: unexpected <op:@>"],
    ["up{} up", '1:6: parse error: unexpected identifier "up"'],
    ["rate(up[5m])", '1:5: parse error: unexpected "("'],
    ["5", '1:1: parse error: unexpected number "5"'],
    ["{", "1:2: parse error: unexpected end of input inside braces"],
    ['up{__name__="x"}', '1:1: parse error: metric name must not be set twice: "up" or "x"'],
  ])("refuses %j as upstream does", (text, message) => {
    expect(() => parseMatchers(text)).toThrow(PromQLError);
    expect(() => parseMatchers(text)).toThrow(message);
  });
});
