import { z } from "zod";

import { Timestamp } from "./common.ts";
import { DurationText, LabelMatcher, StartTime, TimeZone, Weekday } from "./oncall.ts";
import { ServiceId } from "./services.ts";

/**
 * Maintenance windows and recurring silences, which are the same thing. All under `/api/v1`.
 *
 *     GET POST       /maintenance?state=active|upcoming|ended       GET PUT DELETE /maintenance/{id}
 *     POST           /maintenance/{id}/end                          ends the occurrence that is under way
 *     POST           /maintenance/preview                           what a window would match now, and its next occurrences
 *     GET            /maintenance/calendar?start=&end=              every occurrence in the range
 */
const Once = z.strictObject({
  type: z.literal("once"),
  start: Timestamp,
  end: Timestamp,
});

const Weekly = z.strictObject({
  type: z.literal("weekly"),
  weekdays: z.array(Weekday).min(1).max(7),
  /** Time of day in `time_zone`. */
  start_time: StartTime,
  duration: DurationText,
  time_zone: TimeZone.default("UTC"),
  /** First moment at which an occurrence may begin; the making of the window when left out. */
  from: Timestamp.optional(),
  /** Last moment at which an occurrence may begin. */
  until: Timestamp.optional(),
});

const Rule = z.strictObject({
  type: z.literal("rrule"),
  /**
   * RFC 5545: `FREQ=DAILY|WEEKLY|MONTHLY|YEARLY` with `INTERVAL`, `COUNT`, `UNTIL`, `BYDAY`, `BYMONTHDAY`, `BYMONTH`,
   * `BYSETPOS`, `WKST`.
   */
  rrule: z.string().min(6).max(1024),
  /** Local time of the first occurrence in `time_zone`, without offset: `2026-11-21T22:00`. */
  dtstart: z
    .string()
    .regex(
      /^20\d{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?$/,
      "expected a local time such as 2026-11-21T22:00",
    ),
  duration: DurationText,
  time_zone: TimeZone.default("UTC"),
});

export const MaintenanceSchedule = z.discriminatedUnion("type", [Once, Weekly, Rule]);
export type MaintenanceSchedule = z.infer<typeof MaintenanceSchedule>;

/** Body of `POST /api/v1/maintenance` and `PUT /api/v1/maintenance/{id}`. At least one matcher or service. */
export const MaintenanceInput = z.strictObject({
  name: z.string().min(1).max(256),
  /** Why; shown beside the alerts that it suppresses. */
  reason: z.string().max(4096).default(""),
  /** Who; the name of the token when left out. */
  by: z.string().min(1).max(128).optional(),
  /** Alerts with labels that satisfy all of them. */
  matchers: z.array(LabelMatcher).max(32).default([]),
  /** Alerts whose label `service` is one of these; with matchers both must hold. */
  services: z.array(ServiceId).max(1000).default([]),
  schedule: MaintenanceSchedule,
  enabled: z.boolean().default(true),
  /** Needed when the matchers match every alert. */
  confirm_all: z.boolean().default(false),
});
export type MaintenanceInput = z.infer<typeof MaintenanceInput>;

export const Occurrence = z.object({ start: Timestamp, end: Timestamp });
export type Occurrence = z.infer<typeof Occurrence>;

export const MaintenanceWindow = z.object({
  id: z.string(),
  name: z.string(),
  reason: z.string(),
  by: z.string(),
  matchers: z.array(LabelMatcher),
  services: z.array(z.string()),
  schedule: MaintenanceSchedule,
  enabled: z.boolean(),
  /** `disabled` is one that is switched off. */
  state: z.enum(["active", "upcoming", "ended", "disabled"]),
  /** The occurrence that is under way. */
  current: Occurrence.nullable(),
  /** The next five. */
  next: z.array(Occurrence),
  /** Active alerts that it suppresses now. */
  suppressed: z.int(),
  created_at: Timestamp,
  updated_at: Timestamp,
});
export type MaintenanceWindow = z.infer<typeof MaintenanceWindow>;

export const MaintenanceList = z.object({ windows: z.array(MaintenanceWindow), count: z.int() });
export type MaintenanceList = z.infer<typeof MaintenanceList>;

/** Active alerts that a window would match now, and when it would be in force. */
export const MaintenancePreview = z.object({
  matched: z.array(z.object({ fingerprint: z.string(), labels: z.record(z.string(), z.string()) })),
  /** All of them, also those that `matched` leaves out beyond the first 100. */
  matched_count: z.int(),
  current: Occurrence.nullable(),
  next: z.array(Occurrence),
});
export type MaintenancePreview = z.infer<typeof MaintenancePreview>;

export const MaintenanceCalendar = z.object({
  start: Timestamp,
  end: Timestamp,
  occurrences: z.array(
    z.object({
      window: z.string(),
      name: z.string(),
      reason: z.string(),
      by: z.string(),
      start: Timestamp,
      end: Timestamp,
    }),
  ),
  count: z.int(),
  /** Whether there are more than the answer may hold (2000). */
  truncated: z.boolean(),
});
export type MaintenanceCalendar = z.infer<typeof MaintenanceCalendar>;
