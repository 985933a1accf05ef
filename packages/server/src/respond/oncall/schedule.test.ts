import { ScheduleLayer } from "@fleetlight/contract";
import { describe, expect, it } from "vitest";

import {
  aroundMoment,
  onCallAt,
  workOut,
  type OverrideShape,
  type ScheduleShape,
  type Segment,
} from "./schedule.ts";

const DAY_MS = 86_400_000;
const at = (text: string): number => Date.parse(`${text}Z`);
const show = (ms: number): string => new Date(ms).toISOString().slice(5, 16);
const shown = (segments: readonly Segment[]): string[] =>
  segments.map(({ startMs, endMs, person }) => `${show(startMs)} ${show(endMs)} ${person}`);

const layer = (more: Partial<ScheduleLayer> = {}): ScheduleLayer =>
  ScheduleLayer.parse({ people: ["ann", "bob"], start: "2026-11-02T09:00:00Z", ...more });

const override = (more: Partial<OverrideShape>): OverrideShape => ({
  id: "o1",
  person: "eve",
  startMs: 0,
  endMs: 0,
  ...more,
});

const shape = (more: Partial<ScheduleShape> = {}): ScheduleShape => ({
  timeZone: "UTC",
  layers: [layer()],
  overrides: [],
  ...more,
});

const finalOf = (schedule: ScheduleShape, from: string, to: string): string[] =>
  shown(workOut(schedule, { startMs: at(from), endMs: at(to) }).segments);

describe("rotations", () => {
  it("of a week hand over on their weekday at their time", () => {
    // 2026-11-02 is a Monday.
    expect(finalOf(shape(), "2026-11-02T09:00", "2026-11-24T00:00")).toEqual([
      "11-02T09:00 11-09T09:00 ann",
      "11-09T09:00 11-16T09:00 bob",
      "11-16T09:00 11-23T09:00 ann",
      "11-23T09:00 11-24T00:00 bob",
    ]);
  });

  it("begin with the turn that holds their start, which the first person has", () => {
    const late = layer({ start: "2026-11-04T12:00:00Z" });
    expect(finalOf(shape({ layers: [late] }), "2026-11-01T00:00", "2026-11-17T00:00")).toEqual([
      "11-04T12:00 11-09T09:00 ann",
      "11-09T09:00 11-16T09:00 bob",
      "11-16T09:00 11-17T00:00 ann",
    ]);
  });

  it("of a day with three people", () => {
    const daily = layer({ rotation: "daily", people: ["a", "b", "c"], handover: "08:00" });
    expect(finalOf(shape({ layers: [daily] }), "2026-11-03T00:00", "2026-11-06T00:00")).toEqual([
      "11-03T00:00 11-03T08:00 a",
      "11-03T08:00 11-04T08:00 b",
      "11-04T08:00 11-05T08:00 c",
      "11-05T08:00 11-06T00:00 a",
    ]);
  });

  it("may last several weeks", () => {
    const slow = layer({ turns: 2 });
    expect(finalOf(shape({ layers: [slow] }), "2026-11-10T00:00", "2026-12-01T00:00")).toEqual([
      "11-10T00:00 11-16T09:00 ann",
      "11-16T09:00 11-30T09:00 bob",
      "11-30T09:00 12-01T00:00 ann",
    ]);
  });

  it("of a custom length count elapsed hours from their start", () => {
    const custom = layer({ rotation: "custom", turn_hours: 12 });
    expect(finalOf(shape({ layers: [custom] }), "2026-11-02T09:00", "2026-11-03T12:00")).toEqual([
      "11-02T09:00 11-02T21:00 ann",
      "11-02T21:00 11-03T09:00 bob",
      "11-03T09:00 11-03T12:00 ann",
    ]);
  });

  it("are the same however the range is cut", () => {
    const schedule = shape({
      timeZone: "America/New_York",
      layers: [
        layer({ people: ["a", "b", "c"] }),
        layer({ rotation: "daily", people: ["d", "e"] }),
      ],
    });
    for (let day = 0; day < 60; day++) {
      const moment = at("2026-11-02T12:00") + day * DAY_MS;
      const whole = workOut(schedule, {
        startMs: at("2026-11-02T09:00"),
        endMs: at("2027-02-01T00:00"),
      });
      const expected = whole.segments.find((one) => one.startMs <= moment && moment < one.endMs);
      expect(onCallAt(schedule, moment)).toBe(expected?.person);
    }
  });

  it("of one person are one long turn", () => {
    const alone = layer({ people: ["ann"], rotation: "daily" });
    expect(finalOf(shape({ layers: [alone] }), "2026-11-10T00:00", "2026-12-01T00:00")).toEqual([
      "11-10T00:00 12-01T00:00 ann",
    ]);
  });

  it("end when their layer does", () => {
    const ended = layer({ end: "2026-11-10T00:00:00Z" });
    expect(finalOf(shape({ layers: [ended] }), "2026-11-08T00:00", "2026-11-20T00:00")).toEqual([
      "11-08T00:00 11-09T09:00 ann",
      "11-09T09:00 11-10T00:00 bob",
    ]);
  });
});

