import type { Alert, Delivery } from "@fleetlight/contract";

/** What Alertmanager writes for an alert that has not ended. */
const NOT_ENDED = "0001-01-01T00:00:00Z";

const GROUP_LABEL = "alertname";

/** Labels as a receiver of Alertmanager's notifications expects them; what identifies the alert wins over the series. */
const labelsOf = (alert: Alert): Record<string, string> => ({
  ...alert.labels,
  ...(alert.service === "" ? {} : { service: alert.service }),
  alertname: alert.name,
  severity: alert.severity,
  rule_id: alert.rule_id,
});

/**
 * One alert as a notification of Alertmanager's webhook, version 4. Each alert is a group of its own until grouping
 * comes; the group key is the same for the beginning and the end.
 */
export function webhookBody(
  alert: Alert,
  status: Delivery["status"],
  externalUrl: string,
): Record<string, unknown> {
  const labels = labelsOf(alert);
  return {
    version: "4",
    groupKey: `{}:{${GROUP_LABEL}=${JSON.stringify(alert.name)},fingerprint="${alert.fingerprint}"}`,
    truncatedAlerts: 0,
    status,
    receiver: "webhook",
    groupLabels: { [GROUP_LABEL]: alert.name },
    commonLabels: labels,
    commonAnnotations: alert.annotations,
    externalURL: externalUrl,
    alerts: [
      {
        status,
        labels,
        annotations: alert.annotations,
        startsAt: alert.active_at,
        endsAt: status === "resolved" ? (alert.resolved_at ?? alert.updated_at) : NOT_ENDED,
        generatorURL: `${externalUrl}/dashboard/alerts/${encodeURIComponent(alert.id)}`,
        fingerprint: alert.fingerprint,
      },
    ],
  };
}
