import { z } from "zod";

import { Timestamp } from "./common.ts";
import { DurationText } from "./oncall.ts";

/**
 * Acknowledgements, incidents, history. `{id}` of an alert is its own id or, for one that came from outside, its
 * fingerprint (both are accepted for every alert).
 *
 *     POST   /api/v1/alerts/{id}/acknowledge    {by, note?, expires_at?|expires_in?}
 *     POST   /api/v1/alerts/{id}/unacknowledge  {by?}
 *     POST   /api/v1/alerts/{id}/snooze         {by, duration|until, note?}   an acknowledgement with an end
 *     POST   /api/v1/alerts/acknowledge         {ids, by, …}                  many at once
 *     POST   /api/v1/alerts/unacknowledge       {ids, by?}
 *     GET    /api/v1/alerts/acknowledgements
 *     GET    /api/v1/alerts/insights?start=&end=
 *
 *     GET    /api/v1/incidents?status=&severity=&service=&owner=&start=&end=&limit=&cursor=
 *     POST   /api/v1/incidents                              by hand: {title, severity, by, …}
 *     GET    /api/v1/incidents/{id}                         with its alerts
 *     GET    /api/v1/incidents/{id}/timeline?limit=&after=
 *     POST   /api/v1/incidents/{id}/acknowledge|unacknowledge|snooze|resolve|reopen|assign|notes|merge|split
 *     PATCH  /api/v1/incidents/{id}                         title, runbook_url
 *
 * As MAOS had them: GET /alerts/?severity=, POST /alerts/{id}/acknowledge?user=, GET /alerts/statistics,
 * GET /alerts/history?hours=.
 */
const By = z
  .string()
  .trim()
  .min(1)
  .max(128)
  .regex(/^[^\p{Cc}]+$/u, "a name has no control characters");

const Note = z.string().max(4096);

/** Body of acknowledging: `by` is the name of the token when left out. Without an end it lasts as long as the alert. */
export const AcknowledgeInput = z
  .strictObject({
    by: By.optional(),
    note: Note.default(""),
    expires_at: Timestamp.optional(),
    expires_in: DurationText.optional(),
  })
  .refine((body) => body.expires_at === undefined || body.expires_in === undefined, {
    message: "give expires_at or expires_in, not both",
    path: ["expires_in"],
  });
export type AcknowledgeInput = z.infer<typeof AcknowledgeInput>;

export const SnoozeInput = z
  .strictObject({
    by: By.optional(),
    note: Note.default(""),
    duration: DurationText.optional(),
    until: Timestamp.optional(),
  })
  .refine((body) => (body.duration === undefined) !== (body.until === undefined), {
    message: "give either duration or until",
    path: ["duration"],
  });
export type SnoozeInput = z.infer<typeof SnoozeInput>;

/** Body of what needs nothing but who does it. */
export const ByInput = z.strictObject({ by: By.optional() });
export type ByInput = z.infer<typeof ByInput>;

const AlertIds = z.array(z.string().min(1).max(512)).min(1).max(5000);

export const BulkAcknowledgeInput = z.strictObject({
  ids: AlertIds,
  by: By.optional(),
  note: Note.default(""),
  expires_at: Timestamp.optional(),
  expires_in: DurationText.optional(),
});
export type BulkAcknowledgeInput = z.infer<typeof BulkAcknowledgeInput>;

export const BulkUnacknowledgeInput = z.strictObject({ ids: AlertIds, by: By.optional() });
export type BulkUnacknowledgeInput = z.infer<typeof BulkUnacknowledgeInput>;

export const Acknowledgement = z.object({
  fingerprint: z.string(),
  /** Id of our own alert; null for one that came from outside. */
  alert_id: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  by: z.string(),
  note: z.string(),
  at: Timestamp,
  /** Null: as long as the alert lasts. */
  expires_at: Timestamp.nullable(),
  /** `snooze`: made to go away again. */
  kind: z.enum(["acknowledge", "snooze"]),
  /** The incident that was acknowledged as a whole; null for an alert alone. */
  incident: z.string().nullable(),
});
export type Acknowledgement = z.infer<typeof Acknowledgement>;

export const AcknowledgementList = z.object({
  acknowledgements: z.array(Acknowledgement),
  count: z.int(),
});
export type AcknowledgementList = z.infer<typeof AcknowledgementList>;

/** `not_found` has the ids that are no active alert; the others were changed all the same. */
export const BulkResult = z.object({ changed: z.int(), not_found: z.array(z.string()) });
export type BulkResult = z.infer<typeof BulkResult>;