describe("nights on which the clock is set", () => {
  const daily = (zone: string): ScheduleShape =>
    shape({
      timeZone: zone,
      layers: [layer({ rotation: "daily", handover: "02:30", start: "2026-01-01T12:00:00Z" })],
    });

  it.each([
    [
      "forward, a turn of 23 hours whose hand-over is left out by the clock",
      "Europe/Berlin",
      "2026-03-28T02:00",
      ["03-28T02:00 03-29T01:30", "03-29T01:30 03-30T00:30", "03-30T00:30 03-31T00:00"],
    ],
    [
      "back, a turn of 25 hours that begins at the first half past two",
      "Europe/Berlin",
      "2026-10-24T02:00",
      ["10-24T02:00 10-25T00:30", "10-25T00:30 10-26T01:30", "10-26T01:30 10-27T00:00"],
    ],
    [
      "forward west of Greenwich",
      "America/New_York",
      "2026-03-07T12:00",
      ["03-07T12:00 03-08T07:30", "03-08T07:30 03-09T06:30", "03-09T06:30 03-10T00:00"],
    ],
  ])("%s", (_, zone, from, expected) => {
    const to = new Date(Math.floor(at(from) / DAY_MS) * DAY_MS + 3 * DAY_MS)
      .toISOString()
      .slice(0, 16);
    const segments = finalOf(daily(zone), from, to).map((one) => one.replace(/ [a-z]+$/, ""));
    expect(segments).toEqual(expected);
  });

  it("leave a weekly hand-over at its hour of the day", () => {
    const weekly = shape({
      timeZone: "Europe/Berlin",
      layers: [layer({ start: "2026-10-12T07:00:00Z" })],
    });
    expect(finalOf(weekly, "2026-10-13T00:00", "2026-11-03T00:00")).toEqual([
      "10-13T00:00 10-19T07:00 ann",
      "10-19T07:00 10-26T08:00 bob",
      "10-26T08:00 11-02T08:00 ann",
      "11-02T08:00 11-03T00:00 bob",
    ]);
  });

  it("never leave anybody out, in any zone", () => {
    for (const zone of [
      "Europe/Berlin",
      "America/Santiago",
      "Australia/Lord_Howe",
      "Africa/Cairo",
    ]) {
      const { gaps, segments } = workOut(daily(zone), {
        startMs: at("2026-01-02T00:00"),
        endMs: at("2027-01-01T00:00"),
      });
      expect(gaps).toEqual([]);
      expect(segments.length).toBeGreaterThanOrEqual(364);
    }
  });
});

