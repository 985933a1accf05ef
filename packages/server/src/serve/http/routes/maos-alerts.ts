import {
  MaosAlertHistory,
  MaosAlertList,
  MaosAlertStatistics,
  type Alert,
  type MaosAlert,
} from "@fleetlight/contract";
import { z } from "zod";

import { isoTime } from "#lib";
import { maosSeverity, type AlertStatus, type AlertView } from "#respond";

import type { Doors } from "../../doors.ts";
import type { App } from "../app-type.ts";
import { tenantOf } from "../tenant.ts";
import { audit, whoOf } from "./who.ts";

const tags = ["as MAOS"];

/** Alerts that one answer holds; MAOS kept no more. */
const MAX_ALERTS = 10_000;
const MAX_HISTORY = 1000;
/** Alerts that are put together without letting others run. */
const PORTION = 200;

const HOUR_MS = 3_600_000;
const SEVERITIES = ["low", "medium", "high", "critical"] as const;

const WORDS: Readonly<Record<string, string>> = {
  ">": "gt",
  ">=": "gte",
  "<": "lt",
  "<=": "lte",
  "==": "eq",
  "!=": "ne",
};

const isSuppressed = (status: AlertStatus): boolean =>
  status.silencedBy.length + status.maintenanceBy.length + status.inhibitedBy.length > 0;

/** What MAOS showed in brackets after the description of a rule of its kind. */
const measured = (text: string, value: number | null, threshold: number | null): string =>
  value === null && threshold === null
    ? text
    : `${text} (Value: ${value ?? "none"}, Threshold: ${threshold ?? "none"})`;

const secondsBetween = (from: string, toMs: number): number =>
  Math.max(0, (toMs - Date.parse(from)) / 1000);

/** Annotations say it best; a rule's name is better than nothing. */
const textOf = (annotations: Readonly<Record<string, string>>, name: string): string =>
  annotations["description"] ?? annotations["summary"] ?? name;

/** An alert of a rule of ours that is over. */
function showPast(alert: Alert): MaosAlert {
  const endMs = Date.parse(alert.resolved_at ?? alert.updated_at);
  const threshold = alert.threshold ?? null;
  return {
    id: alert.id,
    name: alert.name,
    description: measured(textOf(alert.annotations, alert.name), alert.value, threshold),
    severity: maosSeverity(alert.severity),
    status: "resolved",
    component: alert.service,
    metric_name: alert.metric,
    metric_value: alert.value,
    threshold,
    condition: WORDS[alert.condition] ?? alert.condition,
    labels: alert.labels,
    annotations: alert.annotations,
    created_at: alert.fired_at ?? alert.active_at,
    updated_at: alert.updated_at,
    resolved_at: alert.resolved_at,
    acknowledged_at: null,
    acknowledged_by: null,
    duration_seconds: secondsBetween(alert.fired_at ?? alert.active_at, endMs),
  };
}

/** What only an alert of a rule of ours has. */
const factsOf = (own: Alert | undefined) =>
  own === undefined
    ? { metric_name: "", metric_value: null, threshold: null, condition: "" }
    : {
        metric_name: own.metric,
        metric_value: own.value,
        threshold: own.threshold ?? null,
        condition: WORDS[own.condition] ?? own.condition,
      };

/** Puts together what MAOS knew of an alert that fires, whoever raised it. */
function showActive(
  doors: Doors,
  tenant: string,
  view: AlertView,
  own: Alert | undefined,
): MaosAlert {
  const { alert, status } = view;
  const { labels, annotations } = alert;
  const { alertname: name = alert.fingerprint, severity = "warning" } = labels;
  const taken = doors.onCall.incidents.acknowledgementOf(tenant, alert.fingerprint);
  const facts = factsOf(own);
  const createdAt = own?.fired_at ?? isoTime(alert.startsAtMs);
  const untaken = isSuppressed(status) ? "suppressed" : "active";
  return {
    id: alert.alertId ?? alert.fingerprint,
    name,
    description: measured(textOf(annotations, name), facts.metric_value, facts.threshold),
    severity: maosSeverity(severity),
    status: taken ? "acknowledged" : untaken,
    component: labels["component"] ?? labels["service"] ?? "",
    ...facts,
    labels: { ...labels },
    annotations: { ...annotations },
    created_at: createdAt,
    updated_at: isoTime(alert.updatedAtMs),
    resolved_at: null,
    acknowledged_at: taken?.at ?? null,
    acknowledged_by: taken?.by ?? null,
    duration_seconds: secondsBetween(createdAt, doors.now()),
  };
}

const severityOf = ({ alert }: AlertView) => maosSeverity(alert.labels["severity"] ?? "warning");

