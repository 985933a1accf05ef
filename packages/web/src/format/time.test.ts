import { describe, expect, test } from "vitest";

import { formatAgo, formatClock, formatDateTime, formatDuration, formatWhen } from "./time.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test.each([
  [0, "0 s"],
  [-5000, "0 s"],
  [59_999, "59 s"],
  [MINUTE, "1 min"],
  [3 * MINUTE + 20_000, "3 min 20 s"],
  [2 * HOUR + 5 * MINUTE, "2 h 5 min"],
  [6 * DAY + 4 * HOUR, "6 d 4 h"],
])("%i ms lasts %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test.each([
  [0, "now"],
  [-10_000, "now"],
  [12_000, "12 s ago"],
  [3 * MINUTE, "3 min ago"],
  [5 * HOUR, "5 h ago"],
  [9 * DAY, "9 d ago"],
])("%i ms back is %s", (ms, text) => {
  expect(formatAgo(1_000_000_000_000 - ms, 1_000_000_000_000)).toBe(text);
});

describe("a time of day", () => {
  const at = new Date(2026, 10, 21, 7, 2, 9).getTime();

  test("is local and has leading zeros", () => {
    expect(formatClock(at)).toBe("07:02:09");
    expect(formatClock(at, false)).toBe("07:02");
    expect(formatDateTime(at)).toBe("2026-11-21 07:02:09");
  });

  test("carries its date only when that is another day", () => {
    expect(formatWhen(at, at + HOUR)).toBe("07:02:09");
    expect(formatWhen(at, at + DAY)).toBe("11-21 07:02:09");
  });
});
