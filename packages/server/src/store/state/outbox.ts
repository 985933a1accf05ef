import type { Delivery, DeliveryAttempt } from "@fleetlight/contract";
import { isoTime } from "#lib";
import { sql, type Kysely, type Selectable, type Transaction } from "kysely";

import type { StateTables } from "./schema.ts";
import type {
  DeliveryFilter,
  DeliveryOutcome,
  NewNotification,
  OutboxCounts,
  OutboxRepository,
  PendingNotification,
} from "./types.ts";

/** Attempts of one delivery that are shown; all of them are kept. */
const MAX_ATTEMPTS_SHOWN = 100;

/** Alerts of one delivery that are named. */
const MAX_ALERTS_SHOWN = 1000;

const ROWS_PER_STATEMENT = 50;

type AttemptRow = Selectable<StateTables["notification_attempts"]>;

const readAttempt = (row: AttemptRow): DeliveryAttempt => ({
  at: isoTime(row.at_ms),
  duration_seconds: row.duration_ms / 1000,
  ok: row.ok === 1,
  status_code: row.status_code,
  error: row.error,
});

function* chunks<T>(items: readonly T[], size = ROWS_PER_STATEMENT): Generator<T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

const notificationRow = (one: NewNotification) => ({
  id: one.id,
  tenant: one.tenant,
  group_key: one.groupKey,
  receiver: one.receiver,
  integration: one.integration,
  target: one.target,
  status: one.status,
  state: "pending",
  reason: one.reason,
  body: one.body,
  attempts: 0,
  created_at_ms: one.createdAtMs,
  next_attempt_at_ms: one.createdAtMs,
});

/** A notification whose id is there already is left as it is. */
export async function insertNotifications(
  db: Transaction<StateTables>,
  notifications: readonly NewNotification[],
): Promise<void> {
  for (const rows of chunks(notifications)) {
    await db
      .insertInto("notifications")
      .values(rows.map(notificationRow))
      .onConflict((conflict) => conflict.column("id").doNothing())
      .execute();
  }
  const alerts = notifications.flatMap((one) =>
    one.alerts.map((alert) => ({
      notification_id: one.id,
      tenant: one.tenant,
      fingerprint: alert.fingerprint,
      alert_id: alert.alertId,
      status: alert.status,
    })),
  );
  for (const rows of chunks(alerts, 2 * ROWS_PER_STATEMENT)) {
    await db
      .insertInto("notification_alerts")
      .values(rows)
      .onConflict((conflict) => conflict.columns(["notification_id", "fingerprint"]).doNothing())
      .execute();
  }
}

/** A notification that says all that an undelivered one does takes its place, its attempts and its age. */
export async function replaceNotification(
  db: Transaction<StateTables>,
  id: string,
  by: string,
): Promise<void> {
  const former = await db
    .selectFrom("notifications")
    .select(["attempts", "created_at_ms"])
    .where("id", "=", id)
    .where("state", "=", "pending")
    .executeTakeFirst();
  if (!former) return;
  await db
    .updateTable("notification_attempts")
    .set({ notification_id: by })
    .where("notification_id", "=", id)
    .execute();
  await db
    .updateTable("notifications")
    .set({ attempts: former.attempts, created_at_ms: former.created_at_ms })
    .where("id", "=", by)
    .execute();
  await db.deleteFrom("notifications").where("id", "=", id).execute();
}

/** Attempts by notification, oldest first, of each the latest ones. */
async function attemptsOf(
  db: Kysely<StateTables>,
  ids: readonly string[],
): Promise<Map<string, DeliveryAttempt[]>> {
  const found = new Map<string, DeliveryAttempt[]>();
  if (ids.length === 0) return found;
  const rows = await db
    .selectFrom("notification_attempts")
    .innerJoin("notifications", "notifications.id", "notification_attempts.notification_id")
    .selectAll("notification_attempts")
    .where("notification_attempts.notification_id", "in", ids)
    .whereRef(
      "notification_attempts.number",
      ">",
      sql`notifications.attempts - ${MAX_ATTEMPTS_SHOWN}`,
    )
    .orderBy("notification_attempts.number")
    .execute();
  for (const row of rows) {
    const list = found.get(row.notification_id);
    if (list) list.push(readAttempt(row));
    else found.set(row.notification_id, [readAttempt(row)]);
  }
  return found;
}

