import type { Notification } from "../channel.ts";

/**
 * A notification as Alertmanager's webhook writes it, version 4. `maxAlerts` is the most alerts that it lists; 0 is no
 * limit.
 */
export function webhookBody(
  notification: Notification,
  maxAlerts: number,
): Record<string, unknown> {
  const { alerts } = notification;
  const listed = maxAlerts > 0 ? alerts.slice(0, maxAlerts) : alerts;
  return {
    receiver: notification.receiver,
    status: notification.status,
    alerts: listed,
    groupLabels: notification.groupLabels,
    commonLabels: notification.commonLabels,
    commonAnnotations: notification.commonAnnotations,
    externalURL: notification.externalUrl,
    version: "4",
    groupKey: notification.groupKey,
    truncatedAlerts: alerts.length - listed.length,
  };
}
