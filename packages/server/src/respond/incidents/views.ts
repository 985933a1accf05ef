import type {
  Acknowledgement,
  AlertInsights,
  EscalationState,
  Incident,
  IncidentAlert,
  TimelineEntry,
} from "@fleetlight/contract";
import { badRequest, isoTime } from "#lib";
import type {
  InsightRows,
  StoredAcknowledgement,
  StoredEntry,
  StoredEscalation,
  StoredIncident,
  StoredOccurrence,
  TallyRow,
} from "#store";

const isoOrNull = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));
const secondsOrNull = (ms: number | null): number | null => (ms === null ? null : ms / 1000);

export const showAcknowledgement = (one: StoredAcknowledgement): Acknowledgement => ({
  fingerprint: one.fingerprint,
  alert_id: one.alertId,
  labels: { ...one.labels },
  by: one.by,
  note: one.note,
  at: isoTime(one.atMs),
  expires_at: isoOrNull(one.expiresAtMs),
  kind: one.kind,
  incident: one.incident,
});

const showEscalation = (run: StoredEscalation): EscalationState => ({
  policy: run.policy,
  name: run.name,
  status: run.status,
  reason: run.reason,
  step: run.step,
  steps: run.steps.length,
  round: run.round,
  next_at: isoOrNull(run.nextAtMs),
});

export const showIncident = (record: StoredIncident): Incident => ({
  id: record.id,
  title: record.title,
  status: record.status,
  severity: record.severity,
  owner: record.owner,
  runbook_url: record.runbookUrl,
  services: [...record.services],
  grouped_by: record.groupedBy,
  alerts_active: record.alertsActive,
  alerts_total: record.alertsTotal,
  triggered_at: isoTime(record.triggeredAtMs),
  acknowledged_at: isoOrNull(record.acknowledgedAtMs),
  acknowledged_by: record.acknowledgedBy,
  resolved_at: isoOrNull(record.resolvedAtMs),
  resolved_by: record.resolvedBy,
  updated_at: isoTime(record.updatedAtMs),
  merged_into: record.mergedInto,
  escalation: record.escalation && showEscalation(record.escalation),
});

export const showAlert = (
  one: StoredOccurrence,
  acknowledgement: StoredAcknowledgement | undefined,
  suppressedBy: readonly string[],
): IncidentAlert => ({
  fingerprint: one.fingerprint,
  alert_id: one.alertId,
  name: one.name,
  severity: one.severity,
  service: one.service,
  labels: { ...one.labels },
  annotations: { ...one.annotations },
  status: one.endedAtMs === null ? "firing" : "resolved",
  started_at: isoTime(one.startedAtMs),
  ended_at: isoOrNull(one.endedAtMs),
  acknowledgement: acknowledgement ? showAcknowledgement(acknowledgement) : null,
  suppressed_by: [...suppressedBy],
});

export const showEntry = (entry: StoredEntry): TimelineEntry => ({
  number: entry.number,
  at: isoTime(entry.atMs),
  kind: entry.kind,
  by: entry.by,
  text: entry.text,
  attributes: { ...entry.attributes },
});

const showTally = ({ key, alerts, mttaMs, mttrMs }: TallyRow) => ({
  key,
  alerts,
  mtta_seconds: secondsOrNull(mttaMs),
  mttr_seconds: secondsOrNull(mttrMs),
});

const MAX_INSIGHT_MS = 400 * 86_400_000;

/** @throws FleetlightError `bad_request` for a range that is empty or too long. */
export function checkInsightRange(startMs: number, endMs: number): void {
  if (!(endMs > startMs)) throw badRequest("`end` must be after `start`");
  if (endMs - startMs > MAX_INSIGHT_MS) throw badRequest("insights are of at most 400 days");
}

export const showInsights = (rows: InsightRows, startMs: number, endMs: number): AlertInsights => ({
  start: isoTime(startMs),
  end: isoTime(endMs),
  alerts: rows.total.alerts,
  resolved: rows.total.resolved,
  acknowledged: rows.total.acknowledged,
  incidents: rows.incidents,
  mtta_seconds: secondsOrNull(rows.total.mttaMs),
  mttr_seconds: secondsOrNull(rows.total.mttrMs),
  by_rule: rows.byRule.map(showTally),
  by_service: rows.byService.map(showTally),
  by_severity: rows.bySeverity.map(showTally),
  by_hour: Array.from(
    { length: 24 },
    (_, hour) => rows.byHour.find((one) => one.hour === hour)?.alerts ?? 0,
  ),
  by_day: rows.byDay.map(({ day, alerts }) => ({
    day: isoTime(day * 86_400_000).slice(0, 10),
    alerts,
  })),
  flapping: rows.flapping.map(({ meanActiveMs, ...one }) => ({
    ...one,
    mean_active_seconds: secondsOrNull(meanActiveMs),
  })),
  acknowledged_by: rows.acknowledgedBy.map(({ by, acknowledgements, mttaMs }) => ({
    by,
    acknowledgements,
    mtta_seconds: secondsOrNull(mttaMs),
  })),
});
