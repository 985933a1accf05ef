import type { Acknowledgement, Alert, RoutedAlert } from "@fleetlight/contract";

import type { AckTarget } from "../../api/acknowledge.ts";

/** One alert of the list: what a rule of ours says of it, and what the pipeline does with it. */
export interface AlertRow {
  /** The name that its address carries: the alert's id, or the fingerprint of one that came from outside. */
  key: string;
  /** Null when another system sent it. */
  alert: Alert | null;
  /** Of its labels, in the pipeline; null while the pipeline does not know it. */
  fingerprint: string | null;
  name: string;
  state: "pending" | "firing";
  severity: string;
  service: string;
  rule: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  receivers: string[];
  silencedBy: string[];
  inhibitedBy: string[];
  /** Names of the time intervals that mute it. */
  mutedBy: string[];
  /** Ids of maintenance windows. */
  maintenanceBy: string[];
  /** Fingerprints of alerts of what its service depends on. */
  dependsOn: string[];
  ack: Acknowledgement | null;
  /** ISO 8601. */
  since: string;
}

/** The labels with which an alert of ours enters the pipeline. */
const pipelineLabels = (alert: Alert): Record<string, string> => ({
  alertname: alert.name,
  severity: alert.severity,
  ...alert.labels,
});

type Routed = Pick<
  AlertRow,
  | "fingerprint"
  | "receivers"
  | "silencedBy"
  | "inhibitedBy"
  | "mutedBy"
  | "maintenanceBy"
  | "dependsOn"
>;

const routedOf = (routed: RoutedAlert | undefined): Routed => ({
  fingerprint: routed?.fingerprint ?? null,
  receivers: routed?.receivers ?? [],
  silencedBy: routed?.silenced_by ?? [],
  inhibitedBy: routed?.inhibited_by ?? [],
  mutedBy: routed?.muted_by ?? [],
  maintenanceBy: routed?.maintenance_by ?? [],
  dependsOn: routed?.depends_on ?? [],
});

const rowOfOwn = (alert: Alert, routed: RoutedAlert | undefined): AlertRow => ({
  key: alert.id,
  alert,
  name: alert.name,
  state: alert.state === "pending" ? "pending" : "firing",
  severity: alert.severity,
  service: alert.service,
  rule: alert.rule_id,
  labels: routed?.labels ?? pipelineLabels(alert),
  annotations: alert.annotations,
  ...routedOf(routed),
  ack: null,
  since: alert.fired_at ?? alert.active_at,
});

/** An alert that the pipeline knows nothing of, such as one that is over. */
export const rowOfAlert = (alert: Alert): AlertRow => rowOfOwn(alert, undefined);

const rowOfOther = (routed: RoutedAlert): AlertRow => ({
  key: routed.fingerprint,
  alert: null,
  name: routed.labels["alertname"] ?? "an alert without a name",
  state: "firing",
  severity: routed.labels["severity"] ?? "none",
  service: routed.labels["service"] ?? routed.labels["job"] ?? "",
  rule: "",
  labels: routed.labels,
  annotations: routed.annotations,
  ...routedOf(routed),
  ack: null,
  since: routed.started_at,
});

/** Joins the alerts of our rules with what the pipeline says of them, and adds those that other systems sent. */
export const joinRows = (
  own: readonly Alert[],
  routed: readonly RoutedAlert[],
  acknowledgements: readonly Acknowledgement[],
): AlertRow[] => {
  const byAlert = new Map(routed.map((one) => [one.alert_id, one]));
  const rows = own.map((alert) => rowOfOwn(alert, byAlert.get(alert.id)));
  for (const one of routed) if (one.alert_id === null) rows.push(rowOfOther(one));
  if (acknowledgements.length === 0) return rows;
  const byPrint = new Map(acknowledgements.map((ack) => [ack.fingerprint, ack]));
  const byId = new Map(acknowledgements.map((ack) => [ack.alert_id, ack]));
  return rows.map((row) => {
    const ack = byId.get(row.alert?.id ?? "") ?? byPrint.get(row.fingerprint ?? "");
    return ack === undefined ? row : { ...row, ack };
  });
};

/** What keeps an alert quiet; the first that holds, in the order in which people care. */
export const QUIETS = [
  "acknowledged",
  "silenced",
  "maintenance",
  "inhibited",
  "dependency",
  "muted",
] as const;
export type Quiet = (typeof QUIETS)[number];

export const quietWord = (row: AlertRow): Quiet | null => {
  if (row.ack !== null) return "acknowledged";
  if (row.silencedBy.length > 0) return "silenced";
  if (row.maintenanceBy.length > 0) return "maintenance";
  if (row.inhibitedBy.length > 0) return "inhibited";
  if (row.dependsOn.length > 0) return "dependency";
  return row.mutedBy.length > 0 ? "muted" : null;
};

export const targetOf = (row: AlertRow): AckTarget => ({
  key: row.key,
  fingerprint: row.fingerprint,
  alertId: row.alert?.id ?? null,
  labels: row.labels,
});
