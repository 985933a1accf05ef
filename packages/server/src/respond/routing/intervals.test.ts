import type { RouteConfig, TimeInterval } from "#config";
import { describe, expect, it } from "vitest";

import { intervalsAt, isInInterval, mutesOf } from "./intervals.ts";

const interval = (parts: Partial<TimeInterval>): TimeInterval => ({
  times: [],
  weekdays: [],
  daysOfMonth: [],
  months: [],
  years: [],
  location: undefined,
  ...parts,
});
const one = (begin: number, end = begin) => [{ begin, end }];
const hours = (from: number, to: number) => [{ startMinute: from * 60, endMinute: to * 60 }];

const OFFICE = interval({ times: hours(9, 17), weekdays: one(1, 5) });
const LAST_DAYS = interval({ daysOfMonth: one(-3, -1) });

describe("a moment", () => {
  it.each<[string, TimeInterval, string, boolean]>([
    ["any moment", interval({}), "2020-06-01T00:00:00Z", true],
    ["office, Monday at nine", OFFICE, "2020-06-01T09:00:00Z", true],
    ["office, a minute before", OFFICE, "2020-06-01T08:59:59Z", false],
    ["office, its last minute", OFFICE, "2020-06-01T16:59:59Z", true],
    ["office, its end", OFFICE, "2020-06-01T17:00:00Z", false],
    ["office, Sunday", OFFICE, "2020-05-31T12:00:00Z", false],
    ["until midnight", interval({ times: hours(22, 24) }), "2020-05-31T23:59:00Z", true],
    ["the last of May", LAST_DAYS, "2020-05-31T12:00:00Z", true],
    ["three days before its end", LAST_DAYS, "2020-05-29T12:00:00Z", true],
    ["four days before its end", LAST_DAYS, "2020-05-28T12:00:00Z", false],
    ["29 February", LAST_DAYS, "2024-02-29T12:00:00Z", true],
    ["27 February of a leap year", LAST_DAYS, "2024-02-27T12:00:00Z", true],
    ["26 February of a leap year", LAST_DAYS, "2024-02-26T12:00:00Z", false],
    ["a day that June lacks", interval({ daysOfMonth: one(31) }), "2020-06-30T12:00:00Z", false],
    [
      "an end that June lacks",
      interval({ daysOfMonth: one(20, 31) }),
      "2020-06-30T12:00:00Z",
      true,
    ],
    [
      "from the 10th to the end",
      interval({ daysOfMonth: one(10, -1) }),
      "2020-06-09T12:00:00Z",
      false,
    ],
    ["April", interval({ months: one(4, 6) }), "2020-04-01T00:00:00Z", true],
    ["July", interval({ months: one(4, 6) }), "2020-07-01T00:00:00Z", false],
    ["years", interval({ years: one(2020, 2022) }), "2023-01-01T00:00:00Z", false],
    ["one of several", interval({ months: [...one(1), ...one(12)] }), "2020-12-24T00:00:00Z", true],
    [
      "everything must hold",
      interval({ months: one(12), weekdays: one(0) }),
      "2020-12-24T00:00:00Z",
      false,
    ],
  ])("%s", (_name, parts, at, expected) => {
    expect(isInInterval(parts, Date.parse(at))).toBe(expected);
  });

  it.each<[string, string, string, boolean]>([
    // Clocks in Berlin: +1 until 2020-03-29T01:00Z, then +2 until 2020-10-25T01:00Z.
    ["winter", "Europe/Berlin", "2020-01-15T08:00:00Z", true],
    ["winter, an hour before", "Europe/Berlin", "2020-01-15T07:59:59Z", false],
    ["summer", "Europe/Berlin", "2020-06-15T07:00:00Z", true],
    ["the day that clocks are set forward", "Europe/Berlin", "2020-03-29T07:00:00Z", true],
    ["the day before", "Europe/Berlin", "2020-03-28T07:00:00Z", false],
    ["the day that clocks are set back", "Europe/Berlin", "2020-10-25T07:59:59Z", false],
    ["half an hour's offset", "Asia/Kolkata", "2020-06-15T03:30:00Z", true],
    ["before it", "Asia/Kolkata", "2020-06-15T03:29:59Z", false],
    ["west", "America/New_York", "2020-06-15T13:00:00Z", true],
  ])("%s in %s, from nine to five", (_name, location, at, expected) => {
    expect(isInInterval(interval({ times: hours(9, 17), location }), Date.parse(at))).toBe(
      expected,
    );
  });

  it("has the date of its place", () => {
    const newYear = interval({ daysOfMonth: one(1), months: one(1), location: "Pacific/Auckland" });
    expect(isInInterval(newYear, Date.parse("2020-12-31T11:00:00Z"))).toBe(true);
    expect(isInInterval({ ...newYear, location: "UTC" }, Date.parse("2020-12-31T11:00:00Z"))).toBe(
      false,
    );
  });
});

describe("a route", () => {
  const names = new Map([
    ["office", [OFFICE]],
    ["nights", [interval({ times: hours(0, 6) }), interval({ times: hours(22, 24) })]],
    ["never", []],
  ]);
  const route = (mute: string[], active: string[]): RouteConfig =>
    ({ muteTimeIntervals: mute, activeTimeIntervals: active }) as unknown as RouteConfig;
  const NOON = Date.parse("2020-06-01T12:00:00Z");
  const NIGHT = Date.parse("2020-06-01T23:00:00Z");

  it("is in an interval when any of those with its name holds", () => {
    expect(intervalsAt(["nights", "office", "never"], names, NIGHT)).toEqual(["nights"]);
    expect(intervalsAt(["nights", "office", "never"], names, NOON)).toEqual(["office"]);
  });

  it.each<[string[], string[], number, string[], string[]]>([
    [[], [], NOON, [], []],
    [["office"], [], NOON, ["office"], []],
    [["office"], [], NIGHT, [], []],
    [[], ["office"], NOON, [], []],
    [[], ["office"], NIGHT, [], ["office"]],
    [[], ["office", "nights"], NIGHT, [], []],
    [["nights"], ["office"], NIGHT, ["nights"], ["office"]],
    [[], ["never"], NOON, [], ["never"]],
  ])("muted by %j, active in %j", (mute, active, at, muted, inactive) => {
    expect(mutesOf(route(mute, active), names, at)).toEqual({ muted, inactive });
  });
});
