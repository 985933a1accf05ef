import { WEEKDAYS, type HoursOfWeek } from "@fleetlight/contract";

import { dayOf, timeOfDayMs, weekdayOf, type Zone } from "./zone.ts";

const DAY_MS = 86_400_000;

/** A stretch of time, Unix milliseconds, end exclusive. */
export interface Interval {
  startMs: number;
  endMs: number;
}

const matchesDay = ({ weekdays }: HoursOfWeek, wallDayMs: number): boolean =>
  weekdays === undefined || weekdays.some((day) => WEEKDAYS.indexOf(day) === weekdayOf(wallDayMs));

/** Length in wall time; an end that is not after the start lies on the next day. */
function lengthOf({ start, end }: HoursOfWeek): number {
  const length = timeOfDayMs(end) - timeOfDayMs(start);
  return length > 0 ? length : length + DAY_MS;
}

/** Joins intervals that touch, in order of time. */
export function joinIntervals(intervals: readonly Interval[]): Interval[] {
  const joined: Interval[] = [];
  for (const { startMs, endMs } of intervals.toSorted((a, b) => a.startMs - b.startMs)) {
    const last = joined.at(-1);
    if (last !== undefined && startMs <= last.endMs) last.endMs = Math.max(last.endMs, endMs);
    else if (endMs > startMs) joined.push({ startMs, endMs });
  }
  return joined;
}

/** The part of each interval that lies in the range. */
export const clipIntervals = (intervals: readonly Interval[], range: Interval): Interval[] =>
  intervals.flatMap(({ startMs, endMs }) => {
    const clipped = {
      startMs: Math.max(startMs, range.startMs),
      endMs: Math.min(endMs, range.endMs),
    };
    return clipped.endMs > clipped.startMs ? [clipped] : [];
  });

/** When these hours hold within a range; joined, in order of time. */
export function intervalsOf(
  hours: readonly HoursOfWeek[],
  zone: Zone,
  range: Interval,
): Interval[] {
  const found: Interval[] = [];
  // What begins on the day before may reach into the range, and a zone is at most a day away.
  const last = dayOf(zone.toWall(range.endMs));
  for (let day = dayOf(zone.toWall(range.startMs)) - DAY_MS; day <= last; day += DAY_MS) {
    for (const one of hours) {
      if (!matchesDay(one, day)) continue;
      const start = day + timeOfDayMs(one.start);
      found.push({ startMs: zone.toUtc(start), endMs: zone.toUtc(start + lengthOf(one)) });
    }
  }
  return clipIntervals(joinIntervals(found), range);
}

/** Whether one of these hours holds at a moment. */
export const holdsAt = (hours: readonly HoursOfWeek[], zone: Zone, atMs: number): boolean =>
  intervalsOf(hours, zone, { startMs: atMs, endMs: atMs + 1 }).length > 0;
