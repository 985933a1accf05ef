import { z } from "zod";

import { anyText } from "../prometheus/texts.ts";
import { nameText } from "./fields.ts";
import type { TimeInterval } from "./time-interval.ts";

const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS = [
  "january",
  "february",
  "march",
  "april",
  "may",
  "june",
  "july",
  "august",
  "september",
  "october",
  "november",
  "december",
];

/** Most entries of one list of an interval. */
const MAX_ENTRIES = 1000;

interface Range {
  begin: number;
  end: number;
}

/** Why a text is refused. */
class Refused extends Error {}

const refuse = (message: string): never => {
  throw new Refused(message);
};

function readInteger(text: string): number {
  if (/^[+-]?\d{1,9}$/.test(text)) return Number(text);
  return refuse(`${JSON.stringify(text)} is not a number`);
}

/** `a:b` or `a`, in any case. */
function readRange(text: string, member: (part: string) => number): Range {
  const parts = text.toLowerCase().split(":");
  if (parts.length > 2) refuse(`couldn't parse range ${text.toLowerCase()}, invalid format`);
  const [first = "", second = first] = parts;
  return { begin: member(first), end: member(second) };
}

function readWeekdays(text: string): Range {
  const range = readRange(text, (part) => {
    const index = WEEKDAYS.indexOf(part);
    return index >= 0 ? index : refuse(`${part} is not a valid weekday`);
  });
  return range.begin > range.end ? refuse("start day cannot be before end day") : range;
}

/** The shortest month decides whether an end that is counted backwards is always before its beginning. */
const SHORTEST_MONTH = 28;

function readDaysOfMonth(text: string): Range {
  const range = readRange(text, readInteger);
  for (const day of [range.begin, range.end])
    if (day === 0 || Math.abs(day) > 31)
      refuse(`${day} is not a valid day of the month: out of range`);
  if (range.begin < 0 && range.end > 0) refuse("end day must be negative if start day is negative");
  const [begin, end] = [range.begin, range.end].map((day) =>
    day < 0 ? SHORTEST_MONTH + day : day,
  );
  if ((begin ?? 0) > (end ?? 0))
    refuse(`end day ${range.end} is always before start day ${range.begin}`);
  return range;
}

function readMonths(text: string): Range {
  const range = readRange(text, (part) => {
    const index = MONTHS.indexOf(part);
    if (index >= 0) return index + 1;
    return /^\d{1,2}$/.test(part) && Number(part) >= 1 && Number(part) <= 12
      ? Number(part)
      : refuse(`${part} is not a valid month`);
  });
  if (range.begin > range.end)
    refuse(`end month ${MONTHS[range.end - 1]} is before start month ${MONTHS[range.begin - 1]}`);
  return range;
}

function readYears(text: string): Range {
  const range = readRange(text, readInteger);
  return range.begin > range.end
    ? refuse(`end year ${range.end} is before start year ${range.begin}`)
    : range;
}

function readTime(text: string): number {
  if (!/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/.test(text))
    refuse(`couldn't parse timestamp ${text}, invalid format`);
  const [hours = "", minutes = ""] = text.split(":");
  return Number(hours) * 60 + Number(minutes);
}

function readTimes(times: { start_time?: string | undefined; end_time?: string | undefined }) {
  const { start_time: start = "", end_time: end = "" } = times;
  if (start === "" || end === "") refuse("both start and end times must be provided");
  const [startMinute, endMinute] = [readTime(start), readTime(end)];
  if (startMinute >= endMinute) refuse("start time cannot be equal or greater than end time");
  return { startMinute, endMinute };
}

function readLocation(name: string): string {
  if (name === "" || name === "UTC") return "UTC";
  if (name === "Local") return Intl.DateTimeFormat().resolvedOptions().timeZone;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return refuse(`unknown time zone ${name}`);
  }
}

/** Turns what a reader refuses into a problem of the value at hand. */
const readBy =
  <From, To>(read: (value: From) => To) =>
  (value: From, context: z.RefinementCtx): To => {
    try {
      return read(value);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      context.addIssue({ code: "custom", message: error.message });
      return z.NEVER;
    }
  };

const ranges = (read: (text: string) => Range) =>
  z
    .array(anyText(100).transform(readBy(read)))
    .max(MAX_ENTRIES)
    .optional();

const IntervalShape = z
  .strictObject({
    times: z
      .array(
        z
          .strictObject({ start_time: anyText(16).optional(), end_time: anyText(16).optional() })
          .transform(readBy(readTimes)),
      )
      .max(MAX_ENTRIES)
      .optional(),
    weekdays: ranges(readWeekdays),
    days_of_month: ranges(readDaysOfMonth),
    months: ranges(readMonths),
    years: ranges(readYears),
    location: anyText(100).transform(readBy(readLocation)).optional(),
  })
  .transform((node): TimeInterval | undefined => {
    const { times, weekdays, days_of_month: daysOfMonth, months, years, location } = node;
    // A list without entries is one that no moment is in.
    if ([times, weekdays, daysOfMonth, months, years].some((list) => list?.length === 0))
      return undefined;
    return {
      times: times ?? [],
      weekdays: weekdays ?? [],
      daysOfMonth: daysOfMonth ?? [],
      months: months ?? [],
      years: years ?? [],
      location,
    };
  });

const readIntervals = (intervals: readonly (TimeInterval | undefined)[]): TimeInterval[] =>
  intervals.filter((interval) => interval !== undefined);

/** An entry of `time_intervals`, and of `mute_time_intervals` as it was called before. */
export const namedIntervals = () =>
  z
    .array(
      z.strictObject({
        name: nameText().default(""),
        time_intervals: z
          .array(IntervalShape)
          .max(MAX_ENTRIES)
          .default([])
          .transform(readIntervals),
      }),
    )
    .max(10_000)
    .default([]);
