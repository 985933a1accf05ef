import type { EscalationStep, IncidentStatus, TimelineEntry } from "@fleetlight/contract";

/** Who takes care, of one alert or of an incident as a whole. */
export interface StoredAcknowledgement {
  tenant: string;
  fingerprint: string;
  alertId: string | null;
  labels: Readonly<Record<string, string>>;
  by: string;
  note: string;
  atMs: number;
  /** Null: as long as the alert lasts. */
  expiresAtMs: number | null;
  kind: "acknowledge" | "snooze";
  /** The incident that was acknowledged as a whole. */
  incident: string | null;
}

/** Where an escalation stands; everything that it needs to go on after a crash. */
export interface StoredEscalation {
  /** Null: the default of the severity. */
  policy: string | null;
  name: string;
  /** As they were when it began, so that a change of the policy does not move what is under way. */
  steps: readonly EscalationStep[];
  status: "waiting" | "held" | "stopped" | "finished";
  reason: string;
  /** Index of the step that comes next. */
  step: number;
  /** Which run through the steps, from 1. */
  round: number;
  /** Counts beginnings of one incident, so that notifications of a second one have ids of their own. */
  run: number;
  startedAtMs: number;
  /** When the former step ended; a wait counts from here. */
  readyAtMs: number;
  nextAtMs: number | null;
  /** Attempts of the step that comes next. */
  attempts: number;
  /** Further ways to reach people that were told, each with its moment. */
  later: readonly { atMs: number; person: string; method: number; key: string }[];
  /** Integrations of people that were told, who hear of the end too. */
  told: readonly { receiver: string; integration: string }[];
}

export interface StoredIncident {
  tenant: string;
  id: string;
  title: string;
  status: IncidentStatus;
  severity: string;
  owner: string;
  runbookUrl: string;
  services: readonly string[];
  groupedBy: string;
  /** Keys of the groups of its alerts; the latest 20. */
  groupKeys: readonly string[];
  alertsActive: number;
  alertsTotal: number;
  triggeredAtMs: number;
  /** When its latest alert began. */
  lastAlertMs: number;
  acknowledgedAtMs: number | null;
  acknowledgedBy: string | null;
  /** Of the incident as a whole: it covers alerts that come later and are no worse. */
  acknowledgement: {
    by: string;
    note: string;
    atMs: number;
    expiresAtMs: number | null;
    severity: string;
    kind: "acknowledge" | "snooze";
  } | null;
  resolvedAtMs: number | null;
  /** Null: it ended because its alerts did. */
  resolvedBy: string | null;
  updatedAtMs: number;
  mergedInto: string | null;
  escalation: StoredEscalation | null;
  /** Number of its latest entry in the timeline. */
  entries: number;
  entriesDropped: number;
}

export interface StoredEntry {
  tenant: string;
  incident: string;
  number: number;
  atMs: number;
  kind: TimelineEntry["kind"];
  /** An empty string for the server itself. */
  by: string;
  text: string;
  attributes: Readonly<Record<string, string>>;
}

/** One time that an alert fired; its tenant, fingerprint and start name it. */
export interface StoredOccurrence {
  tenant: string;
  fingerprint: string;
  startedAtMs: number;
  endedAtMs: number | null;
  incident: string;
  alertId: string | null;
  name: string;
  service: string;
  severity: string;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** The first acknowledgement. */
  acknowledgedAtMs: number | null;
  acknowledgedBy: string | null;
}

/** Everything that one step changed; written together or not at all. */
export interface IncidentChanges {
  incidents: readonly StoredIncident[];
  occurrences: readonly StoredOccurrence[];
  entries: readonly StoredEntry[];
  acknowledgements: readonly StoredAcknowledgement[];
  removedAcknowledgements: readonly { tenant: string; fingerprint: string }[];
}

export interface IncidentFilter {
  statuses?: readonly IncidentStatus[] | undefined;
  severities?: readonly string[] | undefined;
  owner?: string | undefined;
  /** One of its alerts has this service. */
  service?: string | undefined;
  /** Triggered in this range, end exclusive. */
  startMs?: number | undefined;
  endMs?: number | undefined;
  /** Only those behind this one, which was the last of the former page. */
  after?: { triggeredAtMs: number; id: string } | undefined;
  limit: number;
}

export interface IncidentLimits {
  /** Incidents and occurrences that ended before then are dropped. */
  endedBeforeMs: number;
  maxIncidentsPerTenant: number;
  maxOccurrencesPerTenant: number;
}

export interface TallyRow {
  key: string;
  alerts: number;
  mttaMs: number | null;
  mttrMs: number | null;
}

/** Figures of the alerts that began in a range; lists by number, largest first. */
export interface InsightRows {
  total: {
    alerts: number;
    resolved: number;
    acknowledged: number;
    mttaMs: number | null;
    mttrMs: number | null;
  };
  incidents: number;
  byRule: TallyRow[];
  byService: TallyRow[];
  bySeverity: TallyRow[];
  /** Hour of the day in UTC. */
  byHour: { hour: number; alerts: number }[];
  /** Days since 1970-01-01 in UTC, in order; the latest 400. */
  byDay: { day: number; alerts: number }[];
  flapping: {
    fingerprint: string;
    name: string;
    service: string;
    alerts: number;
    meanActiveMs: number | null;
  }[];
  acknowledgedBy: { by: string; acknowledgements: number; mttaMs: number | null }[];
}

export interface IncidentRepository {
  /** Incidents of all tenants that are not resolved, were resolved since then, or have alerts that fire; oldest first. */
  open(resolvedSinceMs: number): Promise<StoredIncident[]>;
  /** Occurrences of these incidents; at most the limit, the latest ones. */
  occurrences(tenant: string, incident: string, limit: number): Promise<StoredOccurrence[]>;
  acknowledgements(): Promise<StoredAcknowledgement[]>;
  /** Replaces by key. One transaction. */
  write(changes: IncidentChanges): Promise<void>;
  get(tenant: string, id: string): Promise<StoredIncident | undefined>;
  /** Newest first. */
  list(tenant: string, filter: IncidentFilter): Promise<StoredIncident[]>;
  /** Oldest first, with a number above `after`. */
  entries(tenant: string, incident: string, after: number, limit: number): Promise<StoredEntry[]>;
  insights(tenant: string, startMs: number, endMs: number): Promise<InsightRows>;
  /** Drops what is beyond the limits. @returns rows dropped. */
  prune(limits: IncidentLimits): Promise<number>;
}
