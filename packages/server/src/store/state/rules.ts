import type { AlertRuleInput } from "@fleetlight/contract";
import type { Kysely } from "kysely";

import type { StateTables } from "./schema.ts";
import type { RuleRepository } from "./types.ts";

export const ruleRepository = (db: Kysely<StateTables>): RuleRepository => ({
  async list() {
    const rows = await db.selectFrom("rules").selectAll().execute();
    return rows.map((row) => ({
      tenant: row.tenant,
      rule: JSON.parse(row.definition) as AlertRuleInput,
      createdAtMs: row.created_at_ms,
      updatedAtMs: row.updated_at_ms,
    }));
  },

  async put({ tenant, rule, createdAtMs, updatedAtMs }) {
    const values = {
      definition: JSON.stringify(rule),
      created_at_ms: createdAtMs,
      updated_at_ms: updatedAtMs,
    };
    await db
      .insertInto("rules")
      .values({ tenant, id: rule.id, ...values })
      .onConflict((conflict) => conflict.columns(["tenant", "id"]).doUpdateSet(values))
      .execute();
  },

  async remove(tenant, id) {
    await db.deleteFrom("rules").where("tenant", "=", tenant).where("id", "=", id).execute();
  },

  async overrides() {
    const rows = await db.selectFrom("rule_overrides").selectAll().execute();
    return rows.map((row) => ({
      tenant: row.tenant,
      id: row.id,
      enabled: row.enabled === 1,
      updatedAtMs: row.updated_at_ms,
    }));
  },

  async putOverride({ tenant, id, enabled, updatedAtMs }) {
    const values = { enabled: enabled ? 1 : 0, updated_at_ms: updatedAtMs };
    await db
      .insertInto("rule_overrides")
      .values({ tenant, id, ...values })
      .onConflict((conflict) => conflict.columns(["tenant", "id"]).doUpdateSet(values))
      .execute();
  },

  async removeOverride(tenant, id) {
    await db
      .deleteFrom("rule_overrides")
      .where("tenant", "=", tenant)
      .where("id", "=", id)
      .execute();
  },
});
