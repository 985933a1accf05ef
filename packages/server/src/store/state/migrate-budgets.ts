import { sql, type Transaction } from "kysely";

import type { StateTables } from "./schema.ts";

/** Budgets with what was spent of them, and stops. */
export async function createBudgets(db: Transaction<StateTables>): Promise<void> {
  await db.schema
    .createTable("budgets")
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("id", "text", (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("updated_at_ms", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("budgets_pk", ["tenant", "id"])
    .execute();
  await db.schema
    .createTable("budget_spending")
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("budget_id", "text", (column) => column.notNull())
    .addColumn("subject", "text", (column) => column.notNull())
    .addColumn("period_start_ms", "bigint", (column) => column.notNull())
    .addColumn("tokens", "double precision", (column) => column.notNull())
    .addColumn("cost_usd", "double precision", (column) => column.notNull())
    .addColumn("calls", "double precision", (column) => column.notNull())
    .addColumn("unpriced_calls", "double precision", (column) => column.notNull())
    .addPrimaryKeyConstraint("budget_spending_pk", [
      "tenant",
      "budget_id",
      "period_start_ms",
      "subject",
    ])
    .execute();
  await db.schema
    .createTable("budget_counted")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("at_ms", "bigint", (column) => column.notNull())
    .addColumn("spans", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("budget_counted_at")
    .on("budget_counted")
    .columns(["at_ms"])
    .execute();
  await db.schema
    .createTable("stops")
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("id", "text", (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .addColumn("expires_at_ms", "bigint")
    .addPrimaryKeyConstraint("stops_pk", ["tenant", "id"])
    .execute();
}

/** What agents were seen to do to one another. */
export async function createFindings(db: Transaction<StateTables>): Promise<void> {
  await db.schema
    .createTable("coordination_findings")
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("id", "text", (column) => column.notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .addColumn("first_seen_ms", "bigint", (column) => column.notNull())
    .addColumn("last_seen_ms", "bigint", (column) => column.notNull())
    .addColumn("ended_at_ms", "bigint")
    .addPrimaryKeyConstraint("coordination_findings_pk", ["tenant", "id"])
    .execute();
  await sql`create index coordination_findings_open on coordination_findings (tenant) where ended_at_ms is null`.execute(
    db,
  );
  await db.schema
    .createIndex("coordination_findings_seen")
    .on("coordination_findings")
    .columns(["tenant", "first_seen_ms"])
    .execute();
}
