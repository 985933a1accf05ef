import { describe, expect, it } from "vitest";

import { formatDuration, formatNumber, parseDuration, parseNumber } from "./literals.ts";
import { quote, unquote } from "./strings.ts";

describe("numbers", () => {
  it.each([
    ["0", 0],
    ["5.", 5],
    [".5", 0.5],
    ["1_000", 1000],
    ["1_000.5_0e1_0", 1000.5e10],
    ["0x1_F", 31],
    ["0Xc", 12],
    ["0755", 493],
    ["0_7", 7],
    ["08", 8],
    ["09.5", 9.5],
    ["1e-3", 0.001],
    ["00777777777777777777777777777", 7.777777777777778e26],
    ["99999999999999999999", 1e20],
    ["1e-999", 0],
    ["iNf", Infinity],
    ["NaN", NaN],
  ])("reads %s", (text, value) => expect(parseNumber(text)).toBe(value));

  it.each([
    "",
    ".",
    "1__0",
    "1_",
    "1e",
    "1e+",
    "0x",
    "0x1.8",
    "1.2.3",
    "1a",
    "0b1",
    "0o7",
    "1e999",
  ])("refuses '%s'", (text) => expect(() => parseNumber(text)).toThrow(/bad number|out of range/));

  it("refuses hexadecimal beyond 63 bits", () => {
    expect(parseNumber("0x7fffffffffffffff")).toBe(2 ** 63);
    expect(() => parseNumber("0x8000000000000000")).toThrow("out of range");
  });

  it.each([
    [1e21, "1000000000000000000000"],
    [1.5e-9, "0.0000000015"],
    [-1.25e22, "-12500000000000000000000"],
    [-0, "-0"],
    [0.1, "0.1"],
    [-Infinity, "-Inf"],
    [NaN, "NaN"],
  ])("writes %s without an exponent", (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });
});

describe("durations", () => {
  it.each([
    ["1y2w3d4h5m6s7ms", 33_019_506.007],
    ["90m", 5400],
    ["0s", 0],
    ["4s180ms", 4.18],
  ])("reads %s", (text, seconds) => expect(parseDuration(text)).toBe(seconds));

  it.each(["", "5", "1m1h", "1m1m", "1.5h", "5mm", "1_0m", "300y", "-1m", "5M"])(
    "refuses '%s'",
    (text) => expect(() => parseDuration(text)).toThrow("duration"),
  );

  it.each([
    [5400, "1h30m"],
    [31_536_000, "1y"],
    [1_209_600, "2w"],
    [1_296_000, "15d"],
    [0.05, "50ms"],
    [-90.5, "-1m30s500ms"],
    [0, "0s"],
  ])("writes %s s as %s", (seconds, text) => expect(formatDuration(seconds)).toBe(text));
});

describe("strings", () => {
  it.each([
    [String.raw`"\a\b\f\n\r\t\v\\\""`, '\x07\b\f\n\r\t\v\\"'],
    [String.raw`'\'"'`, `'"`],
    [String.raw`"\x41\101\u263a\U0001F600"`, "AA☺😀"],
    [String.raw`"\xe2\x98\xba"`, "☺"],
    [String.raw`"\xff"`, "\ufffd"],
    ["`a\\n\nb`", "a\\n\nb"],
    ['""', ""],
  ])("reads %s", (literal, value) => expect(unquote(literal)).toBe(value));

  it.each([
    String.raw`"\'"`,
    String.raw`"\q"`,
    String.raw`"\x4"`,
    String.raw`"\18"`,
    String.raw`"\400"`,
    String.raw`"\ud800"`,
    String.raw`"\U00110000"`,
    '"\ufffd"',
    '"\ud800"',
  ])("refuses %s", (literal) => expect(() => unquote(literal)).toThrow(/escape|UTF-8/));

  it("writes what it reads", () => {
    for (const text of ['a"b\\c', "\0\x1f\x7f\n", "é☺😀", "\u00a0\u2028\ufeff", "\u{e0001}"]) {
      expect(unquote(quote(text))).toBe(text);
      expect(quote(text)).toMatch(/^[ -~é☺😀]+$/u);
    }
  });
});
