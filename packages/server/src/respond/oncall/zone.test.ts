import { describe, expect, it } from "vitest";

import { dayOf, timeOfDayMs, weekdayOf, zoneOf } from "./zone.ts";

const wall = (text: string): number => Date.parse(`${text}Z`);
const show = (ms: number): string => new Date(ms).toISOString().replace(":00.000Z", "");

describe("the clock of a place", () => {
  it.each([
    ["Europe/Berlin", "2026-01-15T12:00", "2026-01-15T13:00"],
    ["Europe/Berlin", "2026-07-15T12:00", "2026-07-15T14:00"],
    ["America/New_York", "2026-03-08T06:59", "2026-03-08T01:59"],
    ["America/New_York", "2026-03-08T07:00", "2026-03-08T03:00"],
    ["Asia/Kathmandu", "2026-01-01T00:00", "2026-01-01T05:45"],
    ["Australia/Lord_Howe", "2026-10-03T15:29", "2026-10-04T01:59"],
    ["Australia/Lord_Howe", "2026-10-03T15:30", "2026-10-04T02:30"],
    ["Pacific/Kiritimati", "2026-12-31T12:00", "2027-01-01T02:00"],
    ["UTC", "2026-12-31T12:00", "2026-12-31T12:00"],
  ])("in %s at %s UTC shows %s", (name, at, expected) => {
    expect(show(zoneOf(name).toWall(wall(at)))).toBe(expected);
  });

  it.each([
    ["an ordinary night", "Europe/Berlin", "2026-11-21T02:30", "2026-11-21T01:30"],
    ["just before the gap", "Europe/Berlin", "2026-03-29T01:59", "2026-03-29T00:59"],
    ["in the gap", "Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:30"],
    ["just after the gap", "Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00"],
    ["before the hour that comes twice", "Europe/Berlin", "2026-10-25T01:59", "2026-10-24T23:59"],
    ["in the hour that comes twice", "Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30"],
    ["after it", "Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00"],
    ["in the gap of half an hour", "Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45"],
    ["on the day that Samoa left out", "Pacific/Apia", "2011-12-30T12:00", "2011-12-30T22:00"],
    ["in the gap west of Greenwich", "America/New_York", "2026-03-08T02:30", "2026-03-08T07:30"],
    ["twice west of Greenwich", "America/New_York", "2026-11-01T01:30", "2026-11-01T05:30"],
    ["where midnight is left out", "Africa/Cairo", "2026-04-24T00:15", "2026-04-23T22:15"],
  ])("finds the moment of a reading: %s", (_, name, reading, expected) => {
    expect(show(zoneOf(name).toUtc(wall(reading)))).toBe(expected);
  });

  it("finds back every 45 minutes of a year that is not left out", () => {
    for (const name of ["America/Santiago", "Africa/Casablanca"]) {
      const zone = zoneOf(name);
      for (let at = wall("2026-01-01T00:00"); at < wall("2027-01-01T00:00"); at += 2_700_000) {
        const reading = zone.toWall(at);
        const found = zone.toUtc(reading);
        expect(zone.toWall(found), `${name} ${show(at)}`).toBe(reading);
        expect(found, `${name} ${show(at)}`).toBeLessThanOrEqual(at);
      }
    }
  });

  it("knows no zone that does not exist", () => {
    expect(() => zoneOf("Europe/Atlantis")).toThrow(RangeError);
  });
});

it.each([
  ["2026-11-21T23:59", 5, "2026-11-21T00:00"],
  ["2026-11-22T00:00", 6, "2026-11-22T00:00"],
  ["2026-11-23T00:00", 0, "2026-11-23T00:00"],
  ["1969-12-31T12:00", 2, "1969-12-31T00:00"],
])("%s is weekday %d of the day that begins at %s", (reading, weekday, day) => {
  expect(weekdayOf(wall(reading))).toBe(weekday);
  expect(show(dayOf(wall(reading)))).toBe(day);
});

it("reads a time of day", () => {
  expect([timeOfDayMs("00:00"), timeOfDayMs("09:30"), timeOfDayMs("24:00")]).toEqual([
    0, 34_200_000, 86_400_000,
  ]);
});
