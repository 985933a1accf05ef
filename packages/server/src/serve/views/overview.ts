import type { Alert, Overview, ServiceStatus } from "@fleetlight/contract";

import { isoTime } from "#lib";

import type { Doors } from "../doors.ts";

/** Alerts that the overview names. */
const NAMED_ALERTS = 10;

const RANK = ["critical", "high", "error", "warning", "medium", "low", "info"];

/** Most severe first, then the newest. */
const byUrgency = (a: Alert, b: Alert): number =>
  RANK.indexOf(a.severity) - RANK.indexOf(b.severity) || (a.active_at < b.active_at ? 1 : -1);

/** The fleet at a glance. */
export function makeOverview(doors: Doors, tenant: string): Overview {
  const states: Record<ServiceStatus, number> = {
    healthy: 0,
    degraded: 0,
    unhealthy: 0,
    unknown: 0,
  };
  const services = doors.registry.list(tenant);
  for (const service of services) states[service.status]++;
  const active = doors.alerts.active(tenant);
  const firing = active.filter((alert) => alert.state === "firing");
  const bySeverity: Overview["alerts"]["by_severity"] = {};
  for (const alert of firing) bySeverity[alert.severity] = (bySeverity[alert.severity] ?? 0) + 1;
  const stats = doors.telemetry.stats();
  const figures = doors.figures();
  const targets = doors.targets();
  return {
    timestamp: isoTime(doors.now()),
    services: { total: services.length, ...states },
    alerts: {
      firing: firing.length,
      pending: active.length - firing.length,
      by_severity: bySeverity,
      latest: firing.toSorted(byUrgency).slice(0, NAMED_ALERTS),
    },
    host: doors.host.figures(),
    ingest: {
      samples_per_second: figures.samplesPerSecond,
      series: stats.series,
      samples_total: stats.samplesTotal,
      targets: targets.total,
      targets_up: targets.up,
      pending_rows: stats.pendingRows,
      store_bytes: stats.storeBytes + stats.walBytes,
    },
    server: {
      version: doors.version,
      uptime_seconds: figures.uptimeSeconds,
      resident_bytes: figures.residentBytes,
      cpu_percent: figures.cpuPercent,
      event_loop_delay_p99_seconds: figures.eventLoopDelayP99Seconds,
    },
  };
}
