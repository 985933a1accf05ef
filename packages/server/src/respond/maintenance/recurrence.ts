import { dayOf, weekdayOf, type Zone } from "../oncall/index.ts";
import type { RecurrenceRule } from "./recurrence-rule.ts";

const DAY_MS = 86_400_000;

/** A rule that does not come true for so long never does, as far as anybody cares. */
const HORIZON_MS = 30 * 366 * DAY_MS;

/** Days as wall times of their midnights. */
type Days = number[];

const monthStart = (year: number, month: number): number => Date.UTC(year, month, 1);

const lengthOfMonth = (year: number, month: number): number =>
  Math.round((monthStart(year, month + 1) - monthStart(year, month)) / DAY_MS);

const dateOf = (day: number) => {
  const date = new Date(day);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate() };
};

/** Whether a day is the n-th of its weekday among `count` days that begin at `first`. */
function isOrdinal(day: number, ordinal: number, first: number, count: number): boolean {
  const index = Math.round((day - first) / DAY_MS);
  if (ordinal > 0) return Math.floor(index / 7) === ordinal - 1;
  return Math.floor((count - 1 - index) / 7) === -ordinal - 1;
}

function matchesDay(
  { byDay }: RecurrenceRule,
  day: number,
  period: { first: number; count: number },
): boolean {
  if (byDay.length === 0) return true;
  const weekday = weekdayOf(day);
  return byDay.some(
    (one) =>
      one.weekday === weekday &&
      (one.ordinal === 0 || isOrdinal(day, one.ordinal, period.first, period.count)),
  );
}

function matchesMonthDay({ byMonthDay }: RecurrenceRule, day: number): boolean {
  if (byMonthDay.length === 0) return true;
  const { year, month, day: number } = dateOf(day);
  const length = lengthOfMonth(year, month);
  return byMonthDay.some((one) => (one > 0 ? one : length + one + 1) === number);
}

const matchesMonth = ({ byMonth }: RecurrenceRule, day: number): boolean =>
  byMonth.length === 0 || byMonth.includes(dateOf(day).month + 1);

const range = (first: number, count: number): Days =>
  Array.from({ length: count }, (_, index) => first + index * DAY_MS);

/** Days of one month that the rule takes; `start` says which day when the rule does not. */
function daysOfMonth(rule: RecurrenceRule, year: number, month: number, start: number): Days {
  if (rule.byMonth.length > 0 && !rule.byMonth.includes(month + 1)) return [];
  const first = monthStart(year, month);
  const count = lengthOfMonth(year, month);
  const isByDay = rule.byDay.length > 0;
  const wanted = rule.byMonthDay.length === 0 && !isByDay ? [dateOf(start).day] : rule.byMonthDay;
  const numbers = new Set(wanted.map((one) => (one > 0 ? one : count + one + 1)));
  return range(first, count).filter(
    (day, index) =>
      (numbers.size === 0 || numbers.has(index + 1)) && matchesDay(rule, day, { first, count }),
  );
}

function daysOfYear(rule: RecurrenceRule, year: number, start: number): Days {
  const isByDayOfYear = rule.byMonth.length === 0 && rule.byMonthDay.length === 0;
  if (rule.byDay.length > 0 && isByDayOfYear) {
    const first = Date.UTC(year, 0, 1);
    const count = Math.round((Date.UTC(year + 1, 0, 1) - first) / DAY_MS);
    return range(first, count).filter((day) => matchesDay(rule, day, { first, count }));
  }
  const saysMonth = rule.byMonth.length > 0 || rule.byMonthDay.length > 0;
  const months = saysMonth
    ? Array.from({ length: 12 }, (_, index) => index)
    : [dateOf(start).month];
  return months.flatMap((month) => daysOfMonth(rule, year, month, start));
}

/** Days of the n-th period after the one that holds `start`; the middle of the work, without COUNT and UNTIL. */
function daysOfPeriod(rule: RecurrenceRule, start: number, period: number): Days {
  const step = period * rule.interval;
  const { year, month } = dateOf(start);
  switch (rule.frequency) {
    case "DAILY": {
      const day = start + step * DAY_MS;
      const fits =
        matchesMonth(rule, day) &&
        matchesMonthDay(rule, day) &&
        matchesDay(rule, day, { first: day, count: 1 });
      return fits ? [day] : [];
    }
    case "WEEKLY": {
      const offset = (weekdayOf(start) - rule.weekStart + 7) % 7;
      const first = start - offset * DAY_MS + step * 7 * DAY_MS;
      const wanted =
        rule.byDay.length === 0 ? [weekdayOf(start)] : rule.byDay.map((one) => one.weekday);
      return range(first, 7).filter(
        (day) => wanted.includes(weekdayOf(day)) && matchesMonth(rule, day),
      );
    }
    case "MONTHLY":
      return daysOfMonth(rule, year + Math.floor((month + step) / 12), (month + step) % 12, start);
    case "YEARLY":
      return daysOfYear(rule, year + step, start);
  }
}

/** Picks the n-th of a period's days. */
function pick(days: Days, positions: readonly number[]): Days {
  if (positions.length === 0) return days;
  const chosen = new Set(positions.map((one) => (one > 0 ? one - 1 : days.length + one)));
  return days.filter((_, index) => chosen.has(index));
}

/** Days of a period at least, so that a jump never lands behind what is looked for. */
const LONGEST_PERIOD_DAYS = { DAILY: 1, WEEKLY: 7, MONTHLY: 31, YEARLY: 366 } as const;

const SHORTEST_PERIOD_DAYS = { DAILY: 1, WEEKLY: 7, MONTHLY: 28, YEARLY: 365 } as const;

/** What is needed to find the occurrences of a rule. */
export interface Recurrence {
  rule: RecurrenceRule;
  /** Wall time of the first occurrence. */
  startWallMs: number;
  zone: Zone;
}

/**
 * When a rule begins, from `fromMs` on (Unix milliseconds), in order of time. Ends by COUNT, UNTIL, or 30
 * years after `fromMs`; whoever iterates stops earlier.
 */
export function* occurrences(
  { rule, startWallMs, zone }: Recurrence,
  fromMs: number,
): Generator<number> {
  const startDay = dayOf(startWallMs);
  const timeOfDay = startWallMs - startDay;
  // With COUNT every occurrence has to be counted.
  const behindDays = Math.floor((fromMs - startWallMs) / DAY_MS) - 2;
  const period =
    rule.count === undefined
      ? Math.max(
          0,
          Math.floor(behindDays / (LONGEST_PERIOD_DAYS[rule.frequency] * rule.interval)) - 1,
        )
      : 0;
  let left = rule.count ?? Infinity;
  const lastMs = Math.max(startWallMs, fromMs) + HORIZON_MS;
  // A period is a day at least, so that the loop ends.
  const most = Math.ceil((lastMs - startWallMs) / DAY_MS);
  for (let index = period; index < most; index++) {
    if (
      startWallMs + (index - 2) * rule.interval * SHORTEST_PERIOD_DAYS[rule.frequency] * DAY_MS >
      lastMs
    )
      return;
    for (const day of pick(daysOfPeriod(rule, startDay, index), rule.bySetPos)) {
      const wall = day + timeOfDay;
      if (wall < startWallMs) continue;
      const atMs = zone.toUtc(wall);
      if (rule.untilMs !== undefined && (rule.untilIsWall ? wall : atMs) > rule.untilMs) return;
      if (atMs >= fromMs) yield atMs;
      if (--left <= 0) return;
    }
  }
}
