import { FleetlightError, describeError, type Logger, type Now } from "#lib";
import { Kysely, PostgresDialect, SqliteDialect, sql, type Dialect } from "kysely";

import { alertRepository } from "./alerts.ts";
import { budgetRepository } from "./budgets.ts";
import { findingRepository } from "./findings.ts";
import { incidentRepository } from "./incidents.ts";
import { maintenanceRepository } from "./maintenance.ts";
import { migrate } from "./migrations.ts";
import { onCallRepository } from "./oncall.ts";
import { notificationLogRepository } from "./notification-log.ts";
import { outboxRepository } from "./outbox.ts";
import { openPostgres } from "./postgres.ts";
import { receivedAlertRepository } from "./received-alerts.ts";
import { ruleRepository } from "./rules.ts";
import type { StateTables } from "./schema.ts";
import { serviceRepository } from "./services.ts";
import { settingRepository } from "./settings.ts";
import { silenceRepository } from "./silences.ts";
import { openSqlite } from "./sqlite.ts";
import type { StateStore } from "./types.ts";

/** A file of SQLite (`:memory:` for one that is gone with the process), or the URL of a PostgreSQL database. */
export type StateLocation = { path: string } | { url: string };

interface StateStoreContext {
  now: Now;
  logger: Logger;
}

const openDialect = (location: StateLocation, logger: Logger): Dialect =>
  "path" in location
    ? new SqliteDialect({ database: openSqlite(location.path) })
    : new PostgresDialect({ pool: openPostgres(location.url, logger) });

/** Where the store is, without user and password. */
function describeLocation(location: StateLocation): string {
  if ("path" in location) return location.path;
  const { host, pathname } = new URL(location.url);
  return `${host}${pathname}`;
}

/**
 * Opens the state store and brings its tables up to date.
 * @throws FleetlightError `state_corrupt`, `state_unavailable` or `state_too_new`, with what to do.
 */
export async function createStateStore(
  location: StateLocation,
  { now, logger }: StateStoreContext,
): Promise<StateStore> {
  const db = new Kysely<StateTables>({ dialect: openDialect(location, logger) });
  try {
    await migrate(db, { now, postgres: "url" in location });
  } catch (cause) {
    await db.destroy();
    if (cause instanceof FleetlightError) throw cause;
    throw new FleetlightError(
      "state_unavailable",
      500,
      `failed to prepare the state database ${describeLocation(location)}: ${describeError(cause)}`,
      { cause, retryable: true },
    );
  }
  return {
    services: serviceRepository(db),
    rules: ruleRepository(db),
    alerts: alertRepository(db),
    outbox: outboxRepository(db),
    notificationLog: notificationLogRepository(db),
    silences: silenceRepository(db),
    receivedAlerts: receivedAlertRepository(db),
    settings: settingRepository(db, now),
    oncall: onCallRepository(db),
    incidents: incidentRepository(db),
    maintenance: maintenanceRepository(db),
    budgets: budgetRepository(db),
    findings: findingRepository(db),
    async ping() {
      await sql`select 1`.execute(db);
    },
    close: () => db.destroy(),
  };
}
