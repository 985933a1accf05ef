import { describe, expect, it } from "vitest";

import { zoneOf } from "../oncall/index.ts";
import { parseRecurrenceRule } from "./recurrence-rule.ts";
import { occurrences } from "./recurrence.ts";

const wall = (text: string): number => Date.parse(`${text}Z`);
const show = (ms: number): string => new Date(ms).toISOString().slice(0, 16);

/** The first occurrences from a moment on. */
function found(rrule: string, dtstart: string, count = 5, zone = "UTC", from = dtstart): string[] {
  const times: string[] = [];
  const recurrence = {
    rule: parseRecurrenceRule(rrule),
    startWallMs: wall(dtstart),
    zone: zoneOf(zone),
  };
  for (const atMs of occurrences(recurrence, wall(from))) {
    times.push(show(atMs));
    if (times.length >= count) break;
  }
  return times;
}

const days = (...args: Parameters<typeof found>): string[] =>
  found(...args).map((time) => time.slice(5, 10));

describe("a recurrence rule", () => {
  it.each([
    ["FREQ=DAILY", "11-21 11-22 11-23 11-24 11-25"],
    ["FREQ=DAILY;INTERVAL=10", "11-21 12-01 12-11 12-21 12-31"],
    ["FREQ=DAILY;COUNT=2", "11-21 11-22"],
    ["FREQ=DAILY;UNTIL=20261123", "11-21 11-22 11-23"],
    ["FREQ=DAILY;UNTIL=20261123T215959Z", "11-21 11-22"],
    ["FREQ=DAILY;BYDAY=SA,SU", "11-21 11-22 11-28 11-29 12-05"],
    ["FREQ=DAILY;BYMONTH=12", "12-01 12-02 12-03 12-04 12-05"],
    ["FREQ=DAILY;BYMONTHDAY=-1", "11-30 12-31 01-31 02-28 03-31"],
    ["FREQ=WEEKLY", "11-21 11-28 12-05 12-12 12-19"],
    ["FREQ=WEEKLY;BYDAY=MO,WE", "11-23 11-25 11-30 12-02 12-07"],
    ["FREQ=WEEKLY;INTERVAL=2;BYDAY=SA,SU", "11-21 11-22 12-05 12-06 12-19"],
    ["FREQ=WEEKLY;INTERVAL=2;BYDAY=SA,SU;WKST=SU", "11-21 11-29 12-05 12-13 12-19"],
    ["FREQ=MONTHLY", "11-21 12-21 01-21 02-21 03-21"],
    ["FREQ=MONTHLY;BYMONTHDAY=31", "12-31 01-31 03-31 05-31 07-31"],
    ["FREQ=MONTHLY;BYMONTHDAY=-1,1", "11-30 12-01 12-31 01-01 01-31"],
    ["FREQ=MONTHLY;BYDAY=2TU", "12-08 01-12 02-09 03-09 04-13"],
    ["FREQ=MONTHLY;BYDAY=-1FR", "11-27 12-25 01-29 02-26 03-26"],
    ["FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "11-30 12-31 01-29 02-26 03-31"],
    ["FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1", "02-01 05-01 08-01 11-01 02-01"],
    ["FREQ=YEARLY", "11-21 11-21 11-21 11-21 11-21"],
    ["FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU", "03-28 10-31 03-26 10-29 03-25"],
    ["FREQ=YEARLY;BYDAY=1MO", "01-04 01-03 01-01 01-07 01-06"],
    ["rrule:freq=daily;count=1", "11-21"],
  ])("%s from 2026-11-21 begins on %s", (rule, expected) => {
    expect(days(rule, "2026-11-21T22:00").join(" ")).toBe(expected);
  });

  it("joins weekday and day of the month", () => {
    expect(found("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "2026-11-21T22:00", 3)).toEqual([
      "2027-08-13T22:00",
      "2028-10-13T22:00",
      "2029-04-13T22:00",
    ]);
  });

  it("is the same wherever one begins to look", () => {
    for (const rule of [
      "FREQ=DAILY;INTERVAL=3",
      "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR",
      "FREQ=MONTHLY;BYDAY=-1SU",
    ]) {
      const all = found(rule, "2020-01-01T03:00", 1200);
      for (const from of ["2020-01-01T03:01", "2022-02-28T12:00", "2024-02-29T03:00"]) {
        const later = all.filter((time) => time >= from).slice(0, 20);
        expect(found(rule, "2020-01-01T03:00", 20, "UTC", from), `${rule} ${from}`).toEqual(later);
      }
    }
  });

  it("counts from its beginning, not from where one looks", () => {
    expect(found("FREQ=DAILY;COUNT=10", "2026-11-01T00:00", 5, "UTC", "2026-11-09T00:00")).toEqual([
      "2026-11-09T00:00",
      "2026-11-10T00:00",
    ]);
  });

  it("stays at its hour of the day when the clock is set", () => {
    expect(
      found("FREQ=WEEKLY", "2026-10-18T02:30", 3, "Europe/Berlin", "2026-10-01T00:00"),
    ).toEqual(["2026-10-18T00:30", "2026-10-25T00:30", "2026-11-01T01:30"]);
    expect(found("FREQ=DAILY", "2027-03-27T02:30", 3, "Europe/Berlin", "2027-03-01T00:00")).toEqual(
      ["2027-03-27T01:30", "2027-03-28T01:30", "2027-03-29T00:30"],
    );
  });

  it("that never comes true ends", () => {
    expect(found("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "2026-11-21T22:00")).toEqual([]);
  });

  it.each([
    ["FREQ=HOURLY", "FREQ must be one of DAILY"],
    ["INTERVAL=2", "FREQ must be one of"],
    ["FREQ=DAILY;BYHOUR=3", '"BYHOUR" is not supported'],
    ["FREQ=DAILY;INTERVAL=0", "INTERVAL=0 is not a number from 1"],
    ["FREQ=DAILY;INTERVAL=99999999999", "is not a number"],
    ["FREQ=DAILY;COUNT=20000", "from 1 to 10000"],
    ["FREQ=DAILY;COUNT=2;UNTIL=20270101", "not both"],
    ["FREQ=DAILY;COUNT=2;COUNT=3", "given twice"],
    ["FREQ=DAILY;UNTIL=tomorrow", "is not a time"],
    ["FREQ=DAILY;UNTIL=20261399", "is not a time"],
    ["FREQ=WEEKLY;BYDAY=XX", "is not a day"],
    ["FREQ=WEEKLY;BYDAY=1MO", "no ordinals"],
    ["FREQ=WEEKLY;BYMONTHDAY=1", "does not go with"],
    ["FREQ=YEARLY;BYDAY=1MO;BYMONTHDAY=3", "does not go with BYMONTHDAY"],
    ["FREQ=MONTHLY;BYDAY=0MO", "is not a number"],
    ["FREQ=MONTHLY;BYMONTHDAY=0", "is not a number"],
    ["FREQ=MONTHLY;BYMONTH=13", "from 1 to 12"],
    ["FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS needs"],
    ["FREQ", "is not KEY=VALUE"],
    ["FREQ=DAILY;BYDAY=", "is not KEY=VALUE"],
    [`FREQ=DAILY;BYMONTHDAY=${"1,".repeat(80)}1`, "more than 62 values"],
  ])("%s is refused: %s", (rule, reason) => {
    expect(() => parseRecurrenceRule(rule)).toThrow(reason);
  });
});
