import { createHash } from "node:crypto";

import { isoTime } from "#lib";
import type { StoredOccurrence } from "#store";

import type { Notification, NotifiedAlert } from "../types.ts";
import type { LiveIncident } from "./live.ts";

/** Alerts in one notification of an escalation; the incident has the rest. */
const MAX_ALERTS = 200;

const NOT_ENDED = "0001-01-01T00:00:00Z";

/** Whom a notification goes to, and which group of alerts it is about. */
export interface Destination {
  receiver: string;
  integration: string;
  groupKey: string;
  groupLabels: Record<string, string>;
}

export interface Occasion {
  /** Names the step of one run, so that a repetition after a crash is recognised. */
  key: string;
  status: "firing" | "resolved";
  /** Why it is sent, which the annotation `escalation` of every alert says. */
  mark: string;
  externalUrl: string;
  nowMs: number;
}

/** An incident that somebody made by hand has no alert; people are told of it all the same. */
const alertOfIncident = ({ record }: LiveIncident): NotifiedAlert => ({
  status: record.status === "resolved" ? "resolved" : "firing",
  labels: { alertname: record.title, severity: record.severity, incident: record.id },
  annotations: { summary: record.title },
  startsAt: isoTime(record.triggeredAtMs),
  endsAt: record.resolvedAtMs === null ? NOT_ENDED : isoTime(record.resolvedAtMs),
  generatorURL: "",
  fingerprint: createHash("sha256").update(record.id).digest("hex").slice(0, 16),
});

const notified = (one: StoredOccurrence): NotifiedAlert => ({
  status: one.endedAtMs === null ? "firing" : "resolved",
  labels: { ...one.labels },
  annotations: { ...one.annotations },
  startsAt: isoTime(one.startedAtMs),
  endsAt: one.endedAtMs === null ? NOT_ENDED : isoTime(one.endedAtMs),
  generatorURL: "",
  fingerprint: one.fingerprint,
});

/** What all of them have, with the same value. */
function common(sets: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const [first = {}, ...rest] = sets;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => rest.every((set) => set[name] === value)),
  );
}

/** A notification about alerts of an incident. The same occasion and destination give the same id, whatever it says. */
export function makeNotification(
  live: LiveIncident,
  members: readonly StoredOccurrence[],
  destination: Destination,
  { key, status, mark, externalUrl, nowMs }: Occasion,
): Notification {
  const { tenant, id } = live.record;
  const { receiver, integration, groupKey, groupLabels } = destination;
  const plain =
    members.length === 0 ? [alertOfIncident(live)] : members.slice(0, MAX_ALERTS).map(notified);
  const incidentUrl = `${externalUrl}/dashboard/incidents/${encodeURIComponent(id)}`;
  const alerts = plain.map((alert) => ({
    ...alert,
    status,
    annotations: { ...alert.annotations, escalation: mark, incident_url: incidentUrl },
  }));
  return {
    id: createHash("sha256")
      .update(JSON.stringify([tenant, id, key, receiver, integration, groupKey]))
      .digest("hex")
      .slice(0, 32),
    tenant,
    receiver,
    integration,
    groupKey,
    status,
    alerts,
    groupLabels,
    commonLabels: common(alerts.map(({ labels }) => labels)),
    commonAnnotations: common(alerts.map(({ annotations }) => annotations)),
    externalUrl,
    createdAtMs: nowMs,
    reason: "escalation",
  };
}