async function alertsOf(
  db: Kysely<StateTables>,
  ids: readonly string[],
): Promise<Map<string, { fingerprint: string; alertId: string | null }[]>> {
  const found = new Map<string, { fingerprint: string; alertId: string | null }[]>();
  if (ids.length === 0) return found;
  const rows = await db
    .selectFrom("notification_alerts")
    .select(["notification_id", "fingerprint", "alert_id"])
    .where("notification_id", "in", ids)
    .execute();
  for (const { notification_id: id, fingerprint, alert_id: alertId } of rows) {
    const list = found.get(id) ?? [];
    found.set(id, list);
    if (list.length < MAX_ALERTS_SHOWN) list.push({ fingerprint, alertId });
  }
  return found;
}

async function pendingNotifications(
  db: Kysely<StateTables>,
  limit: number,
): Promise<PendingNotification[]> {
  const rows = await db
    .selectFrom("notifications")
    .select([
      "id",
      "tenant",
      "group_key",
      "receiver",
      "integration",
      "status",
      "reason",
      "created_at_ms",
      "next_attempt_at_ms",
      "attempts",
    ])
    .where("state", "=", "pending")
    .orderBy("created_at_ms")
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    tenant: row.tenant,
    groupKey: row.group_key,
    receiver: row.receiver,
    integration: row.integration,
    status: row.status as Delivery["status"],
    reason: row.reason as Delivery["reason"],
    createdAtMs: row.created_at_ms,
    nextAttemptAtMs: row.next_attempt_at_ms ?? row.created_at_ms,
    attempts: row.attempts,
  }));
}

async function listDeliveries(
  db: Kysely<StateTables>,
  tenant: string,
  { alertId, fingerprint, limit }: DeliveryFilter,
): Promise<Delivery[]> {
  let query = db
    .selectFrom("notifications")
    .select([
      "id",
      "group_key",
      "receiver",
      "integration",
      "target",
      "status",
      "state",
      "reason",
      "created_at_ms",
      "next_attempt_at_ms",
    ])
    .where("tenant", "=", tenant);
  const about = alertId === undefined ? fingerprint : alertId;
  if (about !== undefined) {
    const column = alertId === undefined ? "fingerprint" : "alert_id";
    query = query.where("id", "in", (nested) =>
      nested
        .selectFrom("notification_alerts")
        .select("notification_id")
        .where("tenant", "=", tenant)
        .where(column, "=", about),
    );
  }
  const rows = await query
    .orderBy("created_at_ms", "desc")
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
  const ids = rows.map((row) => row.id);
  const [attempts, alerts] = [await attemptsOf(db, ids), await alertsOf(db, ids)];
  return rows.map((row) => {
    const told = alerts.get(row.id) ?? [];
    const alertIds = told.flatMap((alert) => alert.alertId ?? []);
    return {
      key: row.id,
      alert_id: alertId ?? alertIds[0] ?? "",
      alert_ids: alertIds,
      fingerprints: told.map((alert) => alert.fingerprint),
      group_key: row.group_key,
      receiver: row.receiver,
      reason: row.reason as Delivery["reason"],
      channel: `${row.receiver}/${row.integration}`,
      target: row.target,
      status: row.status as Delivery["status"],
      state: row.state as Delivery["state"],
      created_at: isoTime(row.created_at_ms),
      next_attempt_at: row.next_attempt_at_ms === null ? null : isoTime(row.next_attempt_at_ms),
      attempts: attempts.get(row.id) ?? [],
    };
  });
}

async function countDeliveries(db: Kysely<StateTables>): Promise<OutboxCounts> {
  const rows = await db
    .selectFrom("notifications")
    .select(({ fn }) => [
      "state",
      fn.countAll<number>().as("count"),
      fn.min("created_at_ms").as("oldest"),
    ])
    .where("state", "in", ["pending", "failed"])
    .groupBy("state")
    .execute();
  const of = (state: string) => rows.find((row) => row.state === state);
  return {
    pending: Number(of("pending")?.count ?? 0),
    failed: Number(of("failed")?.count ?? 0),
    oldestPendingMs: of("pending")?.oldest ?? null,
  };
}

