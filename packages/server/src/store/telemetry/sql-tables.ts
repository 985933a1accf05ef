import { readFile, readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import type { Now } from "#lib";

import type { Driver } from "./drivers/types.ts";
import type { Columns } from "./join.ts";
import { SqlRollups } from "./rollup-sql.ts";
import { asSigned, sqlTime, toBigInts } from "./sql-columns.ts";
import { SqlReader } from "./sql-reader.ts";
import { SqlActivities } from "./activities/index.ts";
import { SqlEdges } from "./edges/index.ts";
import { SqlLogs } from "./logs/index.ts";
import { SqlSpans } from "./spans/index.ts";
import { SqlSamples } from "./sql-samples.ts";
import type {
  BucketRows,
  ExemplarRow,
  HistogramRow,
  MetadataRow,
  Partition,
  RecentSamples,
  SampleColumns,
  SeriesRow,
  Signal,
  Tables,
} from "./tables.ts";
import type { EventQuery, EventRecord, MetricKind } from "./types.ts";

const MIGRATIONS = fileURLToPath(new URL("./sql/", import.meta.url));

const TABLES_OF: Record<Signal, readonly string[]> = {
  metrics: ["samples", "histograms", "exemplars"],
  events: ["events"],
  traces: [
    "spans",
    "trace_times",
    "edges_1m",
    "activities",
    "edges_1h",
    "activities_1h",
    "figure_hours",
  ],
  contents: ["span_content", "contents"],
  logs: ["logs"],
  rollups_5m: ["rollups_5m"],
  rollups_1h: ["rollups_1h"],
};

const SIGNAL_OF = new Map(
  Object.entries(TABLES_OF).flatMap(([signal, tables]) =>
    tables.map((table) => [table, signal as Signal] as const),
  ),
);
const KEPT_TABLES = [...SIGNAL_OF.keys()].map((table) => `'${table}'`).join(", ");

interface PartitionRow {
  table: string;
  partition_id: string;
  newest: string;
  bytes: string;
}

/**
 * Tables in ClickHouse SQL: the same statements for the embedded engine and a server. Columns of an insert arrive as
 * Nullable from the embedded engine, hence assumeNotNull.
 */
export class SqlTables implements Tables {
  readonly rollups: SqlRollups;
  readonly spans: SqlSpans;
  readonly logs: SqlLogs;
  readonly edges: SqlEdges;
  readonly activities: SqlActivities;
  private readonly driver: Driver;
  private readonly samples: SqlSamples;
  private readonly reader: SqlReader;

  constructor(driver: Driver, now: Now = Date.now) {
    this.driver = driver;
    this.rollups = new SqlRollups(driver);
    this.spans = new SqlSpans(driver);
    this.logs = new SqlLogs(driver);
    this.edges = new SqlEdges(driver, now);
    this.activities = new SqlActivities(driver, now);
    this.samples = new SqlSamples(driver);
    this.reader = new SqlReader(driver);
  }

  async migrate(): Promise<void> {
    await this.driver.command(
      "CREATE TABLE IF NOT EXISTS schema_migrations (name String, applied_at DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY name",
    );
    const done = await this.driver.rows<{ name: string }>(
      "SELECT DISTINCT name FROM schema_migrations",
    );
    const applied = new Set(done.map((row) => row.name));
    const files = (await readdir(MIGRATIONS)).filter((file) => file.endsWith(".sql")).toSorted();
    const unknown = [...applied].filter((name) => !files.includes(name));
    if (unknown.length > 0)
      throw new Error(
        `the data was written by a newer version (migration ${unknown.join(", ")}); use that version`,
      );
    for (const file of files) {
      if (applied.has(file)) continue;
      const text = await readFile(MIGRATIONS + file, "utf8");
      for (const statement of text.split(/;\s*\n\s*\n|;\s*$/))
        if (statement.trim() !== "") await this.driver.command(statement);
      await this.driver.insert({
        into: "schema_migrations (name)",
        select: "name",
        columns: [{ name: "name", type: "String", data: [file] }],
        parameters: {},
        token: file,
      });
    }
  }

  async insertSeries(rows: readonly SeriesRow[], token: string): Promise<void> {
    if (rows.length === 0) return;
    await this.driver.insert({
      into: "series (tenant, metric, id, labels, first_seen, last_seen)",
      select:
        "tenant, metric, reinterpretAsUInt64(assumeNotNull(id)), JSONExtract(assumeNotNull(labels), 'Map(String, String)'), fromUnixTimestamp64Milli(assumeNotNull(first), 'UTC'), fromUnixTimestamp64Milli(assumeNotNull(last), 'UTC')",
      columns: [
        { name: "tenant", type: "String", data: rows.map((row) => row.tenant) },
        { name: "metric", type: "String", data: rows.map((row) => row.labels["__name__"] ?? "") },
        { name: "id", type: "Int64", data: asSigned(BigUint64Array.from(rows, (row) => row.id)) },
        { name: "labels", type: "String", data: rows.map((row) => JSON.stringify(row.labels)) },
        { name: "first", type: "Int64", data: toBigInts(rows.map((row) => row.firstSeenMs)) },
        { name: "last", type: "Int64", data: toBigInts(rows.map((row) => row.lastSeenMs)) },
      ],
      parameters: {},
      token,
    });
  }

  insertSamples(tenant: string, parts: readonly SampleColumns[], token: string): Promise<void> {
    return this.samples.insertSamples(tenant, parts, token);
  }

  insertHistograms(tenant: string, rows: readonly HistogramRow[], token: string): Promise<void> {
    return this.samples.insertHistograms(tenant, rows, token);
  }

  insertExemplars(rows: readonly ExemplarRow[], token: string): Promise<void> {
    return this.samples.insertExemplars(rows, token);
  }

  readHistograms(
    tenant: string,
    ids: readonly bigint[],
    startMs: number,
    endMs: number,
  ): Promise<HistogramRow[]> {
    return this.samples.readHistograms(tenant, ids, startMs, endMs);
  }

  loadExemplars(sinceMs: number, limit: number): Promise<ExemplarRow[]> {
    return this.samples.loadExemplars(sinceMs, limit);
  }

  async insertMetadata(rows: readonly MetadataRow[], token: string): Promise<void> {
    if (rows.length === 0) return;
    const text = (pick: (row: MetadataRow) => string) => rows.map(pick);
    await this.driver.insert({
      into: "metric_metadata (tenant, metric, type, unit, help, updated_at)",
      select:
        "tenant, metric, type, unit, help, fromUnixTimestamp64Milli(assumeNotNull(updated), 'UTC')",
      columns: [
        { name: "tenant", type: "String", data: text((row) => row.tenant) },
        { name: "metric", type: "String", data: text((row) => row.metric) },
        { name: "type", type: "String", data: text((row) => row.type) },
        { name: "unit", type: "String", data: text((row) => row.unit) },
        { name: "help", type: "String", data: text((row) => row.help) },
        { name: "updated", type: "Int64", data: toBigInts(rows.map((row) => row.updatedAtMs)) },
      ],
      parameters: {},
      token,
    });
  }

  async insertEvents(tenant: string, events: readonly EventRecord[], token: string): Promise<void> {
    if (events.length === 0) return;
    const text = (pick: (event: EventRecord) => string) => events.map(pick);
    await this.driver.insert({
      into: "events (tenant, ts, type, event_id, service, attrs)",
      select:
        "{tenant:String}, fromUnixTimestamp64Milli(assumeNotNull(t), 'UTC'), type, toUUIDOrZero(assumeNotNull(id)), service, JSONExtract(assumeNotNull(attrs), 'Map(String, String)')",
      columns: [
        { name: "t", type: "Int64", data: toBigInts(events.map((event) => event.timeMs)) },
        { name: "type", type: "String", data: text((event) => event.type) },
        { name: "id", type: "String", data: text((event) => event.id) },
        { name: "service", type: "String", data: text((event) => event.service) },
        { name: "attrs", type: "String", data: text((event) => JSON.stringify(event.attributes)) },
      ],
      parameters: { tenant },
      token,
    });
  }

  async loadSeries(sinceMs: number, limit: number): Promise<SeriesRow[]> {
    const rows = await this.driver.rows<{
      tenant: string;
      i: string;
      l: Record<string, string>;
      f: number;
      s: number;
    }>(
      `SELECT tenant, toString(id) AS i, labels AS l, toUnixTimestamp64Milli(first_seen) AS f, toUnixTimestamp64Milli(last_seen) AS s
       FROM series FINAL WHERE last_seen >= ${sqlTime(sinceMs)} ORDER BY last_seen DESC LIMIT ${Math.trunc(limit)}`,
    );
    return rows.map((row) => ({
      tenant: row.tenant,
      id: BigInt(row.i),
      labels: row.l,
      firstSeenMs: Number(row.f),
      lastSeenMs: Number(row.s),
    }));
  }

  async loadMetadata(): Promise<MetadataRow[]> {
    const rows = await this.driver.rows<{
      tenant: string;
      metric: string;
      type: string;
      unit: string;
      help: string;
      u: number;
    }>(
      "SELECT tenant, metric, type, unit, help, toUnixTimestamp64Milli(updated_at) AS u FROM metric_metadata FINAL",
    );
    return rows.map(({ tenant, metric, type, unit, help, u }) => ({
      tenant,
      metric,
      type: type as MetricKind,
      unit,
      help,
      updatedAtMs: Number(u),
    }));
  }

  readSamples(
    tenant: string,
    ids: readonly bigint[],
    startMs: number,
    endMs: number,
  ): Promise<(Columns | undefined)[]> {
    return this.reader.readSamples(tenant, ids, startMs, endMs);
  }

  readRecent(
    tenant: string,
    ids: readonly bigint[],
    sinceMs: number,
    limit: number,
  ): Promise<RecentSamples> {
    return this.reader.readRecent(tenant, ids, sinceMs, limit);
  }

  countSamples(startMs: number, endMs: number): Promise<BucketRows[]> {
    return this.reader.countSamples(startMs, endMs);
  }

  async readEvents(tenant: string, query: EventQuery): Promise<EventRecord[]> {
    const where = ["tenant = {tenant:String}"];
    const parameters: Record<string, string> = { tenant };
    if (query.service !== undefined) {
      where.push("service = {service:String}");
      parameters["service"] = query.service;
    }
    if (query.types !== undefined) {
      where.push(`type IN (${query.types.map((_, i) => `{type${i}:String}`).join(", ") || "''"})`);
      for (const [i, type] of query.types.entries()) parameters[`type${i}`] = type;
    }
    if (query.startMs !== undefined) where.push(`ts >= ${sqlTime(query.startMs)}`);
    if (query.endMs !== undefined) where.push(`ts <= ${sqlTime(query.endMs)}`);
    const rows = await this.driver.rows<{
      id: string;
      t: number;
      type: string;
      service: string;
      attrs: Record<string, string>;
    }>(
      `SELECT event_id AS id, toUnixTimestamp64Milli(ts) AS t, type, service, attrs FROM events
       WHERE ${where.join(" AND ")} ORDER BY tenant DESC, toStartOfHour(ts) DESC, ts DESC LIMIT 1 BY event_id LIMIT ${Math.trunc(query.limit)}`,
      { parameters },
    );
    return rows.map((row) => ({
      id: row.id,
      timeMs: Number(row.t),
      type: row.type,
      service: row.service,
      attributes: row.attrs,
    }));
  }

  async partitions(): Promise<Partition[]> {
    const rows = await this.driver.rows<PartitionRow>(
      `SELECT table, partition_id, toUnixTimestamp64Milli(toDateTime64(max(max_time), 3, 'UTC')) AS newest, sum(bytes_on_disk) AS bytes
       FROM system.parts WHERE active AND database = currentDatabase() AND table IN (${KEPT_TABLES}) GROUP BY table, partition_id ORDER BY newest`,
    );
    return rows.map((row) => ({
      signal: SIGNAL_OF.get(row.table) ?? "metrics",
      table: row.table,
      id: row.partition_id,
      newestMs: partitionEndMs(row.partition_id, Number(row.newest)),
      bytes: Number(row.bytes),
    }));
  }

  async dropPartition(partition: Partition): Promise<void> {
    const id = partition.id.replace(/[^a-zA-Z0-9_-]/g, "");
    await this.driver.command(`ALTER TABLE ${partition.table} DROP PARTITION ID '${id}'`);
  }

  async deleteBefore(signal: Signal, cutoffMs: number): Promise<void> {
    for (const table of TABLES_OF[signal])
      await this.driver.command(
        `ALTER TABLE ${table} DELETE WHERE ts < ${sqlTime(cutoffMs)} SETTINGS mutations_sync = 1`,
      );
  }

  async deleteSeriesBefore(cutoffMs: number): Promise<void> {
    await this.driver.command(
      `ALTER TABLE series DELETE WHERE last_seen < ${sqlTime(cutoffMs)} SETTINGS mutations_sync = 1`,
    );
  }

  async fingerprint(): Promise<string> {
    // Numbers of blocks grow with each insert; merges leave the largest one as it is.
    const rows = await this.driver.rows<{ partition_id: string; block: number }>(
      `SELECT partition_id, max(max_block_number) AS block FROM system.parts
       WHERE active AND database = currentDatabase() AND table = 'samples' GROUP BY partition_id ORDER BY partition_id`,
    );
    return rows.map(({ partition_id, block }) => `${partition_id}:${block}`).join(" ");
  }

  async ping(timeoutMs: number): Promise<void> {
    await this.driver.rows("SELECT 1 AS one", { timeoutMs });
  }

  close(): Promise<void> {
    return this.driver.close();
  }
}

/** End of the day or month that a partition holds, from its name (`20261121`, `202611`); the parts' own time if it has another form. */
function partitionEndMs(id: string, newestMs: number): number {
  const found = /^(\d{4})(\d{2})(\d{2})?$/.exec(id);
  if (found === null) return newestMs;
  const [year, month, day] = [Number(found[1]), Number(found[2]), found[3]];
  return day === undefined ? Date.UTC(year, month, 1) : Date.UTC(year, month - 1, Number(day) + 1);
}