export const IncidentStatus = z.enum(["triggered", "acknowledged", "resolved"]);
export type IncidentStatus = z.infer<typeof IncidentStatus>;

export const IncidentAlert = z.object({
  fingerprint: z.string(),
  alert_id: z.string().nullable(),
  name: z.string(),
  severity: z.string(),
  service: z.string(),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
  status: z.enum(["firing", "resolved"]),
  started_at: Timestamp,
  ended_at: Timestamp.nullable(),
  acknowledgement: Acknowledgement.nullable(),
  /** Why nobody is told of it now, such as `silence 4f…`, `maintenance Database upgrade`. */
  suppressed_by: z.array(z.string()),
});
export type IncidentAlert = z.infer<typeof IncidentAlert>;

/** Where the escalation of an incident stands. */
export const EscalationState = z.object({
  /** Null: the default of the severity. */
  policy: z.string().nullable(),
  name: z.string(),
  status: z.enum(["waiting", "held", "stopped", "finished"]),
  /** Why it is held, was stopped or has ended. */
  reason: z.string(),
  /** Index of the step that comes next, and of how many. */
  step: z.int(),
  steps: z.int(),
  /** Which run through the steps, from 1. */
  round: z.int(),
  next_at: Timestamp.nullable(),
});
export type EscalationState = z.infer<typeof EscalationState>;

export const Incident = z.object({
  id: z.string(),
  title: z.string(),
  status: IncidentStatus,
  /** The worst that any of its alerts had. */
  severity: z.string(),
  /** Who cares for it: assigned by hand, or the label or annotation `owner`. */
  owner: z.string(),
  /** Label or annotation `runbook_url` of an alert, or what was set by hand. */
  runbook_url: z.string(),
  services: z.array(z.string()),
  /** Why its alerts belong together: `group {…}`, `service api`, `by hand`. */
  grouped_by: z.string(),
  alerts_active: z.int(),
  alerts_total: z.int(),
  triggered_at: Timestamp,
  acknowledged_at: Timestamp.nullable(),
  acknowledged_by: z.string().nullable(),
  resolved_at: Timestamp.nullable(),
  /** Null: it ended because its alerts did. */
  resolved_by: z.string().nullable(),
  updated_at: Timestamp,
  /** The incident that this one was merged into. */
  merged_into: z.string().nullable(),
  escalation: EscalationState.nullable(),
});
export type Incident = z.infer<typeof Incident>;

export const IncidentDetail = z.object({ ...Incident.shape, alerts: z.array(IncidentAlert) });
export type IncidentDetail = z.infer<typeof IncidentDetail>;

/** Newest first; `next_cursor` is given back as `cursor` for the next page. */
export const IncidentList = z.object({
  incidents: z.array(Incident),
  count: z.int(),
  next_cursor: z.string().nullable(),
});
export type IncidentList = z.infer<typeof IncidentList>;

export const TIMELINE_KINDS = [
  "alert_firing",
  "alert_resolved",
  "status",
  "severity",
  "acknowledged",
  "unacknowledged",
  "acknowledgement_expired",
  "suppressed",
  "unsuppressed",
  "notification",
  "escalation",
  "assigned",
  "note",
  "merged",
  "split",
  "changed",
] as const;

export const TimelineEntry = z.object({
  /** Ascending within an incident. */
  number: z.int(),
  at: Timestamp,
  kind: z.enum(TIMELINE_KINDS),
  /** Who did it; an empty string for the server itself. */
  by: z.string(),
  text: z.string(),
  attributes: z.record(z.string(), z.string()),
});
export type TimelineEntry = z.infer<typeof TimelineEntry>;

/** Oldest first. */
export const Timeline = z.object({
  entries: z.array(TimelineEntry),
  count: z.int(),
  /** Entries beyond the limit of an incident that were not kept. */
  dropped: z.int(),
});
export type Timeline = z.infer<typeof Timeline>;

/** Body of `POST /api/v1/incidents`: an incident that no alert began. */
export const IncidentInput = z.strictObject({
  title: z.string().trim().min(1).max(512),
  severity: z.enum(["critical", "high", "error", "warning", "medium", "low", "info"]),
  by: By.optional(),
  note: Note.default(""),
  owner: z.string().max(256).default(""),
  runbook_url: z.string().max(2048).default(""),
  services: z.array(z.string().min(1).max(128)).max(100).default([]),
  /** Ids of active alerts that are moved into it. */
  alerts: z.array(z.string().min(1).max(512)).max(1000).default([]),
});
export type IncidentInput = z.infer<typeof IncidentInput>;

