import type { Registry } from "@fleetlight/sdk";

/** What alerts and notifications tell about themselves on `/metrics`. */
export const createInstruments = (registry: Registry) => ({
  transitions: registry.counter({
    name: "fleetlight_alert_transitions_total",
    help: "Alerts that became pending, firing or resolved.",
    labelNames: ["state"],
  }),
  suppressed: registry.counter({
    name: "fleetlight_notifications_suppressed_total",
    help: "Times that nobody was told of an alert, by reason.",
    labelNames: ["reason"],
  }),
  attempts: registry.counter({
    name: "fleetlight_notification_attempts_total",
    help: "Attempts to deliver a notification, by channel and outcome.",
    labelNames: ["channel", "outcome"],
  }),
  delivered: registry.histogram({
    name: "fleetlight_notification_delivery_seconds",
    help: "Time from the change of an alert to the delivery of its notification.",
    labelNames: ["channel"],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300, 3600],
  }),
  failed: registry.counter({
    name: "fleetlight_notifications_failed_total",
    help: "Notifications that were given up.",
    labelNames: ["channel"],
  }),
  queued: registry.gauge({
    name: "fleetlight_notifications_queued",
    help: "Notifications that are not delivered yet.",
  }),
  active: registry.gauge({
    name: "fleetlight_alerts",
    help: "Alerts that are active, by state.",
    labelNames: ["state"],
  }),
  writeFailures: registry.counter({
    name: "fleetlight_alert_write_failures_total",
    help: "Failed attempts to write changed alerts into the state store; they are repeated.",
  }),
  dropped: registry.counter({
    name: "fleetlight_alert_records_dropped_total",
    help: "Events and changes of alerts that were dropped because too many waited to be written.",
    labelNames: ["kind"],
  }),
});

export type Instruments = ReturnType<typeof createInstruments>;
