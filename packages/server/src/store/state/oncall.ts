import type {
  EscalationPolicyInput,
  PersonInput,
  ScheduleInput,
  TeamInput,
} from "@fleetlight/contract";
import type { Kysely } from "kysely";

import type { StateTables } from "./schema.ts";

/** What is kept by kind. */
export interface OnCallDocuments {
  person: PersonInput;
  team: TeamInput;
  schedule: ScheduleInput;
  policy: EscalationPolicyInput;
}
export type OnCallKind = keyof OnCallDocuments;

export interface StoredOnCall<K extends OnCallKind = OnCallKind> {
  tenant: string;
  kind: K;
  document: OnCallDocuments[K];
  createdAtMs: number;
  updatedAtMs: number;
}

export interface StoredOverride {
  tenant: string;
  id: string;
  schedule: string;
  /** Null: nobody is on call. */
  person: string | null;
  startMs: number;
  endMs: number;
  note: string;
  by: string;
  createdAtMs: number;
}

/**
 * People, teams, schedules and policies that were made through the API, of all tenants. `put` replaces by tenant, kind
 * and id of the document; removing what is not there is no error. Lists have no order unless they say so.
 */
export interface OnCallRepository {
  list(): Promise<StoredOnCall[]>;
  put(entity: StoredOnCall): Promise<void>;
  /** A schedule takes its overrides with it. */
  remove(tenant: string, kind: OnCallKind, id: string): Promise<void>;
  /** Oldest first. */
  overrides(): Promise<StoredOverride[]>;
  putOverride(override: StoredOverride): Promise<void>;
  removeOverride(tenant: string, id: string): Promise<void>;
  /** Drops overrides that ended before then. @returns how many. */
  pruneOverrides(endedBeforeMs: number): Promise<number>;
}

const removeEntity = (
  db: Kysely<StateTables>,
  tenant: string,
  kind: OnCallKind,
  id: string,
): Promise<void> =>
  db.transaction().execute(async (transaction) => {
    await transaction
      .deleteFrom("oncall_entities")
      .where("tenant", "=", tenant)
      .where("kind", "=", kind)
      .where("id", "=", id)
      .execute();
    if (kind !== "schedule") return;
    await transaction
      .deleteFrom("schedule_overrides")
      .where("tenant", "=", tenant)
      .where("schedule", "=", id)
      .execute();
  });

type OverrideQueries = Pick<
  OnCallRepository,
  "overrides" | "putOverride" | "removeOverride" | "pruneOverrides"
>;

const overrideQueries = (db: Kysely<StateTables>): OverrideQueries => ({
  async overrides() {
    const rows = await db
      .selectFrom("schedule_overrides")
      .selectAll()
      .orderBy("created_at_ms")
      .orderBy("id")
      .execute();
    return rows.map((row) => ({
      tenant: row.tenant,
      id: row.id,
      schedule: row.schedule,
      person: row.person,
      startMs: row.start_ms,
      endMs: row.end_ms,
      note: row.note,
      by: row.made_by,
      createdAtMs: row.created_at_ms,
    }));
  },

  async putOverride({ tenant, id, schedule, person, startMs, endMs, note, by, createdAtMs }) {
    const values = {
      schedule,
      person,
      start_ms: startMs,
      end_ms: endMs,
      note,
      made_by: by,
      created_at_ms: createdAtMs,
    };
    await db
      .insertInto("schedule_overrides")
      .values({ tenant, id, ...values })
      .onConflict((conflict) => conflict.columns(["tenant", "id"]).doUpdateSet(values))
      .execute();
  },

  async removeOverride(tenant, id) {
    await db
      .deleteFrom("schedule_overrides")
      .where("tenant", "=", tenant)
      .where("id", "=", id)
      .execute();
  },

  async pruneOverrides(endedBeforeMs) {
    const { numDeletedRows } = await db
      .deleteFrom("schedule_overrides")
      .where("end_ms", "<", endedBeforeMs)
      .executeTakeFirstOrThrow();
    return Number(numDeletedRows);
  },
});

export const onCallRepository = (db: Kysely<StateTables>): OnCallRepository => ({
  async list() {
    const rows = await db.selectFrom("oncall_entities").selectAll().execute();
    return rows.map((row) => ({
      tenant: row.tenant,
      kind: row.kind as OnCallKind,
      document: JSON.parse(row.document) as OnCallDocuments[OnCallKind],
      createdAtMs: row.created_at_ms,
      updatedAtMs: row.updated_at_ms,
    }));
  },

  async put({ tenant, kind, document, createdAtMs, updatedAtMs }) {
    const values = {
      document: JSON.stringify(document),
      created_at_ms: createdAtMs,
      updated_at_ms: updatedAtMs,
    };
    await db
      .insertInto("oncall_entities")
      .values({ tenant, kind, id: document.id, ...values })
      .onConflict((conflict) => conflict.columns(["tenant", "kind", "id"]).doUpdateSet(values))
      .execute();
  },

  remove: (tenant, kind, id) => removeEntity(db, tenant, kind, id),

  ...overrideQueries(db),
});