export const IncidentPatch = z.strictObject({
  by: By.optional(),
  title: z.string().trim().min(1).max(512).optional(),
  runbook_url: z.string().max(2048).optional(),
});
export type IncidentPatch = z.infer<typeof IncidentPatch>;

/** An empty owner takes it back. */
export const AssignInput = z.strictObject({ by: By.optional(), owner: z.string().max(256) });
export type AssignInput = z.infer<typeof AssignInput>;

export const NoteInput = z.strictObject({
  by: By.optional(),
  text: z.string().trim().min(1).max(16_384),
});
export type NoteInput = z.infer<typeof NoteInput>;

/** Moves the alerts of these incidents here and closes them. */
export const MergeInput = z.strictObject({
  by: By.optional(),
  incidents: z.array(z.string().min(1).max(128)).min(1).max(100),
});
export type MergeInput = z.infer<typeof MergeInput>;

/** Moves these alerts into a new incident, which is answered. */
export const SplitInput = z.strictObject({
  by: By.optional(),
  alerts: z.array(z.string().min(1).max(512)).min(1).max(1000),
  title: z.string().trim().min(1).max(512).optional(),
});
export type SplitInput = z.infer<typeof SplitInput>;

const Tally = z.object({
  key: z.string(),
  alerts: z.int(),
  /** Means over those that have ended, or were acknowledged; null without any. */
  mtta_seconds: z.number().nullable(),
  mttr_seconds: z.number().nullable(),
});

/** Answer of `GET /api/v1/alerts/insights`: alerts that began in the range. Lists are ordered by `alerts`, at most 50. */
export const AlertInsights = z.object({
  start: Timestamp,
  end: Timestamp,
  alerts: z.int(),
  resolved: z.int(),
  acknowledged: z.int(),
  incidents: z.int(),
  /** Seconds from the beginning of an alert to its acknowledgement, and to its end. */
  mtta_seconds: z.number().nullable(),
  mttr_seconds: z.number().nullable(),
  by_rule: z.array(Tally),
  by_service: z.array(Tally),
  by_severity: z.array(Tally),
  /** 24 numbers, hour 0 to 23 in UTC. */
  by_hour: z.array(z.int()),
  /** Alerts a day, for days (UTC) of the range; at most the latest 400. */
  by_day: z.array(z.object({ day: z.string(), alerts: z.int() })),
  /** Series that fired most often, each with how often. */
  flapping: z.array(
    z.object({
      fingerprint: z.string(),
      name: z.string(),
      service: z.string(),
      alerts: z.int(),
      mean_active_seconds: z.number().nullable(),
    }),
  ),
  acknowledged_by: z.array(
    z.object({ by: z.string(), acknowledgements: z.int(), mtta_seconds: z.number().nullable() }),
  ),
});
export type AlertInsights = z.infer<typeof AlertInsights>;

/** An alert as MAOS answered it. */
export const MaosAlert = z.object({
  id: z.string(),
  name: z.string(),
  /** Ends with `(Value: v, Threshold: t)`. */
  description: z.string(),
  severity: z.enum(["low", "medium", "high", "critical"]),
  status: z.enum(["active", "resolved", "acknowledged", "suppressed"]),
  component: z.string(),
  metric_name: z.string(),
  metric_value: z.number().nullable(),
  threshold: z.number().nullable(),
  condition: z.string(),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
  created_at: Timestamp,
  updated_at: Timestamp,
  resolved_at: Timestamp.nullable(),
  acknowledged_at: Timestamp.nullable(),
  acknowledged_by: z.string().nullable(),
  duration_seconds: z.number(),
});
export type MaosAlert = z.infer<typeof MaosAlert>;

export const MaosAlertList = z.object({
  alerts: z.array(MaosAlert),
  total_count: z.int(),
  timestamp: Timestamp,
});
export type MaosAlertList = z.infer<typeof MaosAlertList>;

export const MaosAlertHistory = z.object({
  alerts: z.array(MaosAlert),
  total_count: z.int(),
  time_range_hours: z.number(),
  timestamp: Timestamp,
});
export type MaosAlertHistory = z.infer<typeof MaosAlertHistory>;

export const MaosAlertStatistics = z.object({
  active_alerts_count: z.int(),
  resolved_alerts_count: z.int(),
  total_rules: z.int(),
  enabled_rules: z.int(),
  suppressed_rules: z.int(),
  notification_channels: z.int(),
  active_alerts_by_severity: z.record(z.string(), z.int()),
  recent_alerts_by_severity: z.record(z.string(), z.int()),
  alerts_last_24h: z.int(),
});
export type MaosAlertStatistics = z.infer<typeof MaosAlertStatistics>;
