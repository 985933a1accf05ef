import type { HoursOfWeek } from "@fleetlight/contract";
import { describe, expect, it } from "vitest";

import { clipIntervals, holdsAt, intervalsOf, joinIntervals } from "./hours.ts";
import { zoneOf } from "./zone.ts";

const at = (text: string): number => Date.parse(`${text}Z`);
const show = (ms: number): string => new Date(ms).toISOString().slice(5, 16);

const shown = (hours: HoursOfWeek[], zone: string, from: string, to: string): string[] =>
  intervalsOf(hours, zoneOf(zone), { startMs: at(from), endMs: at(to) }).map(
    ({ startMs, endMs }) => `${show(startMs)} ${show(endMs)}`,
  );

const office: HoursOfWeek = {
  weekdays: ["monday", "tuesday", "wednesday", "thursday", "friday"],
  start: "09:00",
  end: "17:00",
};
const night: HoursOfWeek = { start: "22:00", end: "06:00" };

describe("hours of the week", () => {
  it("hold on their days only", () => {
    // 2026-11-20 is a Friday.
    expect(shown([office], "UTC", "2026-11-20T00:00", "2026-11-24T00:00")).toEqual([
      "11-20T09:00 11-20T17:00",
      "11-23T09:00 11-23T17:00",
    ]);
  });

  it("that end before they start reach into the next day, also from before the range", () => {
    expect(shown([night], "UTC", "2026-11-20T00:00", "2026-11-21T00:00")).toEqual([
      "11-20T00:00 11-20T06:00",
      "11-20T22:00 11-21T00:00",
    ]);
  });

  it("belong to the day on which they begin", () => {
    const friday: HoursOfWeek = { ...night, weekdays: ["friday"] };
    expect(shown([friday], "UTC", "2026-11-20T00:00", "2026-11-23T00:00")).toEqual([
      "11-20T22:00 11-21T06:00",
    ]);
  });

  it("with the same start and end are the whole day", () => {
    const saturday: HoursOfWeek = { weekdays: ["saturday"], start: "00:00", end: "00:00" };
    const both: HoursOfWeek = { weekdays: ["saturday"], start: "00:00", end: "24:00" };
    for (const hours of [saturday, both]) {
      expect(shown([hours], "UTC", "2026-11-20T00:00", "2026-11-23T00:00")).toEqual([
        "11-21T00:00 11-22T00:00",
      ]);
    }
  });

  it.each([
    ["spring, 7 hours", "2026-03-28T12:00", "03-28T21:00 03-29T04:00"],
    ["autumn, 9 hours", "2026-10-24T12:00", "10-24T20:00 10-25T05:00"],
  ])("follow the clock through a night in %s", (_, from, expected) => {
    const to = new Date(at(from) + 86_400_000).toISOString().slice(0, 16);
    expect(shown([night], "Europe/Berlin", from, to)).toEqual([expected]);
  });

  it("that touch are one stretch", () => {
    const rest: HoursOfWeek = { start: "06:00", end: "22:00" };
    expect(shown([night, rest], "UTC", "2026-11-20T00:00", "2026-11-25T00:00")).toEqual([
      "11-20T00:00 11-25T00:00",
    ]);
  });

  it.each([
    ["2026-11-20T08:59", false],
    ["2026-11-20T09:00", true],
    ["2026-11-20T16:59", true],
    ["2026-11-20T17:00", false],
    ["2026-11-21T12:00", false],
  ])("at %s: %s", (when, expected) => {
    expect(holdsAt([office], zoneOf("UTC"), at(when))).toBe(expected);
  });
});

it("joins what touches and drops what is empty", () => {
  expect(
    joinIntervals([
      { startMs: 5, endMs: 9 },
      { startMs: 1, endMs: 3 },
      { startMs: 3, endMs: 4 },
      { startMs: 6, endMs: 7 },
      { startMs: 20, endMs: 20 },
    ]),
  ).toEqual([
    { startMs: 1, endMs: 4 },
    { startMs: 5, endMs: 9 },
  ]);
});

it("clips to a range", () => {
  const range = { startMs: 10, endMs: 20 };
  expect(
    clipIntervals(
      [
        { startMs: 0, endMs: 10 },
        { startMs: 5, endMs: 15 },
        { startMs: 20, endMs: 30 },
      ],
      range,
    ),
  ).toEqual([{ startMs: 10, endMs: 15 }]);
});
