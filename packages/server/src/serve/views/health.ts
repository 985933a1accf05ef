import type { Health } from "@fleetlight/contract";

import type { WatchedService } from "#collect";
import { describeError, isoTime } from "#lib";

import type { Doors } from "../doors.ts";

/** A dependency that does not answer within this time counts as unhealthy. */
const PING_TIMEOUT_MS = 2000;

const ask = async (ping: Promise<unknown>): Promise<string> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(
      () => resolve(`unhealthy: no answer within ${PING_TIMEOUT_MS} ms`),
      PING_TIMEOUT_MS,
    );
  });
  const answer = ping.then(
    () => "healthy",
    (error: unknown) => `unhealthy: ${describeError(error)}`,
  );
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
};

const serviceHealth = (service: WatchedService): Health["service_health"][string] => ({
  healthy: service.status === "healthy",
  response_time: service.lastCheck?.response_time ?? null,
  status_code: service.lastCheck === null ? null : (service.lastCheck.status_code ?? "ERROR"),
  last_check: service.lastCheck?.at ?? null,
  error: service.lastCheck?.error ?? null,
});

/** Lag, in seconds, above which alerts come too late to count as healthy. */
const MAX_LAG_SECONDS = 60;

function alertingHealth(doors: Doors, tenant: string): Health["alerting"] {
  const { rules, errors, lagSeconds } = doors.rules.health(tenant);
  const stats = doors.alertmanager.stats();
  const channels = doors.alertmanager.channels();
  const open = channels.filter(({ circuit }) => circuit !== "closed").map(({ name }) => name);
  const isLate =
    // A notification that waits longer than a few retries means that somebody is not being told.
    Math.max(stats.oldestQueuedSeconds, stats.flushLagSeconds, lagSeconds) > MAX_LAG_SECONDS;
  return {
    status: errors > 0 || isLate || open.length > 0 ? "degraded" : "healthy",
    rules,
    firing: doors.alerts.active(tenant).filter((alert) => alert.state === "firing").length,
    evaluation_errors: errors,
    evaluation_lag_seconds: lagSeconds,
    flush_lag_seconds: stats.flushLagSeconds,
    queued_notifications: stats.queued,
    oldest_queued_seconds: stats.oldestQueuedSeconds,
    failed_notifications: stats.failed,
    open_circuits: open,
  };
}

/** L5 and T5 of the replaced systems in one: services, dependencies, alert pipeline, host, configuration. */
export async function makeHealth(doors: Doors, tenant: string): Promise<Health> {
  const services = doors.registry.list(tenant);
  const [telemetry, state] = await Promise.all([
    ask(doors.telemetry.ping(PING_TIMEOUT_MS)),
    ask(doors.state.ping()),
  ]);
  const healthy = services.filter((service) => service.status === "healthy").length;
  // A service that was not checked yet says nothing against the fleet.
  const failing = services.some(
    (service) => service.status !== "healthy" && service.status !== "unknown",
  );
  const alerting = alertingHealth(doors, tenant);
  const configuration = doors.manager.status();
  const host = doors.host.figures();
  const degraded =
    failing || telemetry !== "healthy" || state !== "healthy" || alerting.status !== "healthy";
  const checks = services.flatMap((service) => service.lastCheck?.at ?? []);
  return {
    status: degraded ? "degraded" : "healthy",
    service: "fleetlight",
    version: doors.version,
    timestamp: isoTime(doors.now()),
    uptime: doors.figures().uptimeSeconds,
    total_services: services.length,
    healthy_services: healthy,
    metrics_collected: doors.telemetry.stats().samplesTotal,
    last_update: checks.toSorted().at(-1) ?? null,
    service_health: Object.fromEntries(
      services.map((service) => [service.registration.id, serviceHealth(service)]),
    ),
    dependencies: { telemetry_store: telemetry, state_store: state },
    system: {
      cpu_percent: host.cpu_percent,
      memory_percent: host.memory_percent,
      disk_percent: host.disk_percent,
    },
    alerting,
    configuration: {
      status: configuration.error === null ? "ok" : "rejected",
      loaded_at: configuration.loaded_at,
      error: configuration.error,
    },
  };
}
