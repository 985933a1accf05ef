import { describe, expect, it } from "vitest";

import { formatDuration, parseDuration } from "./duration.ts";
import { FleetlightError } from "./errors.ts";

const DAY = 86_400_000;

describe("parseDuration", () => {
  it.each([
    ["15s", 15_000],
    ["500ms", 500],
    ["1h30m", 5_400_000],
    ["1d12h", 1.5 * DAY],
    ["2w", 14 * DAY],
    ["100y", 100 * 365 * DAY],
    ["1y2w3d4h5m6s7ms", 365 * DAY + 17 * DAY + 14_706_007],
    ["1.5h", 5_400_000],
    ["0s", 0],
    [" 5m ", 300_000],
    ["90", 90_000],
    ["0.5", 500],
    [15, 15_000],
    [0.25, 250],
    [0, 0],
  ])("reads %j as %d ms", (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it.each([
    "",
    " ",
    "s",
    "15 s",
    "5m1h",
    "1h1h",
    "-5s",
    "+5s",
    "5S",
    "1e3s",
    "ten",
    "5m\n5s",
    "1m5",
    "9".repeat(200),
  ])("refuses %j and names the notation", (text) => {
    expect(() => parseDuration(text)).toThrow(/is not a duration such as/);
    expect(() => parseDuration(text)).toThrow(FleetlightError);
  });

  it.each([-1, Number.NaN])("refuses the number %d", (value) => {
    expect(() => parseDuration(value)).toThrow(/is not a duration/);
  });

  it("refuses what would lose milliseconds", () => {
    expect(() => parseDuration("10001y")).toThrow("at most 10000y");
    expect(() => parseDuration(Number.POSITIVE_INFINITY)).toThrow("at most 10000y");
  });

  it("answers at once to a long text", () => {
    const started = performance.now();
    expect(() => parseDuration("1".repeat(1_000_000))).toThrow("is not a duration");
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe("formatDuration", () => {
  it.each([
    [0, "0s"],
    [1, "1ms"],
    [90_000, "1m30s"],
    [15_250, "15s250ms"],
    [14 * DAY, "14d"],
    [400 * DAY, "400d"],
    [365 * DAY, "1y"],
    [100 * 365 * DAY, "100y"],
  ])("writes %d ms as %s", (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });

  it("is undone by parseDuration", () => {
    for (let value = 1; value < 1e13; value = Math.ceil(value * 1.7)) {
      expect(parseDuration(formatDuration(value))).toBe(value);
    }
  });
});
