import { Kysely, SqliteDialect, sql } from "kysely";
import { expect, it } from "vitest";

import { createNotificationTables } from "./migrate-notifications.ts";
import { outboxRepository } from "./outbox.ts";
import type { StateTables } from "./schema.ts";
import { openSqlite } from "./sqlite.ts";

const BODY = JSON.stringify({
  version: "4",
  groupKey: '{}:{alertname="Down"}',
  status: "firing",
  receiver: "webhook",
  groupLabels: { alertname: "Down" },
  commonLabels: {},
  commonAnnotations: {},
  externalURL: "http://fleetlight.example",
  alerts: [{ status: "firing", labels: { alertname: "Down" }, fingerprint: "627261696e5f5f5f" }],
});

it("takes the former outbox along: what waits is delivered, what is over stays to be seen", async () => {
  const db = new Kysely<StateTables>({
    dialect: new SqliteDialect({ database: openSqlite(":memory:") }),
  });
  await sql`create table alerts (tenant text, id text, receivers text, notified_at_ms bigint)`.execute(
    db,
  );
  await sql`create table deliveries (delivery_key text primary key, tenant text, alert_id text,
    channel text, target text, status text, state text, body text, attempts integer,
    created_at_ms bigint, next_attempt_at_ms bigint)`.execute(db);
  await sql`create table delivery_attempts (delivery_key text references deliveries, number integer,
    at_ms bigint, duration_ms real, ok integer, status_code integer, error text)`.execute(db);
  for (const [key, state, at] of [
    ["a1.webhook.firing", "pending", 5000],
    ["a2.webhook.firing", "delivered", null],
  ]) {
    await sql`insert into deliveries values (${key}, 'default', ${String(key).slice(0, 2)}, 'webhook',
      'example.org/hook', 'firing', ${state}, ${BODY}, 1, 1000, ${at})`.execute(db);
    await sql`insert into delivery_attempts values (${key}, 1, 1001, 5, 0, 503, 'answered 503')`.execute(
      db,
    );
  }
  await db.transaction().execute(createNotificationTables);
  const outbox = outboxRepository(db);
  expect(await outbox.pending(10)).toEqual([
    {
      id: "a1.webhook.firing",
      tenant: "default",
      groupKey: '{}:{alertname="Down"}',
      receiver: "default",
      integration: "webhook[0]",
      status: "firing",
      reason: "group",
      createdAtMs: 1000,
      nextAttemptAtMs: 5000,
      attempts: 1,
    },
  ]);
  const message = await outbox.message("a1.webhook.firing");
  expect(JSON.parse(message?.body ?? "")).toMatchObject({
    id: "a1.webhook.firing",
    receiver: "default",
    externalUrl: "http://fleetlight.example",
    alerts: [{ labels: { alertname: "Down" } }],
  });
  const [found] = await outbox.list("default", { alertId: "a2", limit: 10 });
  expect(found).toMatchObject({
    state: "delivered",
    alert_ids: ["a2"],
    attempts: [{ status_code: 503, error: "answered 503" }],
  });
  await expect(sql`select * from deliveries`.execute(db)).rejects.toThrow(/no such table/);
  await db.destroy();
});
