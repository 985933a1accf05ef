import { sql, type Kysely, type Selectable, type Transaction } from "kysely";

import type { StateTables } from "./schema.ts";

/** Deliveries of the former outbox that are read at once. */
const PAGE = 500;

async function createSilences(db: Transaction<StateTables>): Promise<void> {
  await db.schema
    .createTable("silences")
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("id", "text", (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .addColumn("ends_at_ms", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("silences_pk", ["tenant", "id"])
    .execute();
  await db.schema
    .createTable("received_alerts")
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("fingerprint", "text", (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .addColumn("ends_at_ms", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("received_alerts_pk", ["tenant", "fingerprint"])
    .execute();
}

async function createLog(db: Transaction<StateTables>): Promise<void> {
  await db.schema
    .createTable("notification_log")
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("group_key", "text", (column) => column.notNull())
    .addColumn("channel", "text", (column) => column.notNull())
    .addColumn("firing", "text", (column) => column.notNull())
    .addColumn("resolved", "text", (column) => column.notNull())
    .addColumn("open", "text", (column) => column.notNull())
    .addColumn("notification_id", "text", (column) => column.notNull())
    .addColumn("at_ms", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("notification_log_pk", ["tenant", "group_key", "channel"])
    .execute();
  await db.schema
    .createTable("alert_groups")
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("group_key", "text", (column) => column.notNull())
    .addColumn("next_flush_ms", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("alert_groups_pk", ["tenant", "group_key"])
    .execute();
  await db.schema
    .createTable("told_alerts")
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("fingerprint", "text", (column) => column.notNull())
    .addColumn("at_ms", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("told_alerts_pk", ["tenant", "fingerprint"])
    .execute();
}

async function createNotifications(db: Transaction<StateTables>): Promise<void> {
  await db.schema
    .createTable("notifications")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("group_key", "text", (column) => column.notNull())
    .addColumn("receiver", "text", (column) => column.notNull())
    .addColumn("integration", "text", (column) => column.notNull())
    .addColumn("target", "text", (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("reason", "text", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
    .addColumn("attempts", "integer", (column) => column.notNull())
    .addColumn("reference", "text")
    .addColumn("created_at_ms", "bigint", (column) => column.notNull())
    .addColumn("next_attempt_at_ms", "bigint")
    .execute();
  await db.schema
    .createIndex("notifications_state")
    .on("notifications")
    .columns(["state", "created_at_ms"])
    .execute();
  await db.schema
    .createIndex("notifications_tenant")
    .on("notifications")
    .columns(["tenant", "created_at_ms"])
    .execute();
  await db.schema
    .createTable("notification_alerts")
    .addColumn("notification_id", "text", (column) =>
      column.notNull().references("notifications.id").onDelete("cascade"),
    )
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("fingerprint", "text", (column) => column.notNull())
    .addColumn("alert_id", "text")
    .addColumn("status", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("notification_alerts_pk", ["notification_id", "fingerprint"])
    .execute();
  for (const column of ["alert_id", "fingerprint"] as const) {
    await db.schema
      .createIndex(`notification_alerts_${column}`)
      .on("notification_alerts")
      .columns(["tenant", column])
      .execute();
  }
  await db.schema
    .createTable("notification_attempts")
    .addColumn("notification_id", "text", (column) =>
      column.notNull().references("notifications.id").onDelete("cascade"),
    )
    .addColumn("number", "integer", (column) => column.notNull())
    .addColumn("at_ms", "bigint", (column) => column.notNull())
    .addColumn("duration_ms", "double precision", (column) => column.notNull())
    .addColumn("ok", "integer", (column) => column.notNull())
    .addColumn("status_code", "integer")
    .addColumn("error", "text")
    .addPrimaryKeyConstraint("notification_attempts_pk", ["notification_id", "number"])
    .execute();
}

/** Tables as the migrations before this one left them. */
interface FormerTables extends StateTables {
  deliveries: {
    delivery_key: string;
    tenant: string;
    alert_id: string;
    channel: string;
    target: string;
    status: string;
    state: string;
    body: string;
    attempts: number;
    created_at_ms: number;
    next_attempt_at_ms: number | null;
  };
  delivery_attempts: { delivery_key: string };
}

interface FormerBody {
  groupKey?: string;
  alerts?: { fingerprint?: string }[];
  [key: string]: unknown;
}

/** The former outbox kept the text of the webhook, which says all that a notification has. */
function convert(row: Selectable<FormerTables["deliveries"]>) {
  const { groupKey = "", externalURL, ...body } = JSON.parse(row.body) as FormerBody;
  // `notifications` makes one receiver of this name.
  const receiver = "default";
  const integration = `${row.channel}[0]`;
  const notification = {
    ...body,
    id: row.delivery_key,
    tenant: row.tenant,
    receiver,
    integration,
    groupKey,
    externalUrl: externalURL,
    createdAtMs: row.created_at_ms,
    reason: "group",
  };
  return {
    notification: {
      id: row.delivery_key,
      tenant: row.tenant,
      group_key: groupKey,
      receiver,
      integration,
      target: row.target,
      status: row.status,
      state: row.state,
      reason: "group",
      body: JSON.stringify(notification),
      attempts: row.attempts,
      created_at_ms: row.created_at_ms,
      next_attempt_at_ms: row.next_attempt_at_ms,
    },
    alert: {
      notification_id: row.delivery_key,
      tenant: row.tenant,
      fingerprint: body.alerts?.[0]?.fingerprint ?? "",
      alert_id: row.alert_id,
      status: row.status,
    },
  };
}

async function moveDeliveries(db: Transaction<StateTables>): Promise<void> {
  const former = db as unknown as Kysely<FormerTables>;
  let after = "";
  for (;;) {
    const rows = await former
      .selectFrom("deliveries")
      .selectAll()
      .where("delivery_key", ">", after)
      .orderBy("delivery_key")
      .limit(PAGE)
      .execute();
    if (rows.length === 0) break;
    after = rows.at(-1)?.delivery_key ?? "";
    for (const row of rows) {
      const { notification, alert } = convert(row);
      await db.insertInto("notifications").values(notification).execute();
      await db.insertInto("notification_alerts").values(alert).execute();
    }
  }
  await sql`insert into notification_attempts
    (notification_id, number, at_ms, duration_ms, ok, status_code, error)
    select delivery_key, number, at_ms, duration_ms, ok, status_code, error
    from delivery_attempts`.execute(db);
  await db.schema.dropTable("delivery_attempts").execute();
  await db.schema.dropTable("deliveries").execute();
}

/** Groups of alerts take the place of one delivery per alert; what the former outbox has is taken along. */
export async function createNotificationTables(db: Transaction<StateTables>): Promise<void> {
  await createSilences(db);
  await createLog(db);
  await createNotifications(db);
  await moveDeliveries(db);
  await db.schema.alterTable("alerts").dropColumn("receivers").execute();
  await db.schema.alterTable("alerts").dropColumn("notified_at_ms").execute();
}

/** Finds the latest notification about a group, which its next one may change. */
export async function indexNotificationGroups(db: Transaction<StateTables>): Promise<void> {
  await db.schema
    .createIndex("notifications_group")
    .on("notifications")
    .columns(["tenant", "group_key", "created_at_ms"])
    .execute();
}