describe("layers", () => {
  const office = layer({
    people: ["day"],
    restrictions: [
      {
        weekdays: ["monday", "tuesday", "wednesday", "thursday", "friday"],
        start: "09:00",
        end: "17:00",
      },
    ],
  });

  it("further down win where they have somebody, and leave the rest to those above", () => {
    expect(
      finalOf(shape({ layers: [layer(), office] }), "2026-11-06T00:00", "2026-11-10T00:00"),
    ).toEqual([
      "11-06T00:00 11-06T09:00 ann",
      "11-06T09:00 11-06T17:00 day",
      "11-06T17:00 11-09T09:00 ann",
      "11-09T09:00 11-09T17:00 day",
      "11-09T17:00 11-10T00:00 bob",
    ]);
  });

  it("restricted to working hours leave gaps, which are told", () => {
    const range = { startMs: at("2026-11-06T00:00"), endMs: at("2026-11-09T12:00") };
    const { gaps, layers } = workOut(shape({ layers: [office] }), range);
    expect(gaps.map(({ startMs, endMs }) => `${show(startMs)} ${show(endMs)}`)).toEqual([
      "11-06T00:00 11-06T09:00",
      "11-06T17:00 11-09T09:00",
    ]);
    expect(layers.map(shown)).toEqual([
      ["11-06T09:00 11-06T17:00 day", "11-09T09:00 11-09T12:00 day"],
    ]);
  });

  it("of none leave one gap", () => {
    const range = { startMs: at("2026-11-06T00:00"), endMs: at("2026-11-07T00:00") };
    expect(workOut(shape({ layers: [] }), range)).toEqual({
      segments: [],
      gaps: [range],
      layers: [],
    });
  });
});

describe("overrides", () => {
  const day = (from: string, to: string) => ({ startMs: at(from), endMs: at(to) });

  it("stand in for part of a turn", () => {
    const overrides = [override(day("2026-11-04T00:00", "2026-11-05T00:00"))];
    expect(finalOf(shape({ overrides }), "2026-11-03T00:00", "2026-11-06T00:00")).toEqual([
      "11-03T00:00 11-04T00:00 ann",
      "11-04T00:00 11-05T00:00 eve",
      "11-05T00:00 11-06T00:00 ann",
    ]);
  });

  it("that came later win over earlier ones, and nobody is a choice", () => {
    const overrides = [
      override(day("2026-11-04T00:00", "2026-11-05T00:00")),
      override({ id: "o2", person: null, ...day("2026-11-04T12:00", "2026-11-04T18:00") }),
    ];
    const { segments, gaps } = workOut(
      shape({ overrides }),
      day("2026-11-04T00:00", "2026-11-05T00:00"),
    );
    expect(shown(segments)).toEqual(["11-04T00:00 11-04T12:00 eve", "11-04T18:00 11-05T00:00 eve"]);
    expect(gaps).toEqual([day("2026-11-04T12:00", "2026-11-04T18:00")]);
    expect(segments[0]).toMatchObject({ layer: null, override: "o1" });
  });

  it("fill gaps", () => {
    const overrides = [override(day("2026-10-01T00:00", "2026-10-01T06:00"))];
    expect(onCallAt(shape({ overrides }), at("2026-10-01T03:00"))).toBe("eve");
    expect(onCallAt(shape({ overrides }), at("2026-10-01T06:00"))).toBeUndefined();
  });
});

describe("a moment", () => {
  it("is told with the whole turn and the next one", () => {
    const { current, next } = aroundMoment(shape(), at("2026-11-11T00:00"));
    expect(shown([current, next].flatMap((one) => one ?? []))).toEqual([
      "11-09T09:00 11-16T09:00 bob",
      "11-16T09:00 11-23T09:00 ann",
    ]);
  });

  it("in a gap has no current turn", () => {
    const { current, next } = aroundMoment(shape(), at("2026-10-20T00:00"));
    expect(current).toBeUndefined();
    expect(next?.person).toBe("ann");
  });
});

it.each([
  ["after `start`", "2026-11-02T00:00", "2026-11-02T00:00"],
  ["400 days", "2026-11-02T00:00", "2028-11-02T00:00"],
])("refuses a range because of %s", (reason, from, to) => {
  expect(() => finalOf(shape(), from, to)).toThrow(reason);
});

it("refuses more turns than anybody could look at", () => {
  const busy = Array.from({ length: 20 }, () => layer({ rotation: "custom", turn_hours: 0.25 }));
  expect(() => finalOf(shape({ layers: busy }), "2026-11-02T00:00", "2027-11-02T00:00")).toThrow(
    "too many turns",
  );
});
