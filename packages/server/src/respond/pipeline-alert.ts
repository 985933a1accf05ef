import type { Alert } from "@fleetlight/contract";
import { isoTime } from "#lib";

import type { PostedAlert } from "./alertmanager.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { NotifiedAlert, PipelineAlert } from "./types.ts";

/** What Alertmanager writes for an alert that has not ended. */
const NOT_ENDED = "0001-01-01T00:00:00Z";

export const hasEnded = ({ endsAtMs }: PipelineAlert, nowMs: number): boolean => endsAtMs <= nowMs;

const withoutEmpty = (labels: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ""));

/** Labels of our own alert as receivers expect them: what identifies it wins over the series. */
const labelsOf = (alert: Alert): Record<string, string> =>
  withoutEmpty({
    severity: alert.severity,
    service: alert.service,
    ...alert.labels,
    alertname: alert.labels["alertname"] ?? alert.name,
    // Several rules of ours may share a name; those of rule files are told apart by upstream's rules alone.
    ...(alert.rule_id.includes("/") ? {} : { rule_id: alert.rule_id }),
  });

/** Our own alert that fires or is over, on its way to people. */
export function fromRule(
  tenant: string,
  alert: Alert,
  { externalUrl, cooldownMs }: { externalUrl: string; cooldownMs: number },
): PipelineAlert {
  const labels = labelsOf(alert);
  return {
    tenant,
    fingerprint: fingerprintOf(labels),
    labels,
    annotations: alert.annotations,
    startsAtMs: Date.parse(alert.active_at),
    endsAtMs: alert.resolved_at === null ? Infinity : Date.parse(alert.resolved_at),
    updatedAtMs: Date.parse(alert.updated_at),
    generatorUrl: `${externalUrl}/dashboard/alerts/${encodeURIComponent(alert.id)}`,
    alertId: alert.id,
    timesOut: false,
    cooldownMs,
  };
}

/** An alert from outside, its missing times filled in as upstream does. */
export function fromPosted(
  tenant: string,
  posted: PostedAlert,
  { nowMs, resolveTimeoutMs }: { nowMs: number; resolveTimeoutMs: number },
): PipelineAlert {
  const labels = withoutEmpty(posted.labels);
  return {
    tenant,
    fingerprint: fingerprintOf(labels),
    labels,
    annotations: withoutEmpty(posted.annotations),
    startsAtMs: posted.startsAtMs ?? posted.endsAtMs ?? nowMs,
    endsAtMs: posted.endsAtMs ?? nowMs + resolveTimeoutMs,
    updatedAtMs: nowMs,
    generatorUrl: posted.generatorUrl ?? "",
    alertId: null,
    timesOut: posted.endsAtMs === undefined,
    cooldownMs: 0,
  };
}

/** Whether two reports of an alert are about one occurrence: their times overlap. */
const overlap = (former: PipelineAlert, next: PipelineAlert): boolean =>
  (next.endsAtMs > former.startsAtMs && next.endsAtMs < former.endsAtMs) ||
  (next.startsAtMs > former.startsAtMs && next.startsAtMs < former.endsAtMs);

/**
 * What is known after a new report, by upstream's rules: within one occurrence the earliest start counts, an end that
 * was given counts more than one that only times out, and of two ends the later one.
 */
export function mergeAlert(
  former: PipelineAlert | undefined,
  next: PipelineAlert,
  nowMs: number,
): PipelineAlert {
  if (!former || !overlap(former, next)) return next;
  const startsAtMs = Math.min(former.startsAtMs, next.startsAtMs);
  const isLater = former.endsAtMs > next.endsAtMs;
  const keepsEnd = hasEnded(next, nowMs) ? hasEnded(former, nowMs) : !former.timesOut;
  return { ...next, startsAtMs, endsAtMs: isLater && keepsEnd ? former.endsAtMs : next.endsAtMs };
}

/** An alert as notifications tell of it at that time. */
export function notifiedAlert(alert: PipelineAlert, nowMs: number): NotifiedAlert {
  const ended = hasEnded(alert, nowMs);
  return {
    status: ended ? "resolved" : "firing",
    labels: { ...alert.labels },
    annotations: { ...alert.annotations },
    startsAt: isoTime(alert.startsAtMs),
    endsAt: ended ? isoTime(alert.endsAtMs) : NOT_ENDED,
    generatorURL: alert.generatorUrl,
    fingerprint: alert.fingerprint,
  };
}

/** The other way round, for an alert that only a notification still knows: it is over. */
export const fromNotified = (
  tenant: string,
  alert: NotifiedAlert,
  { endedAtMs, alertId }: { endedAtMs: number; alertId: string | null },
): PipelineAlert => ({
  tenant,
  fingerprint: alert.fingerprint,
  labels: alert.labels,
  annotations: alert.annotations,
  startsAtMs: Date.parse(alert.startsAt),
  endsAtMs: endedAtMs,
  updatedAtMs: endedAtMs,
  generatorUrl: alert.generatorURL,
  alertId,
  timesOut: false,
  cooldownMs: 0,
});
