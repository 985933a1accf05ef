import type { StoredIncident, StoredOccurrence } from "#store";

/** An incident in memory, with the alerts that it has. */
export interface LiveIncident {
  /** Changed in place; written whenever it did. */
  record: StoredIncident;
  /** By fingerprint; of an alert that fired several times the latest time. */
  members: Map<string, StoredOccurrence>;
  /** Members that fire, and how many of these are acknowledged. */
  active: number;
  acknowledged: number;
  /** Whether nobody is told of any alert that fires, and why; worked out every few seconds. */
  suppressedBy: readonly string[];
  /** Whether a step of the escalation is being done. */
  isBusy: boolean;
}

export const liveKey = (tenant: string, id: string): string => `${tenant}\n${id}`;

export const makeLive = (record: StoredIncident): LiveIncident => ({
  record,
  members: new Map(),
  active: 0,
  acknowledged: 0,
  suppressedBy: [],
  isBusy: false,
});

/** Alerts that fire, in the order in which they came. */
export const activeMembers = ({ members }: LiveIncident): StoredOccurrence[] =>
  [...members.values()].filter(({ endedAtMs }) => endedAtMs === null);

/** A new incident; it is settled when its first alert has joined, so that its beginning is told like any change. */
export const emptyRecord = (tenant: string, id: string, nowMs: number): StoredIncident => ({
  tenant,
  id,
  title: "",
  status: "resolved",
  severity: "warning",
  owner: "",
  runbookUrl: "",
  services: [],
  groupedBy: "by hand",
  groupKeys: [],
  alertsActive: 0,
  alertsTotal: 0,
  triggeredAtMs: nowMs,
  lastAlertMs: nowMs,
  acknowledgedAtMs: null,
  acknowledgedBy: null,
  acknowledgement: null,
  resolvedAtMs: null,
  resolvedBy: null,
  updatedAtMs: nowMs,
  mergedInto: null,
  escalation: null,
  entries: 0,
  entriesDropped: 0,
});
