import type { MaintenanceInput, MaintenanceSchedule } from "@fleetlight/contract";
import {
  badRequest,
  formatDuration,
  isoTime,
  parseDuration,
  type ErrorDetail,
  type Matcher,
} from "#lib";
import type { StoredMaintenance } from "#store";

import { compileMatchers, dayOf, timeOfDayMs, zoneOf, type Interval } from "../oncall/index.ts";
import { parseRecurrenceRule } from "./recurrence-rule.ts";
import { occurrences, type Recurrence } from "./recurrence.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const MIN_DURATION_MS = MINUTE_MS;
const MAX_DURATION_MS = 366 * DAY_MS;

const DAY_CODES = {
  monday: "MO",
  tuesday: "TU",
  wednesday: "WE",
  thursday: "TH",
  friday: "FR",
  saturday: "SA",
  sunday: "SU",
} as const;

type Recurring = Exclude<MaintenanceSchedule, { type: "once" }>;

/** A window ready to be asked; made once for each change. */
export interface Window {
  stored: StoredMaintenance;
  matchers: readonly Matcher[];
  services: ReadonlySet<string>;
}

export const compileWindow = (stored: StoredMaintenance): Window => ({
  stored,
  matchers: compileMatchers(stored.matchers),
  services: new Set(stored.services),
});

/** Whether a window is about an alert with these labels, whatever the time. */
export const concerns = (
  { matchers, services }: Window,
  labels: Readonly<Record<string, string>>,
): boolean =>
  (services.size === 0 || services.has(labels["service"] ?? "")) &&
  matchers.every(({ name, test }) => test(labels[name] ?? ""));

function recurrenceOf(schedule: Recurring, createdAtMs: number): Recurrence {
  const zone = zoneOf(schedule.time_zone);
  if (schedule.type === "rrule") {
    const text = schedule.dtstart.length === 16 ? `${schedule.dtstart}:00` : schedule.dtstart;
    return {
      rule: parseRecurrenceRule(schedule.rrule),
      startWallMs: Date.parse(`${text}Z`),
      zone,
    };
  }
  const days = schedule.weekdays.map((day) => DAY_CODES[day]).join(",");
  const fromMs = schedule.from === undefined ? createdAtMs : Date.parse(schedule.from);
  const start = dayOf(zone.toWall(fromMs)) + timeOfDayMs(schedule.start_time);
  return {
    rule: {
      ...parseRecurrenceRule(`FREQ=WEEKLY;BYDAY=${days}`),
      untilMs: schedule.until === undefined ? undefined : Date.parse(schedule.until),
    },
    // An occurrence earlier on the first day is over before the window begins.
    startWallMs: zone.toUtc(start) < fromMs ? start + DAY_MS : start,
    zone,
  };
}

/** The real end of an occurrence, which somebody may have brought forward. */
const endOf = ({ cut }: StoredMaintenance, startMs: number, endMs: number): number =>
  cut.find((one) => one.startMs === startMs)?.endMs ?? endMs;

/** When a window is in force, of all occurrences that end after `fromMs`, in order; endless for some rules. */
export function* occurrencesOf(stored: StoredMaintenance, fromMs: number): Generator<Interval> {
  const { schedule } = stored;
  if (schedule.type === "once") {
    const startMs = Date.parse(schedule.start);
    const endMs = endOf(stored, startMs, Date.parse(schedule.end));
    if (endMs > fromMs) yield { startMs, endMs };
    return;
  }
  const durationMs = parseDuration(schedule.duration);
  const recurrence = recurrenceOf(schedule, stored.createdAtMs);
  for (const startMs of occurrences(recurrence, fromMs - durationMs)) {
    const endMs = endOf(stored, startMs, startMs + durationMs);
    if (endMs > fromMs) yield { startMs, endMs };
  }
}

/** The occurrence that is under way, and those that follow. */
export function outlook(
  stored: StoredMaintenance,
  nowMs: number,
  count: number,
): { current: Interval | null; next: Interval[] } {
  let current: Interval | null = null;
  const next: Interval[] = [];
  for (const occurrence of occurrencesOf(stored, nowMs)) {
    if (occurrence.startMs <= nowMs) current ??= occurrence;
    else if (next.length < count) next.push(occurrence);
    if (occurrence.startMs > nowMs && next.length >= count) break;
  }
  return { current, next };
}

function checkSchedule(
  schedule: MaintenanceSchedule,
  report: (path: string, text: string) => void,
) {
  if (schedule.type === "once") {
    if (!(Date.parse(schedule.end) > Date.parse(schedule.start)))
      report("schedule.end", "must be after schedule.start");
    return;
  }
  const durationMs = parseDuration(schedule.duration);
  if (durationMs < MIN_DURATION_MS || durationMs > MAX_DURATION_MS)
    report(
      "schedule.duration",
      `must be between ${formatDuration(MIN_DURATION_MS)} and ${formatDuration(MAX_DURATION_MS)}`,
    );
  if (schedule.type !== "rrule") return;
  const day = schedule.dtstart.slice(0, 10);
  // A day that the month does not have is silently taken for one of the next month.
  if (isoTime(Date.parse(`${day}T00:00:00Z`)).slice(0, 10) !== day)
    report("schedule.dtstart", "is not a day of the calendar");
}

/**
 * What the schema cannot say.
 * @throws FleetlightError `bad_request` with what to change.
 */
export function checkWindow(input: MaintenanceInput): void {
  const details: ErrorDetail[] = [];
  const report = (path: string, message: string): void => void details.push({ path, message });
  checkSchedule(input.schedule, report);
  const matchers = compileMatchers(input.matchers);
  if (matchers.length === 0 && input.services.length === 0)
    report("matchers", "give at least one matcher or one service");
  else if (
    input.services.length === 0 &&
    matchers.every(({ test }) => test("")) &&
    !input.confirm_all
  )
    report("matchers", "they match every alert; send confirm_all: true if that is meant");
  const [first] = details;
  if (first !== undefined) throw badRequest(`\`${first.path}\`: ${first.message}`, details);
  // Reads the rule, and finds one that never comes true.
  const stored = { ...input, schedule: input.schedule, cut: [], createdAtMs: 0 };
  const [any] = occurrencesOf(stored as unknown as StoredMaintenance, 0);
  if (any === undefined) throw badRequest("`schedule`: there is no occurrence at all");
}
