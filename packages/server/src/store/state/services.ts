import type { ServiceOrigin, ServiceRegistration, ServiceStatus } from "@fleetlight/contract";
import type { Kysely } from "kysely";

import type { StateTables } from "./schema.ts";
import type { ServiceRepository } from "./types.ts";

export const serviceRepository = (db: Kysely<StateTables>): ServiceRepository => ({
  async list() {
    const rows = await db.selectFrom("services").selectAll().execute();
    return rows.map((row) => ({
      tenant: row.tenant,
      origin: row.origin as ServiceOrigin,
      registration: JSON.parse(row.registration) as ServiceRegistration,
      status: row.status as ServiceStatus,
      statusSinceMs: row.status_since_ms,
      registeredAtMs: row.registered_at_ms,
      updatedAtMs: row.updated_at_ms,
      lastHeartbeatMs: row.last_heartbeat_ms,
    }));
  },

  async put(service) {
    const values = {
      origin: service.origin,
      registration: JSON.stringify(service.registration),
      status: service.status,
      status_since_ms: service.statusSinceMs,
      registered_at_ms: service.registeredAtMs,
      updated_at_ms: service.updatedAtMs,
      last_heartbeat_ms: service.lastHeartbeatMs,
    };
    await db
      .insertInto("services")
      .values({ tenant: service.tenant, id: service.registration.id, ...values })
      .onConflict((conflict) => conflict.columns(["tenant", "id"]).doUpdateSet(values))
      .execute();
  },

  async remove(tenant, id) {
    await db.deleteFrom("services").where("tenant", "=", tenant).where("id", "=", id).execute();
  },
});
