import { describe, expect, it } from "vitest";

import {
  GoDuration,
  GoTime,
  humanize,
  humanize1024,
  humanizeDuration,
  humanizePercentage,
  humanizeTimestamp,
  matchText,
  printFloat,
  replaceText,
  sprintf,
  toFloat,
  type Value,
} from "./index.ts";

describe("floats", () => {
  it.each<[string, number, string]>([
    ["%.0f", 0.5, "0"],
    ["%.0f", 1.5, "2"],
    ["%.0f", 2.5, "2"],
    ["%.1f", 0.25, "0.2"],
    ["%.2f", 1.005, "1.00"],
    ["%.3f", 999.9996, "1000.000"],
    ["%.1e", 9.96, "1.0e+01"],
    ["%.3g", 0, "0"],
    ["%g", 1e21, "1e+21"],
    ["%v", 123456789, "1.23456789e+08"],
    ["%.20f", 0.1, "0.10000000000000000555"],
    ["%f", 1e22, "10000000000000000000000.000000"],
    ["%08.3f", -3.14159, "-003.142"],
    ["%+.1f", 2, "+2.0"],
    ["%6.1f|", 2, "   2.0|"],
    ["%-6.1f|", 2, "2.0   |"],
    ["%v", Infinity, "+Inf"],
    ["%f", NaN, "NaN"],
    ["%.340f", 1e-320, `0.${"0".repeat(320)}99998886718268300541`],
  ])("%s of %d", (format, value, expected) => {
    expect(sprintf(format, [value], 10_000)).toBe(expected);
  });

  it.each([
    [0, "0"],
    [-0, "-0"],
    [100_000, "100000"],
    [1_000_000, "1e+06"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [5e-324, "5e-324"],
    [1.7976931348623157e308, "1.7976931348623157e+308"],
  ])("%d prints as %s", (value, expected) => {
    expect(printFloat(value)).toBe(expected);
  });
});

describe("figures for people", () => {
  it.each<[(value: number) => string, number, string]>([
    [humanize, 0, "0"],
    [humanize, 1_234_567, "1.235M"],
    [humanize, -1234.5, "-1.234k"],
    [humanize, 0.00012, "120u"],
    [humanize, NaN, "NaN"],
    [humanize, 1e30, "1e+06Y"],
    [humanize1024, 1, "1"],
    [humanize1024, 1536, "1.5ki"],
    [humanize1024, 2 ** 40, "1Ti"],
    [humanizeDuration, 0, "0s"],
    [humanizeDuration, 59.994, "59.99s"],
    [humanizeDuration, 3600, "1h 0m 0s"],
    [humanizeDuration, 90_061, "1d 1h 1m 1s"],
    [humanizeDuration, -90.5, "-1m 30s"],
    [humanizeDuration, 0.0012, "1.2ms"],
    [humanizeDuration, Infinity, "+Inf"],
    [humanizePercentage, 0.12345, "12.35%"],
    [humanizeTimestamp, 1_600_000_000.5, "2020-09-13 12:26:40.5 +0000 UTC"],
    [humanizeTimestamp, NaN, "NaN"],
  ])("%o of %d", (figure, value, expected) => {
    expect(figure(value)).toBe(expected);
  });

  it.each<[Value, number]>([
    [5n, 5],
    [" 1".trim(), 1],
    ["1e3", 1000],
    ["-Inf", -Infinity],
    ["NaN", NaN],
    [new GoDuration(1_500_000_000n), 1.5],
  ])("takes %s for a number", (value, expected) => {
    expect(toFloat(value)).toBe(expected);
  });

  it.each(["", "x", "1x", "0x", "1_0", "Infinit"])("refuses %j as a number", (text) => {
    expect(() => toFloat(text)).toThrow("invalid syntax");
  });

  it("refuses times beyond 64 bits of nanoseconds", () => {
    expect(() => humanizeTimestamp(1e12)).toThrow("overflows int64");
  });
});

describe("times", () => {
  const time = GoTime.parse("2024-03-05T07:08:09.123456789+02:00");

  it.each([
    ["2006-01-02T15:04:05.000Z07:00", "2024-03-05T05:08:09.123Z"],
    ["Mon, 02 Jan 2006 15:04:05 -0700", "Tue, 05 Mar 2024 05:08:09 +0000"],
    ["Monday January _2 3:04PM .999999999", "Tuesday March  5 5:08AM .123456789"],
    ["06 1 2 3 4 5 __2 002", "24 3 5 5 8 9  65 065"],
    ["no layout 9", "no layout 9"],
    ["Month Sunday Janus", "Month Sunday Janus"],
  ])("%s", (layout, expected) => {
    expect(time?.format(layout)).toBe(expected);
  });

  it.each([
    ["Europe/Berlin", "2024-07-01T12:00:00Z", "14:00 CEST +0200"],
    ["America/New_York", "2024-01-01T12:00:00Z", "07:00 EST -0500"],
    ["Asia/Kathmandu", "2024-01-01T12:00:00Z", "17:45 +0545 +0545"],
    ["UTC", "1900-01-01T12:00:00Z", "12:00 UTC +0000"],
  ])("in %s", (zone, at, expected) => {
    expect(GoTime.parse(at)?.in(zone).format("15:04 MST -0700")).toBe(expected);
  });

  it.each(["", "2024", "2024-13-01T00:00:00Z", "2024-01-01 00:00:00"])("%j is no time", (text) => {
    expect(GoTime.parse(text)).toBeUndefined();
  });

  it.each([
    [0n, "0s"],
    [1n, "1ns"],
    [1500n, "1.5µs"],
    [-2_000_000n, "-2ms"],
    [61_500_000_000n, "1m1.5s"],
    [3_600_000_000_000n, "1h0m0s"],
  ])("%d nanoseconds are %s", (nanos, expected) => {
    expect(new GoDuration(nanos).text()).toBe(expected);
  });

  it("refuses a layout that is too long", () => {
    expect(() => time?.format("2006".repeat(1000))).toThrow("at most 1000 characters");
  });
});

describe("regular expressions", () => {
  it.each([
    ["(a)(b)?", "[$1$2]", "ab a", "[ab] [a]"],
    ["x*", "-", "abxd", "-a-b-d-"],
    ["(?P<n>\\d+)", "<${n}>", "a12b", "a<12>b"],
    ["a", "$$", "a", "$"],
    ["a", "$1x$constructor", "bab", "bb"],
    ["^", ">", "ab", ">ab"],
  ])("%s replaced by %s", (pattern, replacement, text, expected) => {
    expect(replaceText(pattern, replacement, text, 1000)).toBe(expected);
  });

  it("match anywhere", () => {
    expect(matchText("b", "abc")).toBe(true);
    expect(matchText("^b", "abc")).toBe(false);
  });

  it("have limits", () => {
    expect(() => matchText("(", "a")).toThrow("missing closing )");
    expect(() => matchText("a".repeat(5000), "a")).toThrow("longer than 4096");
    expect(() => matchText("a", "a".repeat(70_000))).toThrow("longer than 65536");
    expect(() => replaceText("a", "$0".repeat(1000), "a".repeat(1000), 10_000)).toThrow(
      "longer than 10000",
    );
  });
});
