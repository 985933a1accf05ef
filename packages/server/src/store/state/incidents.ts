import { sql, type Kysely, type Selectable, type Transaction } from "kysely";

import type {
  IncidentChanges,
  IncidentFilter,
  IncidentLimits,
  IncidentRepository,
  StoredAcknowledgement,
  StoredEntry,
  StoredIncident,
  StoredOccurrence,
} from "./incident-records.ts";
import { readInsights } from "./insights.ts";
import type { StateTables } from "./schema.ts";

/** Rows of one statement: few enough for every database's limit of parameters. */
const ROWS_PER_STATEMENT = 100;

function* chunks<T>(items: readonly T[]): Generator<T[]> {
  for (let start = 0; start < items.length; start += ROWS_PER_STATEMENT) {
    yield items.slice(start, start + ROWS_PER_STATEMENT);
  }
}

/** The last one under each key: one statement cannot write a row twice. */
const lastOfEach = <T>(items: readonly T[], key: (item: T) => string): T[] => [
  ...new Map(items.map((item) => [key(item), item])).values(),
];

const readIncident = (
  row: Pick<Selectable<StateTables["incidents"]>, "document">,
): StoredIncident => JSON.parse(row.document) as StoredIncident;

const incidentRow = (incident: StoredIncident): Selectable<StateTables["incidents"]> => ({
  tenant: incident.tenant,
  id: incident.id,
  status: incident.status,
  severity: incident.severity,
  owner: incident.owner,
  document: JSON.stringify(incident),
  triggered_at_ms: incident.triggeredAtMs,
  resolved_at_ms: incident.resolvedAtMs,
  updated_at_ms: incident.updatedAtMs,
});

const readOccurrence = (row: Selectable<StateTables["alert_occurrences"]>): StoredOccurrence => ({
  tenant: row.tenant,
  fingerprint: row.fingerprint,
  startedAtMs: row.started_at_ms,
  endedAtMs: row.ended_at_ms,
  incident: row.incident_id,
  alertId: row.alert_id,
  name: row.name,
  service: row.service,
  severity: row.severity,
  labels: JSON.parse(row.labels) as Record<string, string>,
  annotations: JSON.parse(row.annotations) as Record<string, string>,
  acknowledgedAtMs: row.acknowledged_at_ms,
  acknowledgedBy: row.acknowledged_by,
});

const occurrenceRow = (one: StoredOccurrence): Selectable<StateTables["alert_occurrences"]> => ({
  tenant: one.tenant,
  fingerprint: one.fingerprint,
  started_at_ms: one.startedAtMs,
  ended_at_ms: one.endedAtMs,
  incident_id: one.incident,
  alert_id: one.alertId,
  name: one.name,
  service: one.service,
  severity: one.severity,
  labels: JSON.stringify(one.labels),
  annotations: JSON.stringify(one.annotations),
  acknowledged_at_ms: one.acknowledgedAtMs,
  acknowledged_by: one.acknowledgedBy,
});

async function writeIncidents(
  db: Transaction<StateTables>,
  incidents: readonly StoredIncident[],
): Promise<void> {
  for (const rows of chunks(lastOfEach(incidents, ({ tenant, id }) => `${tenant}\n${id}`))) {
    await db
      .insertInto("incidents")
      .values(rows.map(incidentRow))
      .onConflict((conflict) =>
        conflict.columns(["tenant", "id"]).doUpdateSet((update) => ({
          status: update.ref("excluded.status"),
          severity: update.ref("excluded.severity"),
          owner: update.ref("excluded.owner"),
          document: update.ref("excluded.document"),
          triggered_at_ms: update.ref("excluded.triggered_at_ms"),
          resolved_at_ms: update.ref("excluded.resolved_at_ms"),
          updated_at_ms: update.ref("excluded.updated_at_ms"),
        })),
      )
      .execute();
  }
}

async function writeOccurrences(
  db: Transaction<StateTables>,
  occurrences: readonly StoredOccurrence[],
): Promise<void> {
  const key = (one: StoredOccurrence): string =>
    `${one.tenant}\n${one.fingerprint}\n${one.startedAtMs}`;
  for (const rows of chunks(lastOfEach(occurrences, key))) {
    await db
      .insertInto("alert_occurrences")
      .values(rows.map(occurrenceRow))
      .onConflict((conflict) =>
        conflict.columns(["tenant", "fingerprint", "started_at_ms"]).doUpdateSet((update) => ({
          ended_at_ms: update.ref("excluded.ended_at_ms"),
          incident_id: update.ref("excluded.incident_id"),
          alert_id: update.ref("excluded.alert_id"),
          severity: update.ref("excluded.severity"),
          annotations: update.ref("excluded.annotations"),
          acknowledged_at_ms: update.ref("excluded.acknowledged_at_ms"),
          acknowledged_by: update.ref("excluded.acknowledged_by"),
        })),
      )
      .execute();
  }
}

