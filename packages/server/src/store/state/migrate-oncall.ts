import { sql, type Transaction } from "kysely";

import type { StateTables } from "./schema.ts";

/** People, teams, schedules with their overrides, and escalation policies. */
export async function createOnCall(db: Transaction<StateTables>): Promise<void> {
  await db.schema
    .createTable("oncall_entities")
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("id", "text", (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("updated_at_ms", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("oncall_entities_pk", ["tenant", "kind", "id"])
    .execute();
  await db.schema
    .createTable("schedule_overrides")
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("id", "text", (column) => column.notNull())
    .addColumn("schedule", "text", (column) => column.notNull())
    .addColumn("person", "text")
    .addColumn("start_ms", "bigint", (column) => column.notNull())
    .addColumn("end_ms", "bigint", (column) => column.notNull())
    .addColumn("note", "text", (column) => column.notNull())
    .addColumn("made_by", "text", (column) => column.notNull())
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("schedule_overrides_pk", ["tenant", "id"])
    .execute();
}

async function createOccurrences(db: Transaction<StateTables>): Promise<void> {
  await db.schema
    .createTable("alert_occurrences")
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("fingerprint", "text", (column) => column.notNull())
    .addColumn("started_at_ms", "bigint", (column) => column.notNull())
    .addColumn("ended_at_ms", "bigint")
    .addColumn("incident_id", "text", (column) => column.notNull())
    .addColumn("alert_id", "text")
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("service", "text", (column) => column.notNull())
    .addColumn("severity", "text", (column) => column.notNull())
    .addColumn("labels", "text", (column) => column.notNull())
    .addColumn("annotations", "text", (column) => column.notNull())
    .addColumn("acknowledged_at_ms", "bigint")
    .addColumn("acknowledged_by", "text")
    .addPrimaryKeyConstraint("alert_occurrences_pk", ["tenant", "fingerprint", "started_at_ms"])
    .execute();
  await sql`create index alert_occurrences_open on alert_occurrences (tenant, incident_id) where ended_at_ms is null`.execute(
    db,
  );
  await db.schema
    .createIndex("alert_occurrences_started")
    .on("alert_occurrences")
    .columns(["tenant", "started_at_ms"])
    .execute();
  await db.schema
    .createIndex("alert_occurrences_incident")
    .on("alert_occurrences")
    .columns(["tenant", "incident_id"])
    .execute();
}

/** Incidents with their timelines, each time that an alert fired, and who acknowledged what. */
export async function createIncidents(db: Transaction<StateTables>): Promise<void> {
  await db.schema
    .createTable("incidents")
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("id", "text", (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("severity", "text", (column) => column.notNull())
    .addColumn("owner", "text", (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .addColumn("triggered_at_ms", "bigint", (column) => column.notNull())
    .addColumn("resolved_at_ms", "bigint")
    .addColumn("updated_at_ms", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("incidents_pk", ["tenant", "id"])
    .execute();
  // Open incidents are few among many; the start of the server reads only these.
  await sql`create index incidents_open on incidents (updated_at_ms) where status <> 'resolved'`.execute(
    db,
  );
  await db.schema
    .createIndex("incidents_triggered")
    .on("incidents")
    .columns(["tenant", "triggered_at_ms", "id"])
    .execute();
  await db.schema
    .createTable("incident_entries")
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("incident_id", "text", (column) => column.notNull())
    .addColumn("number", "integer", (column) => column.notNull())
    .addColumn("at_ms", "bigint", (column) => column.notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("made_by", "text", (column) => column.notNull())
    .addColumn("text", "text", (column) => column.notNull())
    .addColumn("attributes", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("incident_entries_pk", ["tenant", "incident_id", "number"])
    .execute();
  await createOccurrences(db);
  await db.schema
    .createTable("acknowledgements")
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("fingerprint", "text", (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .addColumn("expires_at_ms", "bigint")
    .addPrimaryKeyConstraint("acknowledgements_pk", ["tenant", "fingerprint"])
    .execute();
}

export async function createMaintenance(db: Transaction<StateTables>): Promise<void> {
  await db.schema
    .createTable("maintenance_windows")
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("id", "text", (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("updated_at_ms", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("maintenance_windows_pk", ["tenant", "id"])
    .execute();
}
