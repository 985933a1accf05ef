import type { AlertmanagerChange } from "../alertmanager.ts";
import type { IncidentBook } from "./book.ts";
import type { ChangeLog } from "./change-log.ts";
import type { LiveIncident } from "./live.ts";

/** A delivery becomes part of the timeline of every incident that it was about. */
export function recordDelivery(
  change: Exclude<AlertmanagerChange, { kind: "alert" }>,
  book: IncidentBook,
  log: ChangeLog,
  nowMs: number,
): void {
  if (change.kind !== "delivery") return;
  const { tenant, notification, outcome, error } = change;
  const lives = new Set<LiveIncident>();
  for (const { fingerprint } of notification.alerts) {
    const live = book.placeOf(tenant, fingerprint);
    if (live !== undefined) lives.add(live);
  }
  const channel = `${notification.receiver}/${notification.integration}`;
  const text =
    outcome === "delivered"
      ? `${channel} was told (${notification.status})`
      : `${channel} could not be told: ${error ?? "unknown"}`;
  const attributes = { channel, outcome, reason: notification.reason };
  for (const { record } of lives)
    log.entry(record, { kind: "notification", text, attributes }, nowMs);
}
