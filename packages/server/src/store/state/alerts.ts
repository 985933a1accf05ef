import type { Alert } from "@fleetlight/contract";
import type { Kysely, Selectable, Transaction } from "kysely";

import type { StateTables } from "./schema.ts";
import type { AlertRepository, HistoryLimits, StoredAlert } from "./types.ts";

/** Rows of one statement: few enough for every database's limit of parameters. */
const ROWS_PER_STATEMENT = 100;

const readAlert = (row: Selectable<StateTables["alerts"]>): StoredAlert => ({
  tenant: row.tenant,
  alert: JSON.parse(row.document) as Alert,
});

const timeOrNull = (text: string | null): number | null =>
  text === null ? null : Date.parse(text);

const alertRow = ({ tenant, alert }: StoredAlert) => ({
  tenant,
  id: alert.id,
  fingerprint: alert.fingerprint,
  state: alert.state,
  document: JSON.stringify(alert),
  resolved_at_ms: timeOrNull(alert.resolved_at),
  updated_at_ms: Date.parse(alert.updated_at),
});

function* chunks<T>(items: readonly T[]): Generator<T[]> {
  for (let start = 0; start < items.length; start += ROWS_PER_STATEMENT) {
    yield items.slice(start, start + ROWS_PER_STATEMENT);
  }
}

const neverFired = ({ alert }: StoredAlert): boolean =>
  alert.state === "resolved" && alert.fired_at === null;

/** The last one of each alert: one statement cannot write a row twice. */
const lastOfEach = (alerts: readonly StoredAlert[]): StoredAlert[] => [
  ...new Map(alerts.map((stored) => [`${stored.tenant}\n${stored.alert.id}`, stored])).values(),
];

async function writeAlerts(
  db: Transaction<StateTables>,
  alerts: readonly StoredAlert[],
): Promise<void> {
  const latest = lastOfEach(alerts);
  for (const rows of chunks(latest.filter((stored) => !neverFired(stored)).map(alertRow))) {
    await db
      .insertInto("alerts")
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(["tenant", "id"]).doUpdateSet((update) => ({
          state: update.ref("excluded.state"),
          document: update.ref("excluded.document"),
          resolved_at_ms: update.ref("excluded.resolved_at_ms"),
          updated_at_ms: update.ref("excluded.updated_at_ms"),
        })),
      )
      .execute();
  }
  for (const { tenant, alert } of latest.filter(neverFired)) {
    await db.deleteFrom("alerts").where("tenant", "=", tenant).where("id", "=", alert.id).execute();
  }
}

/** Resolve time of the oldest alert of a tenant that may stay, or undefined when there are not too many. */
async function oldestKept(
  db: Kysely<StateTables>,
  tenant: string,
  count: number,
): Promise<number | undefined> {
  const row = await db
    .selectFrom("alerts")
    .select("resolved_at_ms")
    .where("tenant", "=", tenant)
    .where("state", "=", "resolved")
    .orderBy("resolved_at_ms", "desc")
    .offset(count - 1)
    .limit(1)
    .executeTakeFirst();
  return row?.resolved_at_ms ?? undefined;
}

const transition = (db: Kysely<StateTables>, alerts: readonly StoredAlert[]): Promise<void> =>
  db.transaction().execute((transaction) => writeAlerts(transaction, alerts));

const prune = (
  db: Kysely<StateTables>,
  { olderThanMs, maxAlertsPerTenant }: HistoryLimits,
): Promise<number> =>
  db.transaction().execute(async (transaction) => {
    const tenants = await transaction.selectFrom("alerts").select("tenant").distinct().execute();
    let dropped = 0n;
    for (const { tenant } of tenants) {
      const kept = await oldestKept(transaction, tenant, maxAlertsPerTenant);
      const { numDeletedRows } = await transaction
        .deleteFrom("alerts")
        .where("tenant", "=", tenant)
        .where("state", "=", "resolved")
        .where("resolved_at_ms", "<", Math.max(olderThanMs, kept ?? 0))
        .executeTakeFirstOrThrow();
      dropped += numDeletedRows;
    }
    return Number(dropped);
  });

export const alertRepository = (db: Kysely<StateTables>): AlertRepository => ({
  async active() {
    const rows = await db
      .selectFrom("alerts")
      .selectAll()
      .where("state", "<>", "resolved")
      .orderBy("updated_at_ms")
      .execute();
    return rows.map(readAlert);
  },

  async get(tenant, id) {
    const row = await db
      .selectFrom("alerts")
      .selectAll()
      .where("tenant", "=", tenant)
      .where("id", "=", id)
      .executeTakeFirst();
    return row && readAlert(row);
  },

  async history(tenant, sinceMs, limit) {
    const rows = await db
      .selectFrom("alerts")
      .selectAll()
      .where("tenant", "=", tenant)
      .where("state", "=", "resolved")
      .where("resolved_at_ms", ">=", sinceMs)
      .orderBy("resolved_at_ms", "desc")
      .limit(limit)
      .execute();
    return rows.map(readAlert);
  },

  async changedSince(sinceMs, limit) {
    const rows = await db
      .selectFrom("alerts")
      .selectAll()
      .where("updated_at_ms", ">=", sinceMs)
      .orderBy("updated_at_ms")
      .limit(limit)
      .execute();
    return rows.map(readAlert);
  },

  transition: (alerts) => transition(db, alerts),
  prune: (limits) => prune(db, limits),
});
