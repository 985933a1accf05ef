import type { LabelMatcher, MaintenanceSchedule } from "@fleetlight/contract";
import type { Kysely } from "kysely";

import type { StateTables } from "./schema.ts";

/** A maintenance window or recurring silence. */
export interface StoredMaintenance {
  tenant: string;
  id: string;
  name: string;
  reason: string;
  by: string;
  matchers: LabelMatcher[];
  services: string[];
  schedule: MaintenanceSchedule;
  enabled: boolean;
  /** Occurrences that were ended by hand: when they began, and when they really ended. The latest hundred. */
  cut: { startMs: number; endMs: number }[];
  createdAtMs: number;
  updatedAtMs: number;
}

/** Windows of all tenants; `put` replaces by tenant and id, removing what is not there is no error, no order. */
export interface MaintenanceRepository {
  list(): Promise<StoredMaintenance[]>;
  put(window: StoredMaintenance): Promise<void>;
  remove(tenant: string, id: string): Promise<void>;
}

export const maintenanceRepository = (db: Kysely<StateTables>): MaintenanceRepository => ({
  async list() {
    const rows = await db.selectFrom("maintenance_windows").selectAll().execute();
    return rows.map((row) => ({
      ...(JSON.parse(row.document) as StoredMaintenance),
      tenant: row.tenant,
      id: row.id,
      createdAtMs: row.created_at_ms,
      updatedAtMs: row.updated_at_ms,
    }));
  },

  async put(window) {
    const values = {
      document: JSON.stringify(window),
      created_at_ms: window.createdAtMs,
      updated_at_ms: window.updatedAtMs,
    };
    await db
      .insertInto("maintenance_windows")
      .values({ tenant: window.tenant, id: window.id, ...values })
      .onConflict((conflict) => conflict.columns(["tenant", "id"]).doUpdateSet(values))
      .execute();
  },

  async remove(tenant, id) {
    await db
      .deleteFrom("maintenance_windows")
      .where("tenant", "=", tenant)
      .where("id", "=", id)
      .execute();
  },
});