async function writeEntries(
  db: Transaction<StateTables>,
  entries: readonly StoredEntry[],
): Promise<void> {
  for (const rows of chunks(entries)) {
    await db
      .insertInto("incident_entries")
      .values(
        rows.map((entry) => ({
          tenant: entry.tenant,
          incident_id: entry.incident,
          number: entry.number,
          at_ms: entry.atMs,
          kind: entry.kind,
          made_by: entry.by,
          text: entry.text,
          attributes: JSON.stringify(entry.attributes),
        })),
      )
      // The same entry again, because an attempt was thought to have failed.
      .onConflict((conflict) => conflict.columns(["tenant", "incident_id", "number"]).doNothing())
      .execute();
  }
}

async function writeAcknowledgements(
  db: Transaction<StateTables>,
  { acknowledgements, removedAcknowledgements }: IncidentChanges,
): Promise<void> {
  for (const { tenant, fingerprint } of removedAcknowledgements) {
    await db
      .deleteFrom("acknowledgements")
      .where("tenant", "=", tenant)
      .where("fingerprint", "=", fingerprint)
      .execute();
  }
  const key = (one: StoredAcknowledgement): string => `${one.tenant}\n${one.fingerprint}`;
  for (const rows of chunks(lastOfEach(acknowledgements, key))) {
    await db
      .insertInto("acknowledgements")
      .values(
        rows.map((one) => ({
          tenant: one.tenant,
          fingerprint: one.fingerprint,
          document: JSON.stringify(one),
          expires_at_ms: one.expiresAtMs,
        })),
      )
      .onConflict((conflict) =>
        conflict.columns(["tenant", "fingerprint"]).doUpdateSet((update) => ({
          document: update.ref("excluded.document"),
          expires_at_ms: update.ref("excluded.expires_at_ms"),
        })),
      )
      .execute();
  }
}

function listIncidents(
  db: Kysely<StateTables>,
  tenant: string,
  filter: IncidentFilter,
): Promise<{ document: string }[]> {
  const { statuses, severities, owner, service, startMs, endMs, after, limit } = filter;
  let query = db
    .selectFrom("incidents")
    .select("document")
    .where("tenant", "=", tenant)
    .orderBy("triggered_at_ms", "desc")
    .orderBy("id", "desc")
    .limit(limit);
  if (statuses !== undefined) query = query.where("status", "in", statuses);
  if (severities !== undefined) query = query.where("severity", "in", severities);
  if (owner !== undefined) query = query.where("owner", "=", owner);
  if (startMs !== undefined) query = query.where("triggered_at_ms", ">=", startMs);
  if (endMs !== undefined) query = query.where("triggered_at_ms", "<", endMs);
  if (after !== undefined) {
    query = query.where(({ eb, or, and }) =>
      or([
        eb("triggered_at_ms", "<", after.triggeredAtMs),
        and([eb("triggered_at_ms", "=", after.triggeredAtMs), eb("id", "<", after.id)]),
      ]),
    );
  }
  if (service !== undefined) {
    query = query.where(({ exists, selectFrom }) =>
      exists(
        selectFrom("alert_occurrences")
          .select("alert_occurrences.fingerprint")
          .whereRef("alert_occurrences.tenant", "=", "incidents.tenant")
          .whereRef("alert_occurrences.incident_id", "=", "incidents.id")
          .where("alert_occurrences.service", "=", service),
      ),
    );
  }
  return query.execute();
}

/** Time of the row that is the last one to stay, or undefined when there are not too many. */
async function boundary(
  db: Kysely<StateTables>,
  table: "incidents" | "alert_occurrences",
  tenant: string,
  count: number,
): Promise<number> {
  const column = table === "incidents" ? "triggered_at_ms" : "started_at_ms";
  const { rows } = await sql<{
    at: number;
  }>`select ${sql.ref(column)} as at from ${sql.table(table)}
    where tenant = ${tenant} order by ${sql.ref(column)} desc limit 1 offset ${count - 1}`.execute(
    db,
  );
  return Number(rows[0]?.at ?? 0);
}

