import type { RouteConfig, TimeInterval } from "#config";

import { zoneOf } from "../oncall/zone.ts";

const isWithin = (value: number, ranges: readonly { begin: number; end: number }[]): boolean =>
  ranges.length === 0 || ranges.some(({ begin, end }) => value >= begin && value <= end);

/** Days that are counted from the end, and those that a short month does not have. */
function isDayOfMonth(day: number, length: number, ranges: TimeInterval["daysOfMonth"]): boolean {
  if (ranges.length === 0) return true;
  return ranges.some(({ begin, end }) => {
    const first = begin < 0 ? length + begin + 1 : begin;
    const last = end < 0 ? length + end + 1 : end;
    return first <= length && day >= first && day <= Math.min(last, length);
  });
}

/** Whether a moment is in an interval, by the clock of its place. */
export function isInInterval(interval: TimeInterval, atMs: number): boolean {
  const wall = new Date(zoneOf(interval.location ?? "UTC").toWall(atMs));
  const minute = wall.getUTCHours() * 60 + wall.getUTCMinutes();
  const { times } = interval;
  if (times.length > 0 && !times.some((t) => minute >= t.startMinute && minute < t.endMinute))
    return false;
  const [year, month] = [wall.getUTCFullYear(), wall.getUTCMonth()];
  const length = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return (
    isDayOfMonth(wall.getUTCDate(), length, interval.daysOfMonth) &&
    isWithin(month + 1, interval.months) &&
    isWithin(wall.getUTCDay(), interval.weekdays) &&
    isWithin(year, interval.years)
  );
}

export type NamedIntervals = ReadonlyMap<string, readonly TimeInterval[]>;

/** Those of the named intervals that a moment is in; a name stands for any of its intervals. */
export const intervalsAt = (
  names: readonly string[],
  intervals: NamedIntervals,
  atMs: number,
): string[] =>
  names.filter((name) =>
    (intervals.get(name) ?? []).some((interval) => isInInterval(interval, atMs)),
  );

/** Why a node of the route tree tells nobody at a moment; both lists are empty when it does. */
export interface RouteMutes {
  /** Mute intervals that are in force. */
  muted: readonly string[];
  /** The node's active intervals, when none of them is in force. */
  inactive: readonly string[];
}

export function mutesOf(route: RouteConfig, intervals: NamedIntervals, atMs: number): RouteMutes {
  const { activeTimeIntervals: active, muteTimeIntervals: mute } = route;
  const isActive = active.length === 0 || intervalsAt(active, intervals, atMs).length > 0;
  return { muted: intervalsAt(mute, intervals, atMs), inactive: isActive ? [] : active };
}
