import { FleetlightError, type Now } from "#lib";
import { sql, type Kysely, type Transaction } from "kysely";

import { createBudgets, createFindings } from "./migrate-budgets.ts";
import { createIncidents, createMaintenance, createOnCall } from "./migrate-oncall.ts";
import { createNotificationTables, indexNotificationGroups } from "./migrate-notifications.ts";
import type { StateTables } from "./schema.ts";

type Step = (db: Transaction<StateTables>) => Promise<void>;

interface Migration {
  name: string;
  up: Step;
}

async function createServices(db: Transaction<StateTables>): Promise<void> {
  await db.schema
    .createTable("services")
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("id", "text", (column) => column.notNull())
    .addColumn("origin", "text", (column) => column.notNull())
    .addColumn("registration", "text", (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("status_since_ms", "bigint", (column) => column.notNull())
    .addColumn("registered_at_ms", "bigint", (column) => column.notNull())
    .addColumn("updated_at_ms", "bigint", (column) => column.notNull())
    .addColumn("last_heartbeat_ms", "bigint")
    .addPrimaryKeyConstraint("services_pk", ["tenant", "id"])
    .execute();
  await db.schema
    .createTable("settings")
    .addColumn("setting_key", "text", (column) => column.primaryKey())
    .addColumn("value", "text", (column) => column.notNull())
    .addColumn("updated_at_ms", "bigint", (column) => column.notNull())
    .execute();
}

async function createRules(db: Transaction<StateTables>): Promise<void> {
  await db.schema
    .createTable("rules")
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("id", "text", (column) => column.notNull())
    .addColumn("definition", "text", (column) => column.notNull())
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("updated_at_ms", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("rules_pk", ["tenant", "id"])
    .execute();
  await db.schema
    .createTable("rule_overrides")
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("id", "text", (column) => column.notNull())
    .addColumn("enabled", "integer", (column) => column.notNull())
    .addColumn("updated_at_ms", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("rule_overrides_pk", ["tenant", "id"])
    .execute();
}

async function createAlerts(db: Transaction<StateTables>): Promise<void> {
  await db.schema
    .createTable("alerts")
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("id", "text", (column) => column.notNull())
    .addColumn("fingerprint", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .addColumn("receivers", "text", (column) => column.notNull())
    .addColumn("notified_at_ms", "bigint")
    .addColumn("resolved_at_ms", "bigint")
    .addColumn("updated_at_ms", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("alerts_pk", ["tenant", "id"])
    .execute();
  // Active alerts are few among many resolved ones; both lists must not read the other.
  await sql`create index alerts_active on alerts (updated_at_ms) where state <> 'resolved'`.execute(
    db,
  );
  await db.schema
    .createIndex("alerts_history")
    .on("alerts")
    .columns(["tenant", "state", "resolved_at_ms"])
    .execute();
  await db.schema.createIndex("alerts_changed").on("alerts").column("updated_at_ms").execute();
}

async function createOutbox(db: Transaction<StateTables>): Promise<void> {
  await db.schema
    .createTable("deliveries")
    .addColumn("delivery_key", "text", (column) => column.primaryKey())
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("alert_id", "text", (column) => column.notNull())
    .addColumn("channel", "text", (column) => column.notNull())
    .addColumn("target", "text", (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
    .addColumn("attempts", "integer", (column) => column.notNull())
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("next_attempt_at_ms", "bigint")
    .execute();
  await db.schema
    .createIndex("deliveries_state")
    .on("deliveries")
    .columns(["state", "created_at_ms"])
    .execute();
  await db.schema
    .createIndex("deliveries_alert")
    .on("deliveries")
    .columns(["tenant", "alert_id", "created_at_ms"])
    .execute();
  await db.schema
    .createTable("delivery_attempts")
    .addColumn("delivery_key", "text", (column) =>
      column.notNull().references("deliveries.delivery_key").onDelete("cascade"),
    )
    .addColumn("number", "integer", (column) => column.notNull())
    .addColumn("at_ms", "bigint", (column) => column.notNull())
    .addColumn("duration_ms", "double precision", (column) => column.notNull())
    .addColumn("ok", "integer", (column) => column.notNull())
    .addColumn("status_code", "integer")
    .addColumn("error", "text")
    .addPrimaryKeyConstraint("delivery_attempts_pk", ["delivery_key", "number"])
    .execute();
}

/** In the order in which they are applied. Only ever add to the end: a number that was applied keeps its meaning. */
const MIGRATIONS: readonly Migration[] = [
  { name: "services and settings", up: createServices },
  { name: "rules", up: createRules },
  { name: "alerts", up: createAlerts },
  { name: "outbox", up: createOutbox },
  { name: "people, schedules and escalation", up: createOnCall },
  { name: "incidents and timelines", up: createIncidents },
  { name: "maintenance", up: createMaintenance },
  { name: "notifications, silences and received alerts", up: createNotificationTables },
  { name: "notifications by group", up: indexNotificationGroups },
  { name: "budgets and stops", up: createBudgets },
  { name: "findings of coordination", up: createFindings },
];

/** Any number, the same in every replica: it names the lock that lets one of them migrate at a time. */
const ADVISORY_LOCK = 708_441_005;

/**
 * Brings the tables up to date, all steps in one transaction.
 * @throws FleetlightError `state_too_new` when a newer Fleetlight has changed them.
 */
export async function migrate(
  db: Kysely<StateTables>,
  options: { now: Now; postgres: boolean },
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    if (options.postgres) {
      await sql`select pg_advisory_xact_lock(${ADVISORY_LOCK})`.execute(transaction);
    }
    await transaction.schema
      .createTable("schema_migrations")
      .ifNotExists()
      .addColumn("number", "integer", (column) => column.primaryKey())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("applied_at_ms", "bigint", (column) => column.notNull())
      .execute();
    const { latest } = await transaction
      .selectFrom("schema_migrations")
      .select(({ fn }) => fn.max("number").as("latest"))
      .executeTakeFirstOrThrow();
    const applied = Number(latest ?? 0);
    if (applied > MIGRATIONS.length) {
      throw new FleetlightError(
        "state_too_new",
        500,
        `the state database has version ${applied}, this Fleetlight knows versions up to ${MIGRATIONS.length}: run the newer Fleetlight, or give this one another database`,
      );
    }
    for (const [index, { name, up }] of MIGRATIONS.entries()) {
      if (index < applied) continue;
      await up(transaction);
      await transaction
        .insertInto("schema_migrations")
        .values({ number: index + 1, name, applied_at_ms: options.now() })
        .execute();
    }
  });
}
