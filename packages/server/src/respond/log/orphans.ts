import type { StateStore } from "#store";

import type { AlertTable } from "../alert-table.ts";
import { fromNotified } from "../pipeline-alert.ts";
import type { Notification, PipelineAlert } from "../types.ts";
import type { LoggedNotification } from "./notification-log.ts";

interface OrphanOptions {
  state: StateStore;
  table: AlertTable;
  nowMs: number;
}

/** The latest notification that tells of an alert: that of the log, or an earlier one. */
async function contentWith(
  { tenant, notificationId }: LoggedNotification,
  fingerprint: string,
  { outbox }: StateStore,
) {
  const latest = await outbox.content(notificationId);
  if (latest?.alertIds.has(fingerprint)) return latest;
  const [earlier] = await outbox.list(tenant, { fingerprint, limit: 1 });
  return earlier && outbox.content(earlier.key);
}

/**
 * Alerts that somebody believes to fire and that nobody knows any more: they ended while the server was down, or it was
 * killed before it could tell. The notifications say what they were.
 */
export async function findOrphans(
  entries: Iterable<LoggedNotification>,
  { state, table, nowMs }: OrphanOptions,
): Promise<PipelineAlert[]> {
  const found = new Map<string, PipelineAlert>();
  for (const entry of entries) {
    for (const fingerprint of entry.open) {
      const key = `${entry.tenant}\n${fingerprint}`;
      if (found.has(key) || table.get(entry.tenant, fingerprint)) continue;
      const content = await contentWith(entry, fingerprint, state);
      const told = content && (JSON.parse(content.body) as Notification).alerts;
      const alert = told?.find((one) => one.fingerprint === fingerprint);
      if (!content || !alert) continue;
      const alertId = content.alertIds.get(fingerprint) ?? null;
      const ours = alertId === null ? undefined : await state.alerts.get(entry.tenant, alertId);
      const resolvedAt = ours?.alert.resolved_at;
      const endedAtMs = typeof resolvedAt === "string" ? Date.parse(resolvedAt) : nowMs;
      found.set(key, fromNotified(entry.tenant, alert, { endedAtMs, alertId }));
    }
  }
  return [...found.values()];
}
