import type { Finding } from "@fleetlight/contract";
import { sql, type Kysely } from "kysely";

import type { StateTables } from "./schema.ts";

export interface StoredFinding {
  tenant: string;
  /** What it is about, so that the same thing is found again after a restart. */
  key: string;
  finding: Finding;
}

export interface FindingFilter {
  /** Findings that were seen within the range. */
  startMs: number;
  endMs: number;
  kind?: string | undefined;
  agent?: string | undefined;
  open?: boolean | undefined;
  limit: number;
}

/** Findings of all tenants; `put` replaces by tenant and id, all or nothing. */
export interface FindingRepository {
  open(): Promise<StoredFinding[]>;
  put(findings: readonly StoredFinding[]): Promise<void>;
  get(tenant: string, id: string): Promise<Finding | undefined>;
  /** Open ones first, then the one that was seen last. */
  list(tenant: string, filter: FindingFilter): Promise<Finding[]>;
  /** When findings of the range began, by kind; at most 100,000 of them. */
  begun(tenant: string, startMs: number, endMs: number): Promise<{ kind: string; atMs: number }[]>;
  /** Drops findings that were over before, and the oldest beyond `keep` of each tenant. */
  prune(endedBeforeMs: number, keep: number): Promise<void>;
}

const MAX_BEGUN = 100_000;

const textOf = (row: { document: string }) => (JSON.parse(row.document) as StoredFinding).finding;

async function pruneFindings(db: Kysely<StateTables>, endedBeforeMs: number, keep: number) {
  await db.deleteFrom("coordination_findings").where("ended_at_ms", "<", endedBeforeMs).execute();
  const tenants = await db
    .selectFrom("coordination_findings")
    .select("tenant")
    .distinct()
    .execute();
  for (const { tenant } of tenants) {
    const oldest = await db
      .selectFrom("coordination_findings")
      .select("first_seen_ms")
      .where("tenant", "=", tenant)
      .orderBy("first_seen_ms", "desc")
      .offset(keep)
      .limit(1)
      .executeTakeFirst();
    if (oldest === undefined) continue;
    await db
      .deleteFrom("coordination_findings")
      .where("tenant", "=", tenant)
      .where("first_seen_ms", "<=", oldest.first_seen_ms)
      .where("ended_at_ms", "is not", null)
      .execute();
  }
}

const putFindings = (db: Kysely<StateTables>, findings: readonly StoredFinding[]) =>
  db.transaction().execute(async (transaction) => {
    for (const stored of findings) {
      const { id, kind, first_seen, last_seen, ended_at } = stored.finding;
      const values = {
        document: JSON.stringify(stored),
        last_seen_ms: Date.parse(last_seen),
        ended_at_ms: ended_at === null ? null : Date.parse(ended_at),
      };
      await transaction
        .insertInto("coordination_findings")
        .values({
          tenant: stored.tenant,
          id,
          kind,
          first_seen_ms: Date.parse(first_seen),
          ...values,
        })
        .onConflict((conflict) => conflict.columns(["tenant", "id"]).doUpdateSet(values))
        .execute();
    }
  });

export const findingRepository = (db: Kysely<StateTables>): FindingRepository => ({
  async open() {
    const rows = await db
      .selectFrom("coordination_findings")
      .select("document")
      .where("ended_at_ms", "is", null)
      .execute();
    return rows.map(({ document }) => JSON.parse(document) as StoredFinding);
  },

  put: (findings) => putFindings(db, findings),

  async get(tenant, id) {
    const row = await db
      .selectFrom("coordination_findings")
      .select("document")
      .where("tenant", "=", tenant)
      .where("id", "=", id)
      .executeTakeFirst();
    return row === undefined ? undefined : textOf(row);
  },

  async list(tenant, { startMs, endMs, kind, agent, open, limit }) {
    let query = db
      .selectFrom("coordination_findings")
      .select("document")
      .where("tenant", "=", tenant)
      .where("first_seen_ms", "<=", endMs)
      .where((eb) => eb.or([eb("last_seen_ms", ">=", startMs), eb("ended_at_ms", "is", null)]));
    if (kind !== undefined) query = query.where("kind", "=", kind);
    if (open !== undefined) query = query.where("ended_at_ms", open ? "is" : "is not", null);
    const rows = await query
      .orderBy(sql`case when ended_at_ms is null then 0 else 1 end`)
      .orderBy("last_seen_ms", "desc")
      // Agents stand inside of the document: enough are read for those of one agent to be among them.
      .limit(agent === undefined ? limit : limit * 20)
      .execute();
    const findings = rows.map(textOf);
    if (agent === undefined) return findings;
    return findings.filter(({ agents }) => agents.includes(agent)).slice(0, limit);
  },

  async begun(tenant, startMs, endMs) {
    const rows = await db
      .selectFrom("coordination_findings")
      .select(["kind", "first_seen_ms"])
      .where("tenant", "=", tenant)
      .where("first_seen_ms", ">=", startMs)
      .where("first_seen_ms", "<=", endMs)
      .limit(MAX_BEGUN)
      .execute();
    return rows.map(({ kind, first_seen_ms }) => ({ kind, atMs: first_seen_ms }));
  },

  prune: (endedBeforeMs, keep) => pruneFindings(db, endedBeforeMs, keep),
});
