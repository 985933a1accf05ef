import { randomUUID } from "node:crypto";

import { labelKey } from "#lib";
import type { NewNotification } from "#store";

import { integrationName } from "../notify/index.ts";
import { notifiedAlert } from "../pipeline-alert.ts";
import type { Flush, Message, Note, Stage, StageContext } from "../pipeline.ts";
import type { Notification, NotifiedAlert, PipelineAlert } from "../types.ts";

/** Pairs of name and value that all have. */
function common(sets: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const [first = {}, ...rest] = sets;
  const shared = Object.entries(first).filter(([name, value]) =>
    rest.every((labels) => labels[name] === value),
  );
  return Object.fromEntries(shared);
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Firing ones first, then by job, instance and the rest of the labels. */
function inOrder(alerts: readonly NotifiedAlert[]): NotifiedAlert[] {
  const keyOf = ({ status, labels }: NotifiedAlert): string =>
    [
      status === "firing" ? "0" : "1",
      labels["job"] ?? "\u{10ffff}",
      labels["instance"] ?? "\u{10ffff}",
      labelKey(labels),
    ].join("\u0001");
  return alerts
    .map((alert) => ({ alert, key: keyOf(alert) }))
    .toSorted((a, b) => compareTexts(a.key, b.key))
    .map(({ alert }) => alert);
}

/** A notification as it is kept, with what of it can be asked for. */
export const toStored = (
  notification: Notification,
  target: string,
  alertIds: ReadonlyMap<string, string | null>,
): NewNotification => ({
  id: notification.id,
  tenant: notification.tenant,
  receiver: notification.receiver,
  integration: notification.integration,
  groupKey: notification.groupKey,
  target,
  status: notification.status,
  reason: notification.reason,
  body: JSON.stringify(notification),
  createdAtMs: notification.createdAtMs,
  alerts: notification.alerts.map(({ fingerprint, status }) => ({
    fingerprint,
    status,
    alertId: alertIds.get(fingerprint) ?? null,
  })),
});

function notificationOf(
  { group }: Flush,
  { integration, target }: Message,
  alerts: readonly PipelineAlert[],
  { nowMs, externalUrl }: { nowMs: number; externalUrl: string },
): NewNotification {
  const told = inOrder(alerts.map((alert) => notifiedAlert(alert, nowMs)));
  const notification: Notification = {
    id: randomUUID(),
    tenant: group.tenant,
    receiver: group.route.receiver,
    integration: integrationName(integration),
    groupKey: group.key,
    status: told.some(({ status }) => status === "firing") ? "firing" : "resolved",
    alerts: told,
    groupLabels: { ...group.labels },
    commonLabels: common(told.map(({ labels }) => labels)),
    commonAnnotations: common(told.map(({ annotations }) => annotations)),
    externalUrl,
    createdAtMs: nowMs,
    reason: "group",
  };
  const alertIds = new Map(alerts.map(({ fingerprint, alertId }) => [fingerprint, alertId]));
  return toStored(notification, target, alertIds);
}

/** Makes one notification per integration; when there is no room for it the next tick tries again. */
export const enqueue =
  ({ externalUrl, reserve }: Pick<StageContext, "externalUrl" | "reserve">): Stage =>
  (flush, nowMs) => {
    const notes: Note[] = [];
    const messages = flush.messages.flatMap((message): Message[] => {
      const { next, channel } = message;
      if (!next) return [];
      const alerts = message.integration.config.send_resolved
        ? message.alerts
        : message.alerts.filter(({ endsAtMs }) => endsAtMs > nowMs);
      if (alerts.length === 0) return [message];
      const notification = notificationOf(flush, message, alerts, {
        nowMs,
        externalUrl: externalUrl(),
      });
      const supersedes = reserve(notification, channel);
      if (supersedes === undefined) {
        for (const { fingerprint } of alerts)
          notes.push({ fingerprint, stage: "queue_full", by: [], channel });
        return [];
      }
      return [
        {
          ...message,
          next: { ...next, notificationId: notification.id },
          notification,
          supersedes,
        },
      ];
    });
    return { ...flush, messages, notes: [...flush.notes, ...notes] };
  };
