import type { Now } from "#lib";
import type { Kysely } from "kysely";

import type { StateTables } from "./schema.ts";
import type { SettingRepository } from "./types.ts";

export const settingRepository = (db: Kysely<StateTables>, now: Now): SettingRepository => ({
  async get(key) {
    const row = await db
      .selectFrom("settings")
      .select("value")
      .where("setting_key", "=", key)
      .executeTakeFirst();
    return row?.value;
  },

  async put(key, value) {
    const values = { value, updated_at_ms: now() };
    await db
      .insertInto("settings")
      .values({ setting_key: key, ...values })
      .onConflict((conflict) => conflict.column("setting_key").doUpdateSet(values))
      .execute();
  },

  async remove(key) {
    await db.deleteFrom("settings").where("setting_key", "=", key).execute();
  },
});
