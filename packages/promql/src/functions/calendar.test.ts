import { describe, expect, it } from "vitest";

import { daysInMonth, isLeapYear, momentOf } from "./calendar.ts";

describe("a moment", () => {
  it("is the one of the platform's calendar on every eleventh day of eight centuries", () => {
    for (let day = -200_000; day < 100_000; day += 11) {
      const seconds = day * 86_400 + ((day * 7919) % 86_400);
      const date = new Date(seconds * 1000);
      const first = new Date(0);
      first.setUTCFullYear(date.getUTCFullYear(), 0, 1);
      first.setUTCHours(0, 0, 0, 0);
      expect(momentOf(seconds), date.toISOString()).toEqual({
        year: date.getUTCFullYear(),
        month: date.getUTCMonth() + 1,
        day: date.getUTCDate(),
        hour: date.getUTCHours(),
        minute: date.getUTCMinutes(),
        weekday: date.getUTCDay(),
        yearDay: Math.floor((date.getTime() - first.getTime()) / 86_400_000) + 1,
      });
    }
  });

  it.each([
    [0, "1970-1-1 0:0 4 1"],
    [-0.9, "1970-1-1 0:0 4 1"],
    [-1, "1969-12-31 23:59 3 365"],
    [1_230_767_999.9, "2008-12-31 23:59 3 366"],
    [951_782_400, "2000-2-29 0:0 2 60"],
    [9e15, "285200616-7-24 16:0 3 206"],
  ])("of %d seconds is %s", (seconds, text) => {
    const { year, month, day, hour, minute, weekday, yearDay } = momentOf(seconds);
    expect(`${year}-${month}-${day} ${hour}:${minute} ${weekday} ${yearDay}`).toBe(text);
  });

  it.each([NaN, Infinity, -Infinity, 2 ** 63, -1e300])(
    "of %d is the last that Go knows",
    (value) => {
      expect(momentOf(value)).toMatchObject({ year: 292_277_026_596, month: 12, day: 4 });
    },
  );
});

describe("months", () => {
  it.each([
    [1900, false, 28],
    [2000, true, 29],
    [2023, false, 28],
    [2024, true, 29],
    [-4, true, 29],
  ])("of the year %d: leap %s, February has %d days", (year, leap, days) => {
    expect(isLeapYear(year)).toBe(leap);
    expect(daysInMonth(year, 2)).toBe(days);
  });
});
