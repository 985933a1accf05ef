import type { Delivery, DeliveryAttempt } from "@fleetlight/contract";
import { isoTime } from "#lib";
import { sql, type Kysely, type Selectable } from "kysely";

import type { StateTables } from "./schema.ts";
import type { OutboxCounts, OutboxRepository, PendingDelivery } from "./types.ts";

/** Attempts of one delivery that are shown; all of them are kept. */
const MAX_ATTEMPTS_SHOWN = 100;

type AttemptRow = Selectable<StateTables["delivery_attempts"]>;

const readAttempt = (row: AttemptRow): DeliveryAttempt => ({
  at: isoTime(row.at_ms),
  duration_seconds: row.duration_ms / 1000,
  ok: row.ok === 1,
  status_code: row.status_code,
  error: row.error,
});

/** Attempts by delivery, oldest first, of each delivery the latest ones. */
async function attemptsOf(
  db: Kysely<StateTables>,
  keys: readonly string[],
): Promise<Map<string, DeliveryAttempt[]>> {
  if (keys.length === 0) return new Map();
  const rows = await db
    .selectFrom("delivery_attempts")
    .innerJoin("deliveries", "deliveries.delivery_key", "delivery_attempts.delivery_key")
    .selectAll("delivery_attempts")
    .where("delivery_attempts.delivery_key", "in", keys)
    .whereRef("delivery_attempts.number", ">", sql`deliveries.attempts - ${MAX_ATTEMPTS_SHOWN}`)
    .orderBy("delivery_attempts.number")
    .execute();
  const byKey = new Map<string, DeliveryAttempt[]>();
  for (const row of rows) {
    const found = byKey.get(row.delivery_key);
    if (found) found.push(readAttempt(row));
    else byKey.set(row.delivery_key, [readAttempt(row)]);
  }
  return byKey;
}

async function pendingDeliveries(
  db: Kysely<StateTables>,
  limit: number,
): Promise<PendingDelivery[]> {
  const rows = await db
    .selectFrom("deliveries")
    .select([
      "delivery_key",
      "tenant",
      "alert_id",
      "channel",
      "status",
      "created_at_ms",
      "next_attempt_at_ms",
      "attempts",
    ])
    .where("state", "=", "pending")
    .orderBy("created_at_ms")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    key: row.delivery_key,
    tenant: row.tenant,
    alertId: row.alert_id,
    channel: row.channel,
    status: row.status as Delivery["status"],
    createdAtMs: row.created_at_ms,
    nextAttemptAtMs: row.next_attempt_at_ms ?? row.created_at_ms,
    attempts: row.attempts,
  }));
}

async function listDeliveries(
  db: Kysely<StateTables>,
  tenant: string,
  alertId: string | undefined,
  limit: number,
): Promise<Delivery[]> {
  let query = db
    .selectFrom("deliveries")
    .select([
      "delivery_key",
      "alert_id",
      "channel",
      "target",
      "status",
      "state",
      "created_at_ms",
      "next_attempt_at_ms",
      "attempts",
    ])
    .where("tenant", "=", tenant);
  if (alertId !== undefined) query = query.where("alert_id", "=", alertId);
  const rows = await query.orderBy("created_at_ms", "desc").limit(limit).execute();
  const attempts = await attemptsOf(
    db,
    rows.map((row) => row.delivery_key),
  );
  return rows.map((row) => ({
    key: row.delivery_key,
    alert_id: row.alert_id,
    channel: row.channel,
    target: row.target,
    status: row.status as Delivery["status"],
    state: row.state as Delivery["state"],
    created_at: isoTime(row.created_at_ms),
    next_attempt_at: row.next_attempt_at_ms === null ? null : isoTime(row.next_attempt_at_ms),
    attempts: attempts.get(row.delivery_key) ?? [],
  }));
}

async function countDeliveries(db: Kysely<StateTables>): Promise<OutboxCounts> {
  const rows = await db
    .selectFrom("deliveries")
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

export const outboxRepository = (db: Kysely<StateTables>): OutboxRepository => ({
  pending: (limit) => pendingDeliveries(db, limit),

  async body(key) {
    const row = await db
      .selectFrom("deliveries")
      .select("body")
      .where("delivery_key", "=", key)
      .executeTakeFirst();
    return row?.body;
  },

  async stateOf(key) {
    const row = await db
      .selectFrom("deliveries")
      .select("state")
      .where("delivery_key", "=", key)
      .executeTakeFirst();
    return row?.state as Delivery["state"] | undefined;
  },

  record: (key, attempt, outcome) =>
    db.transaction().execute(async (transaction) => {
      const updated = await transaction
        .updateTable("deliveries")
        .set(({ eb }) => ({
          state: outcome.state,
          next_attempt_at_ms: outcome.nextAttemptAtMs,
          attempts: eb("attempts", "+", 1),
        }))
        .where("delivery_key", "=", key)
        .returning("attempts")
        .executeTakeFirst();
      // The alert and its deliveries may have been pruned meanwhile; there is nothing left to record then.
      if (!updated) return;
      await transaction
        .insertInto("delivery_attempts")
        .values({
          delivery_key: key,
          number: updated.attempts,
          at_ms: Date.parse(attempt.at),
          duration_ms: attempt.duration_seconds * 1000,
          ok: attempt.ok ? 1 : 0,
          status_code: attempt.status_code,
          // PostgreSQL keeps no U+0000 in a text; receivers may answer anything.
          error: attempt.error?.replaceAll("\0", "") ?? null,
        })
        .execute();
    }),

  list: (tenant, alertId, limit) => listDeliveries(db, tenant, alertId, limit),
  counts: () => countDeliveries(db),
});
