import { sql, type Kysely } from "kysely";

import type { InsightRows, TallyRow } from "./incident-records.ts";
import type { StateTables } from "./schema.ts";

/** Rows of each list. */
const MAX_ROWS = 50;

const MAX_DAYS = 400;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Series that fired at least so often are said to flap. */
const FLAPS_FROM = 2;

interface Range {
  tenant: string;
  startMs: number;
  endMs: number;
}

const numberOrNull = (value: unknown): number | null => (value === null ? null : Number(value));

const ALERTS = sql<number>`count(*)`.as("alerts");
const MTTA = sql<unknown>`avg(acknowledged_at_ms - started_at_ms)`.as("mtta");
const MTTR = sql<unknown>`avg(ended_at_ms - started_at_ms)`.as("mttr");

const inRange = (db: Kysely<StateTables>, { tenant, startMs, endMs }: Range) =>
  db
    .selectFrom("alert_occurrences")
    .where("tenant", "=", tenant)
    .where("started_at_ms", ">=", startMs)
    .where("started_at_ms", "<", endMs);

async function tally(
  db: Kysely<StateTables>,
  range: Range,
  column: "name" | "service" | "severity",
): Promise<TallyRow[]> {
  const rows = await inRange(db, range)
    .select([column, ALERTS, MTTA, MTTR])
    .groupBy(column)
    .orderBy("alerts", "desc")
    .orderBy(column)
    .limit(MAX_ROWS)
    .execute();
  return rows.map((row) => ({
    key: String((row as Record<string, unknown>)[column]),
    alerts: Number(row.alerts),
    mttaMs: numberOrNull(row.mtta),
    mttrMs: numberOrNull(row.mttr),
  }));
}

async function totals(db: Kysely<StateTables>, range: Range): Promise<InsightRows["total"]> {
  const row = await inRange(db, range)
    .select([
      ALERTS,
      MTTA,
      MTTR,
      sql<number>`count(ended_at_ms)`.as("resolved"),
      sql<number>`count(acknowledged_at_ms)`.as("acknowledged"),
    ])
    .executeTakeFirstOrThrow();
  return {
    alerts: Number(row.alerts),
    resolved: Number(row.resolved),
    acknowledged: Number(row.acknowledged),
    mttaMs: numberOrNull(row.mtta),
    mttrMs: numberOrNull(row.mttr),
  };
}

/** Alerts by a whole number that is worked out from their start. */
async function byTime(
  db: Kysely<StateTables>,
  range: Range,
  expression: ReturnType<typeof sql<number>>,
): Promise<{ slot: number; alerts: number }[]> {
  const rows = await inRange(db, range)
    .select([expression.as("slot"), ALERTS])
    .groupBy(expression)
    .orderBy("slot", "desc")
    .limit(MAX_DAYS)
    .execute();
  return rows.map((row) => ({ slot: Number(row.slot), alerts: Number(row.alerts) })).toReversed();
}

async function flapping(db: Kysely<StateTables>, range: Range): Promise<InsightRows["flapping"]> {
  const rows = await inRange(db, range)
    .select(["fingerprint", sql<string>`max(name)`.as("name"), ALERTS, MTTR])
    .select(sql<string>`max(service)`.as("service"))
    .groupBy("fingerprint")
    .having(sql<number>`count(*)`, ">=", FLAPS_FROM)
    .orderBy("alerts", "desc")
    .orderBy("fingerprint")
    .limit(MAX_ROWS)
    .execute();
  return rows.map(({ fingerprint, name, service, alerts, mttr }) => ({
    fingerprint,
    name,
    service,
    alerts: Number(alerts),
    meanActiveMs: numberOrNull(mttr),
  }));
}

async function byPerson(
  db: Kysely<StateTables>,
  range: Range,
): Promise<InsightRows["acknowledgedBy"]> {
  const rows = await inRange(db, range)
    .select(["acknowledged_by", ALERTS, MTTA])
    .where("acknowledged_by", "is not", null)
    .groupBy("acknowledged_by")
    .orderBy("alerts", "desc")
    .orderBy("acknowledged_by")
    .limit(MAX_ROWS)
    .execute();
  return rows.map(({ acknowledged_by, alerts, mtta }) => ({
    by: acknowledged_by ?? "",
    acknowledgements: Number(alerts),
    mttaMs: numberOrNull(mtta),
  }));
}

/** One pass of the database for each list; every answer is bounded, whatever the range. */
export async function readInsights(db: Kysely<StateTables>, range: Range): Promise<InsightRows> {
  const incidents = await db
    .selectFrom("incidents")
    .select(sql<number>`count(*)`.as("count"))
    .where("tenant", "=", range.tenant)
    .where("triggered_at_ms", ">=", range.startMs)
    .where("triggered_at_ms", "<", range.endMs)
    .executeTakeFirstOrThrow();
  // Whole numbers are divided as such by both databases; as literals, because PostgreSQL takes a parameter for a
  // different expression each time that it stands there.
  const hour = sql<number>`((started_at_ms / ${sql.lit(HOUR_MS)}) % 24)`;
  const day = sql<number>`(started_at_ms / ${sql.lit(DAY_MS)})`;
  return {
    total: await totals(db, range),
    incidents: Number(incidents.count),
    byRule: await tally(db, range, "name"),
    byService: await tally(db, range, "service"),
    bySeverity: await tally(db, range, "severity"),
    byHour: (await byTime(db, range, hour)).map(({ slot, alerts }) => ({ hour: slot, alerts })),
    byDay: (await byTime(db, range, day)).map(({ slot, alerts }) => ({ day: slot, alerts })),
    flapping: await flapping(db, range),
    acknowledgedBy: await byPerson(db, range),
  };
}
