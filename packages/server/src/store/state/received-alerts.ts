import type { Kysely } from "kysely";

import type { StateTables } from "./schema.ts";
import type { ReceivedAlert, ReceivedAlertRepository } from "./types.ts";

/** Rows of one statement: few enough for every database's limit of parameters, and short on the main thread. */
const ROWS_PER_STATEMENT = 50;

const rowOf = (alert: ReceivedAlert) => ({
  tenant: alert.tenant,
  fingerprint: alert.fingerprint,
  document: JSON.stringify(alert.document),
  ends_at_ms: alert.endsAtMs,
});

export const receivedAlertRepository = (db: Kysely<StateTables>): ReceivedAlertRepository => ({
  async list() {
    const rows = await db.selectFrom("received_alerts").selectAll().execute();
    return rows.map((row) => ({
      tenant: row.tenant,
      fingerprint: row.fingerprint,
      document: JSON.parse(row.document) as unknown,
      endsAtMs: row.ends_at_ms,
    }));
  },

  put: (alerts) =>
    db.transaction().execute(async (transaction) => {
      for (let start = 0; start < alerts.length; start += ROWS_PER_STATEMENT) {
        await transaction
          .insertInto("received_alerts")
          .values(alerts.slice(start, start + ROWS_PER_STATEMENT).map(rowOf))
          .onConflict((conflict) =>
            conflict.columns(["tenant", "fingerprint"]).doUpdateSet((update) => ({
              document: update.ref("excluded.document"),
              ends_at_ms: update.ref("excluded.ends_at_ms"),
            })),
          )
          .execute();
      }
    }),

  async prune(endedBeforeMs) {
    await db.deleteFrom("received_alerts").where("ends_at_ms", "<", endedBeforeMs).execute();
  },
});