const prune = (db: Kysely<StateTables>, limits: IncidentLimits): Promise<number> =>
  db.transaction().execute(async (transaction) => {
    const tenants = await transaction.selectFrom("incidents").select("tenant").distinct().execute();
    let dropped = 0n;
    for (const { tenant } of tenants) {
      const oldest = await boundary(transaction, "incidents", tenant, limits.maxIncidentsPerTenant);
      const incidents = await transaction
        .deleteFrom("incidents")
        .where("tenant", "=", tenant)
        .where("status", "=", "resolved")
        .where(({ eb, or }) =>
          or([eb("resolved_at_ms", "<", limits.endedBeforeMs), eb("triggered_at_ms", "<", oldest)]),
        )
        .executeTakeFirstOrThrow();
      const first = await boundary(
        transaction,
        "alert_occurrences",
        tenant,
        limits.maxOccurrencesPerTenant,
      );
      const occurrences = await transaction
        .deleteFrom("alert_occurrences")
        .where("tenant", "=", tenant)
        .where("ended_at_ms", "is not", null)
        .where(({ eb, or }) =>
          or([eb("ended_at_ms", "<", limits.endedBeforeMs), eb("started_at_ms", "<", first)]),
        )
        .executeTakeFirstOrThrow();
      dropped += incidents.numDeletedRows + occurrences.numDeletedRows;
    }
    await transaction
      .deleteFrom("incident_entries")
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom("incidents")
              .select("incidents.id")
              .whereRef("incidents.tenant", "=", "incident_entries.tenant")
              .whereRef("incidents.id", "=", "incident_entries.incident_id"),
          ),
        ),
      )
      .execute();
    return Number(dropped);
  });

// oxlint-disable-next-line max-lines-per-function -- a list of queries, each a few lines
export const incidentRepository = (db: Kysely<StateTables>): IncidentRepository => ({
  async open(resolvedSinceMs) {
    const rows = await db
      .selectFrom("incidents")
      .select("document")
      .where(({ eb, or, exists, selectFrom }) =>
        or([
          eb("status", "<>", "resolved"),
          eb("resolved_at_ms", ">=", resolvedSinceMs),
          exists(
            selectFrom("alert_occurrences")
              .select("alert_occurrences.fingerprint")
              .whereRef("alert_occurrences.tenant", "=", "incidents.tenant")
              .whereRef("alert_occurrences.incident_id", "=", "incidents.id")
              .where("alert_occurrences.ended_at_ms", "is", null),
          ),
        ]),
      )
      .orderBy("triggered_at_ms")
      .execute();
    return rows.map(readIncident);
  },

  async occurrences(tenant, incident, limit) {
    const rows = await db
      .selectFrom("alert_occurrences")
      .selectAll()
      .where("tenant", "=", tenant)
      .where("incident_id", "=", incident)
      .orderBy("started_at_ms", "desc")
      .limit(limit)
      .execute();
    return rows.map(readOccurrence);
  },

  async acknowledgements() {
    const rows = await db.selectFrom("acknowledgements").select("document").execute();
    return rows.map((row) => JSON.parse(row.document) as StoredAcknowledgement);
  },

  write: (changes) =>
    db.transaction().execute(async (transaction) => {
      await writeIncidents(transaction, changes.incidents);
      await writeOccurrences(transaction, changes.occurrences);
      await writeEntries(transaction, changes.entries);
      await writeAcknowledgements(transaction, changes);
    }),

  async get(tenant, id) {
    const row = await db
      .selectFrom("incidents")
      .select("document")
      .where("tenant", "=", tenant)
      .where("id", "=", id)
      .executeTakeFirst();
    return row && readIncident(row);
  },

  list: async (tenant, filter) => (await listIncidents(db, tenant, filter)).map(readIncident),

  async entries(tenant, incident, after, limit) {
    const rows = await db
      .selectFrom("incident_entries")
      .selectAll()
      .where("tenant", "=", tenant)
      .where("incident_id", "=", incident)
      .where("number", ">", after)
      .orderBy("number")
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      tenant: row.tenant,
      incident: row.incident_id,
      number: row.number,
      atMs: row.at_ms,
      kind: row.kind as StoredEntry["kind"],
      by: row.made_by,
      text: row.text,
      attributes: JSON.parse(row.attributes) as Record<string, string>,
    }));
  },

  insights: (tenant, startMs, endMs) => readInsights(db, { tenant, startMs, endMs }),
  prune: (limits) => prune(db, limits),
});