const record = (
  db: Kysely<StateTables>,
  id: string,
  attempt: DeliveryAttempt,
  outcome: DeliveryOutcome,
  followUps: readonly NewNotification[],
): Promise<void> =>
  db.transaction().execute(async (transaction) => {
    const updated = await transaction
      .updateTable("notifications")
      .set(({ eb }) => ({
        state: outcome.state,
        next_attempt_at_ms: outcome.nextAttemptAtMs,
        attempts: eb("attempts", "+", 1),
        reference: outcome.reference ?? null,
      }))
      .where("id", "=", id)
      .returning("attempts")
      .executeTakeFirst();
    // It may have been pruned meanwhile; there is nothing left to record then.
    if (!updated) return;
    await transaction
      .insertInto("notification_attempts")
      .values({
        notification_id: id,
        number: updated.attempts,
        at_ms: Date.parse(attempt.at),
        duration_ms: attempt.duration_seconds * 1000,
        ok: attempt.ok ? 1 : 0,
        status_code: attempt.status_code,
        // PostgreSQL keeps no U+0000 in a text; receivers may answer anything.
        error: attempt.error?.replaceAll("\0", "") ?? null,
      })
      .execute();
    await insertNotifications(transaction, followUps);
  });

async function beginnings(
  db: Kysely<StateTables>,
  { id, tenant, groupKey, receiver, integration }: PendingNotification,
): Promise<Set<"delivered" | "failed">> {
  const rows = await db
    .selectFrom("notifications")
    .innerJoin("notification_alerts as told", "told.notification_id", "notifications.id")
    .select("notifications.state")
    .distinct()
    .where("notifications.tenant", "=", tenant)
    .where("group_key", "=", groupKey)
    .where("receiver", "=", receiver)
    .where("integration", "=", integration)
    .where("notifications.state", "in", ["delivered", "failed"])
    .where("told.tenant", "=", tenant)
    .where("told.status", "=", "firing")
    .where("told.fingerprint", "in", (nested) =>
      nested
        .selectFrom("notification_alerts")
        .select("fingerprint")
        .where("notification_id", "=", id),
    )
    .execute();
  return new Set(rows.map((row) => row.state as "delivered" | "failed"));
}

async function prune(db: Kysely<StateTables>, createdBeforeMs: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom("notifications")
    .where("state", "<>", "pending")
    .where("created_at_ms", "<", createdBeforeMs)
    // The log needs the facts of alerts that somebody believes to be firing.
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("notification_log")
            .select("notification_log.notification_id")
            .whereRef("notification_log.notification_id", "=", "notifications.id"),
        ),
      ),
    )
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

export const outboxRepository = (db: Kysely<StateTables>): OutboxRepository => ({
  pending: (limit) => pendingNotifications(db, limit),

  message: (id) =>
    db
      .selectFrom("notifications")
      .select(["body", "reference"])
      .where("id", "=", id)
      .where("state", "=", "pending")
      .executeTakeFirst(),

  async latestDelivered(tenant, groupKey, channel) {
    const slash = channel.lastIndexOf("/");
    const row = await db
      .selectFrom("notifications")
      .select(["status", "reference"])
      .where("tenant", "=", tenant)
      .where("group_key", "=", groupKey)
      .where("receiver", "=", channel.slice(0, slash))
      .where("integration", "=", channel.slice(slash + 1))
      .where("state", "=", "delivered")
      .orderBy("created_at_ms", "desc")
      .orderBy("id", "desc")
      .limit(1)
      .executeTakeFirst();
    return (
      row && {
        status: row.status === "resolved" ? "resolved" : "firing",
        reference: row.reference ?? undefined,
      }
    );
  },

  async content(id) {
    const row = await db
      .selectFrom("notifications")
      .select("body")
      .where("id", "=", id)
      .executeTakeFirst();
    if (!row) return undefined;
    const alerts = await db
      .selectFrom("notification_alerts")
      .select(["fingerprint", "alert_id"])
      .where("notification_id", "=", id)
      .execute();
    return {
      body: row.body,
      alertIds: new Map(alerts.map((alert) => [alert.fingerprint, alert.alert_id])),
    };
  },

  add: (notifications) =>
    db.transaction().execute((transaction) => insertNotifications(transaction, notifications)),

  beginnings: (notification) => beginnings(db, notification),
  record: (id, attempt, outcome, followUps = []) => record(db, id, attempt, outcome, followUps),
  list: (tenant, filter) => listDeliveries(db, tenant, filter),
  counts: () => countDeliveries(db),

  prune: (createdBeforeMs) => prune(db, createdBeforeMs),
});
