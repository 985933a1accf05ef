import type { Registry } from "@fleetlight/sdk";

import type { SendResult } from "./types.ts";

/** Upstream's. */
const LATENCY_BUCKETS = [1, 5, 10, 15, 20];

/** What Alertmanager calls the same; dashboards and rules of its users ask for these names. */
const upstream = (registry: Registry) => ({
  received: registry.counter({
    name: "alertmanager_alerts_received_total",
    help: "Alerts that were handed in, by status.",
    labelNames: ["status", "version"],
  }),
  invalid: registry.counter({
    name: "alertmanager_alerts_invalid_total",
    help: "Alerts that were refused.",
    labelNames: ["version"],
  }),
  alerts: registry.gauge({
    name: "alertmanager_alerts",
    help: "Alerts that have not ended, by state.",
    labelNames: ["state"],
  }),
  silences: registry.gauge({
    name: "alertmanager_silences",
    help: "Silences by state.",
    labelNames: ["state"],
  }),
  groups: registry.gauge({
    name: "alertmanager_dispatcher_aggregation_groups",
    help: "Groups of alerts that are told of together.",
  }),
  sent: registry.counter({
    name: "alertmanager_notifications_total",
    help: "Notifications that were attempted, by kind of channel.",
    labelNames: ["integration"],
  }),
  sendFailed: registry.counter({
    name: "alertmanager_notifications_failed_total",
    help: "Notifications whose attempt failed, by kind of channel and reason.",
    labelNames: ["integration", "reason"],
  }),
  latency: registry.histogram({
    name: "alertmanager_notification_latency_seconds",
    help: "Time that attempts to notify took, by kind of channel.",
    labelNames: ["integration"],
    buckets: LATENCY_BUCKETS,
  }),
});

/** What did not find room or had to be tried again, and whether somebody outside knows that all is well. */
const refusals = (registry: Registry) => ({
  heartbeats: registry.counter({
    name: "fleetlight_watchdog_heartbeats_total",
    help: "Heartbeats of the dead man's switch, by outcome.",
    labelNames: ["outcome"],
  }),
  groupsRefused: registry.counter({
    name: "fleetlight_alert_groups_refused_total",
    help: "Times that an alert found no group because there were too many.",
  }),
  alertsRefused: registry.counter({
    name: "fleetlight_received_alerts_refused_total",
    help: "Alerts from outside that were refused because their tenant had too many.",
  }),
  orphans: registry.counter({
    name: "fleetlight_alert_orphans_total",
    help: "Alerts that somebody believed to fire and that were gone after a start; their end was told.",
  }),
  writeFailures: registry.counter({
    name: "fleetlight_alert_write_failures_total",
    help: "Failed attempts to write alerts or notifications into the state store; they are repeated.",
  }),
  dropped: registry.counter({
    name: "fleetlight_alert_records_dropped_total",
    help: "Events and changes of alerts that were dropped because too many waited to be written.",
    labelNames: ["kind"],
  }),
});

const reasonOf = ({ ok, statusCode }: SendResult): string =>
  ok ? "" : statusCode === null ? "other" : statusCode >= 500 ? "serverError" : "clientError";

/** What alerts and notifications tell about themselves on `/metrics`. */
export function createInstruments(registry: Registry) {
  const alertmanager = upstream(registry);
  const attempts = registry.counter({
    name: "fleetlight_notification_attempts_total",
    help: "Attempts to deliver a notification, by channel and outcome.",
    labelNames: ["channel", "outcome"],
  });
  return {
    alertmanager,
    transitions: registry.counter({
      name: "fleetlight_alert_transitions_total",
      help: "Alerts that became pending, firing or resolved.",
      labelNames: ["state"],
    }),
    suppressed: registry.counter({
      name: "fleetlight_notifications_suppressed_total",
      help: "Times that nobody, or one channel, was not told of an alert, by stage.",
      labelNames: ["reason"],
    }),
    /** Counts one attempt under our names and under upstream's. */
    attempt(
      kind: string,
      channel: string,
      { result, seconds }: { result: SendResult; seconds: number },
    ): void {
      const outcome = result.ok ? "ok" : result.retryable ? "retryable" : "permanent";
      attempts.inc({ channel, outcome });
      alertmanager.sent.inc({ integration: kind });
      alertmanager.latency.observe({ integration: kind }, seconds);
      if (!result.ok) alertmanager.sendFailed.inc({ integration: kind, reason: reasonOf(result) });
    },
    delivered: registry.histogram({
      name: "fleetlight_notification_delivery_seconds",
      help: "Time from the making of a notification to its delivery.",
      labelNames: ["channel"],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300, 3600],
    }),
    shortened: registry.counter({
      name: "fleetlight_notifications_shortened_total",
      help: "Messages that lost a part of their text because the receiver takes no longer ones, by kind of channel.",
      labelNames: ["kind"],
    }),
    failed: registry.counter({
      name: "fleetlight_notifications_failed_total",
      help: "Notifications that were given up.",
      labelNames: ["channel"],
    }),
    superseded: registry.counter({
      name: "fleetlight_notifications_superseded_total",
      help: "Undelivered notifications that a newer one replaced.",
    }),
    queued: registry.gauge({
      name: "fleetlight_notifications_queued",
      help: "Notifications that are not delivered yet.",
    }),
    openCircuits: registry.gauge({
      name: "fleetlight_notification_circuits_open",
      help: "Channels that count as dead and are only tried now and then.",
    }),
    active: registry.gauge({
      name: "fleetlight_alerts",
      help: "Alerts of rules that are active, by state.",
      labelNames: ["state"],
    }),
    ...refusals(registry),
  };
}

export type Instruments = ReturnType<typeof createInstruments>;