/** Alerts that fire, newest first; long lists are made in portions, so that nobody waits for them. */
async function activeAlerts(
  doors: Doors,
  tenant: string,
  severity: MaosAlert["severity"] | undefined,
): Promise<MaosAlert[]> {
  const own = new Map(doors.alerts.active(tenant).map((alert) => [alert.id, alert]));
  const views = (await doors.alertmanager.alerts(tenant))
    .filter((view) => severity === undefined || severityOf(view) === severity)
    .toSorted((a, b) => b.alert.startsAtMs - a.alert.startsAtMs)
    .slice(0, MAX_ALERTS);
  const alerts: MaosAlert[] = [];
  for (const view of views) {
    alerts.push(showActive(doors, tenant, view, own.get(view.alert.alertId ?? "")));
    if (alerts.length % PORTION === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return alerts;
}

/** How many there are of each severity, all four always among them. */
function bySeverity(views: readonly AlertView[]): Record<string, number> {
  const counts: Record<string, number> = { low: 0, medium: 0, high: 0, critical: 0 };
  for (const view of views) {
    const severity = severityOf(view);
    counts[severity] = (counts[severity] ?? 0) + 1;
  }
  return counts;
}

async function statistics(doors: Doors, tenant: string): Promise<MaosAlertStatistics> {
  const nowMs = doors.now();
  const active = await doors.alertmanager.alerts(tenant);
  const day = await doors.onCall.incidents.insights(tenant, nowMs - 24 * HOUR_MS, nowMs + 1);
  const rules = doors.rules.list(tenant);
  const recent = bySeverity([]);
  for (const { key, alerts } of day.by_severity) {
    const severity = maosSeverity(key);
    recent[severity] = (recent[severity] ?? 0) + alerts;
  }
  const suppressed = active.filter(({ status }) => isSuppressed(status));
  return {
    active_alerts_count: active.length,
    resolved_alerts_count: day.resolved,
    total_rules: rules.length,
    enabled_rules: rules.filter(({ enabled }) => enabled).length,
    suppressed_rules: new Set(suppressed.map(({ alert }) => alert.labels["alertname"])).size,
    notification_channels: doors.alertmanager.channels().length,
    active_alerts_by_severity: bySeverity(active),
    recent_alerts_by_severity: recent,
    alerts_last_24h: day.alerts,
  };
}

/** The views of MAOS; what is new is under /api/v1. */
// oxlint-disable-next-line max-lines-per-function -- a list of routes, each a few lines
export function maosAlertRoutes(app: App, doors: Doors): void {
  app.route({
    method: "GET",
    url: "/alerts",
    schema: {
      tags,
      summary: "Alerts that fire",
      querystring: z.object({ severity: z.enum(SEVERITIES).optional() }),
      response: { 200: MaosAlertList },
    },
    handler: async (request) => {
      const { severity } = request.query;
      const alerts = await activeAlerts(doors, tenantOf(request), severity);
      return { alerts, total_count: alerts.length, timestamp: isoTime(doors.now()) };
    },
  });

  app.route({
    method: "GET",
    url: "/alerts/statistics",
    schema: { tags, summary: "How many alerts there are", response: { 200: MaosAlertStatistics } },
    handler: (request) => statistics(doors, tenantOf(request)),
  });

  app.route({
    method: "GET",
    url: "/alerts/history",
    schema: {
      tags,
      summary: "Alerts of rules that ended in the last hours, latest first",
      querystring: z.object({ hours: z.coerce.number().min(0.01).max(168).default(24) }),
      response: { 200: MaosAlertHistory },
    },
    handler: async (request) => {
      const { hours } = request.query;
      const past = await doors.alerts.history(tenantOf(request), { hours, limit: MAX_HISTORY });
      return {
        alerts: past.map(showPast),
        total_count: past.length,
        time_range_hours: hours,
        timestamp: isoTime(doors.now()),
      };
    },
  });

  app.route({
    method: "POST",
    url: "/alerts/:id/acknowledge",
    schema: {
      tags,
      summary: "Take care of an alert",
      params: z.object({ id: z.string().min(1).max(512) }),
      querystring: z.object({ user: z.string().trim().min(1).max(128).optional() }),
      response: { 200: z.object({ message: z.string() }) },
    },
    handler: async (request) => {
      const { id } = request.params;
      const by = whoOf(doors, request, request.query.user);
      const care = { by, note: "", expiresAtMs: null, kind: "acknowledge" as const };
      await doors.onCall.incidents.acknowledgeAlert(tenantOf(request), id, care);
      await audit(doors, request, { what: "alert.acknowledged", id, by });
      return { message: `Alert ${id} acknowledged by ${by}` };
    },
  });
}
