import type { Kysely, Transaction } from "kysely";

import { insertNotifications, replaceNotification } from "./outbox.ts";
import type { StateTables } from "./schema.ts";
import type { LogEntry, NotificationBatch, NotificationLogRepository } from "./types.ts";

const ROWS_PER_STATEMENT = 100;

const logRow = (entry: LogEntry) => ({
  tenant: entry.tenant,
  group_key: entry.groupKey,
  channel: entry.channel,
  firing: JSON.stringify(entry.firing),
  resolved: JSON.stringify(entry.resolved),
  open: JSON.stringify(entry.open),
  notification_id: entry.notificationId,
  at_ms: entry.atMs,
});

function* chunks<T>(items: readonly T[]): Generator<T[]> {
  for (let start = 0; start < items.length; start += ROWS_PER_STATEMENT) {
    yield items.slice(start, start + ROWS_PER_STATEMENT);
  }
}

async function writeLog(db: Transaction<StateTables>, entries: readonly LogEntry[]): Promise<void> {
  for (const rows of chunks(entries.map(logRow))) {
    await db
      .insertInto("notification_log")
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(["tenant", "group_key", "channel"]).doUpdateSet((update) => ({
          firing: update.ref("excluded.firing"),
          resolved: update.ref("excluded.resolved"),
          open: update.ref("excluded.open"),
          notification_id: update.ref("excluded.notification_id"),
          at_ms: update.ref("excluded.at_ms"),
        })),
      )
      .execute();
  }
}

async function writeGroups(
  db: Transaction<StateTables>,
  { groups, told }: Pick<NotificationBatch, "groups" | "told">,
): Promise<void> {
  for (const rows of chunks(groups)) {
    await db
      .insertInto("alert_groups")
      .values(
        rows.map(({ tenant, groupKey, nextFlushMs }) => ({
          tenant,
          group_key: groupKey,
          next_flush_ms: nextFlushMs,
        })),
      )
      .onConflict((conflict) =>
        conflict
          .columns(["tenant", "group_key"])
          .doUpdateSet((update) => ({ next_flush_ms: update.ref("excluded.next_flush_ms") })),
      )
      .execute();
  }
  for (const rows of chunks(told)) {
    await db
      .insertInto("told_alerts")
      .values(rows.map(({ tenant, fingerprint, atMs }) => ({ tenant, fingerprint, at_ms: atMs })))
      .onConflict((conflict) =>
        conflict
          .columns(["tenant", "fingerprint"])
          .doUpdateSet((update) => ({ at_ms: update.ref("excluded.at_ms") })),
      )
      .execute();
  }
}

const commit = (db: Kysely<StateTables>, batch: NotificationBatch): Promise<void> =>
  db.transaction().execute(async (transaction) => {
    await insertNotifications(transaction, batch.notifications);
    for (const { id, by } of batch.superseded) await replaceNotification(transaction, id, by);
    await writeLog(transaction, batch.log);
    await writeGroups(transaction, batch);
  });

export const notificationLogRepository = (db: Kysely<StateTables>): NotificationLogRepository => ({
  async entries() {
    const rows = await db.selectFrom("notification_log").selectAll().execute();
    return rows.map((row) => ({
      tenant: row.tenant,
      groupKey: row.group_key,
      channel: row.channel,
      firing: JSON.parse(row.firing) as string[],
      resolved: JSON.parse(row.resolved) as string[],
      open: JSON.parse(row.open) as string[],
      notificationId: row.notification_id,
      atMs: row.at_ms,
    }));
  },

  async groups() {
    const rows = await db.selectFrom("alert_groups").selectAll().execute();
    return rows.map((row) => ({
      tenant: row.tenant,
      groupKey: row.group_key,
      nextFlushMs: row.next_flush_ms,
    }));
  },

  async told(sinceMs) {
    const rows = await db
      .selectFrom("told_alerts")
      .selectAll()
      .where("at_ms", ">=", sinceMs)
      .orderBy("at_ms")
      .execute();
    return rows.map((row) => ({
      tenant: row.tenant,
      fingerprint: row.fingerprint,
      atMs: row.at_ms,
    }));
  },

  commit: (batch) => commit(db, batch),

  forget: ({ entries, groups }) =>
    db.transaction().execute(async (transaction) => {
      for (const { tenant, groupKey, channel } of entries) {
        await transaction
          .deleteFrom("notification_log")
          .where("tenant", "=", tenant)
          .where("group_key", "=", groupKey)
          .where("channel", "=", channel)
          .execute();
      }
      for (const { tenant, groupKey } of groups) {
        await transaction
          .deleteFrom("alert_groups")
          .where("tenant", "=", tenant)
          .where("group_key", "=", groupKey)
          .execute();
      }
    }),

  async pruneTold(beforeMs) {
    await db.deleteFrom("told_alerts").where("at_ms", "<", beforeMs).execute();
  },
});
