import type { Kysely } from "kysely";

import type { StateTables } from "./schema.ts";
import type { SilenceRepository, StoredSilence } from "./types.ts";

export const silenceRepository = (db: Kysely<StateTables>): SilenceRepository => ({
  async list() {
    const rows = await db.selectFrom("silences").select("document").execute();
    return rows.map((row) => JSON.parse(row.document) as StoredSilence);
  },

  put: (silences) =>
    db.transaction().execute(async (transaction) => {
      for (const silence of silences) {
        const values = { document: JSON.stringify(silence), ends_at_ms: silence.endsAtMs };
        await transaction
          .insertInto("silences")
          .values({ tenant: silence.tenant, id: silence.id, ...values })
          .onConflict((conflict) => conflict.columns(["tenant", "id"]).doUpdateSet(values))
          .execute();
      }
    }),

  async prune(endedBeforeMs) {
    await db.deleteFrom("silences").where("ends_at_ms", "<", endedBeforeMs).execute();
  },
});
