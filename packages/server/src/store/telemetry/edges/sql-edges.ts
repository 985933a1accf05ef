import { Turns, type Now } from "#lib";

import type { Driver, InsertColumn } from "../drivers/types.ts";
import { gapsOf, HOUR_MS, HourBook, hourOf, type FillRules } from "../hours/index.ts";
import { sqlTime, toBigInts } from "../sql-columns.ts";
import { edgeKeyOf, EdgeSums } from "./sum.ts";
import type { EdgeQuery, EdgeRow, EdgeSum, EdgeTables } from "./types.ts";

/** Text columns of the table with the key of the row that they hold. */
const TEXTS = {
  service: "service",
  source_kind: "sourceKind",
  source: "source",
  target_kind: "targetKind",
  target: "target",
  kind: "kind",
} as const;

/** Columns of whole numbers. */
const INTEGERS = {
  part: "part",
  version: "version",
  calls: "calls",
  errors: "errors",
  duration_ns: "durationNs",
  input_tokens: "inputTokens",
  output_tokens: "outputTokens",
} as const;

/** Those that add up. */
const SUMS = Object.keys(INTEGERS).filter((name) => name !== "part" && name !== "version");

const entries = <K extends string, V extends string>(of: Readonly<Record<K, V>>): [K, V][] =>
  Object.entries(of) as [K, V][];

const INTO = [
  "tenant",
  "ts",
  ...Object.keys(TEXTS),
  ...Object.keys(INTEGERS),
  "cost_usd",
  "bucket_indexes",
  "bucket_counts",
].join(", ");

const SELECT = [
  "{tenant:String}",
  "toDateTime(fromUnixTimestamp64Milli(assumeNotNull(ts), 'UTC'), 'UTC')",
  ...Object.keys(TEXTS).map((name) => `assumeNotNull(${name})`),
  ...Object.keys(INTEGERS).map((name) => `assumeNotNull(${name})`),
  "assumeNotNull(cost_usd)",
  "JSONExtract(assumeNotNull(bucket_indexes), 'Array(Int16)')",
  "JSONExtract(assumeNotNull(bucket_counts), 'Array(UInt64)')",
].join(", ");

/** Each is made when it is asked for: tens of thousands of rows take a while. */
function* columnsOf(rows: readonly EdgeRow[]): Generator<InsertColumn> {
  const integers = (name: string, pick: (row: EdgeRow) => number): InsertColumn => ({
    name,
    type: "Int64",
    data: toBigInts(rows.map(pick)),
  });
  const texts = (name: string, pick: (row: EdgeRow) => string): InsertColumn => ({
    name,
    type: "String",
    data: rows.map(pick),
  });
  yield integers("ts", ({ timeMs }) => timeMs);
  for (const [name, key] of entries(TEXTS)) yield texts(name, (row) => row[key]);
  for (const [name, key] of entries(INTEGERS)) yield integers(name, (row) => row[key]);
  const costs = Float64Array.from(rows, ({ costUsd }) => costUsd);
  yield { name: "cost_usd", type: "Float64", data: costs };
  const listed = (place: 0 | 1) => (row: EdgeRow) =>
    JSON.stringify(row.buckets.map((bucket) => bucket[place]));
  yield texts("bucket_indexes", listed(0));
  yield texts("bucket_counts", listed(1));
}

type Stored = Record<string, unknown>;

function edgeOf(stored: Stored): Omit<EdgeRow, "timeMs" | "part" | "version"> {
  const edge: Record<string, unknown> = { costUsd: Number(stored["cost_usd"]) };
  for (const [column, key] of entries(TEXTS)) edge[key] = String(stored[column]);
  for (const [column, key] of entries(INTEGERS)) edge[key] = Number(stored[column] ?? 0);
  const [indexes, counts] = (stored["buckets"] ?? [[], []]) as [number[], (number | string)[]];
  edge["buckets"] = indexes.map((index, i) => [index, Number(counts[i])]);
  delete edge["part"];
  delete edge["version"];
  return edge as unknown as Omit<EdgeRow, "timeMs" | "part" | "version">;
}

const numbers = (of: Iterable<number>): string => [...of].map((one) => Math.trunc(one)).join(", ");

/** Calls of a whole hour: rows of one version each are added up, of `edges_1m` those that count. */
const FILL = (hour: string, version: number, texts: string): string =>
  `INSERT INTO edges_1h (tenant, ts, version, ${texts}, ${SUMS.join(", ")}, cost_usd, bucket_indexes, bucket_counts)
   SELECT tenant, ${hour} AS hour, ${Math.trunc(version)}, ${texts}, ${SUMS.map((name) => `sum(edges_1m.${name})`).join(", ")}, sum(edges_1m.cost_usd),
     tupleElement(sumMap(edges_1m.bucket_indexes, edges_1m.bucket_counts) AS buckets, 1), tupleElement(buckets, 2)
   FROM edges_1m FINAL`;

/** Edges in ClickHouse SQL, embedded or on a server. */
export class SqlEdges implements EdgeTables {
  private readonly driver: Driver;
  private readonly hours: HourBook;

  constructor(driver: Driver, now: Now) {
    this.driver = driver;
    this.hours = new HourBook(driver, "edges", now);
  }

  async insert(tenant: string, rows: readonly EdgeRow[], token: string): Promise<void> {
    if (rows.length === 0) return;
    const times = rows.map(({ timeMs }) => timeMs);
    const inserted = await this.hours.beforeInsert(tenant, times);
    try {
      await this.insertRows(tenant, rows, token);
    } finally {
      inserted();
    }
  }

  private async insertRows(tenant: string, rows: readonly EdgeRow[], token: string): Promise<void> {
    const turns = new Turns();
    const columns: InsertColumn[] = [];
    for (const column of columnsOf(rows)) {
      columns.push(column);
      if (turns.isLong) await turns.next();
    }
    await this.driver.insert({
      into: `edges_1m (${INTO})`,
      select: SELECT,
      columns,
      parameters: { tenant },
      token,
    });
  }

  async read(tenant: string, query: EdgeQuery, fromMs: number): Promise<EdgeSum[]> {
    const { startMs, endMs, stepMs, without, limit } = query;
    const held = new Set(without.map(({ timeMs }) => hourOf(timeMs)));
    const stepOf = (timeMs: number) => Math.floor((timeMs - startMs) / stepMs);
    const hours = await this.hours.filled(
      tenant,
      fromMs,
      endMs,
      (hourMs) => !held.has(hourMs) && stepOf(hourMs) === stepOf(hourMs + HOUR_MS - 1000),
    );
    const minutes = gapsOf(fromMs, endMs, hours).map(
      (gap) => `ts >= ${sqlTime(gap.startMs)} AND ts < ${sqlTime(gap.endMs)}`,
    );
    const named = hours.map(
      (run) =>
        `version = ${run.version} AND ts >= ${sqlTime(run.startMs)} AND ts < ${sqlTime(run.endMs)}`,
    );
    const parts = numbers(new Set(without.map(({ part }) => part)));
    const found = await Promise.all([
      this.sums(
        tenant,
        query,
        "edges_1m FINAL",
        minutes,
        parts === "" ? "" : `AND part NOT IN (${parts})`,
      ),
      this.sums(tenant, query, "edges_1h AS edges_1m", named, ""),
    ]);
    const [first = [], second = []] = found;
    if (first.length === 0 || second.length === 0) return [...first, ...second];
    const sums = new EdgeSums(query);
    for (const sum of [...first, ...second]) sums.add(sum.step, sum, edgeKeyOf(sum));
    return sums.list(limit);
  }

  /** Of rows that are in any of the pieces. */
  private async sums(
    tenant: string,
    { startMs, stepMs, buckets, limit }: EdgeQuery,
    table: string,
    pieces: readonly string[],
    besides: string,
  ): Promise<EdgeSum[]> {
    if (pieces.length === 0) return [];
    const texts = Object.keys(TEXTS).join(", ");
    const columns = [
      `intDiv(toUnixTimestamp(ts) - ${Math.trunc(startMs / 1000)}, ${Math.max(1, Math.trunc(stepMs / 1000))}) AS step`,
      texts,
      ...SUMS.map((name) => `toString(sum(edges_1m.${name})) AS ${name}`),
      "sum(edges_1m.cost_usd) AS cost_usd",
      ...(buckets ? ["sumMap(bucket_indexes, bucket_counts) AS buckets"] : []),
    ];
    const rows = await this.driver.rows<Stored>(
      `SELECT ${columns.join(", ")} FROM ${table}
       WHERE tenant = {tenant:String} AND (${pieces.map((piece) => `(${piece})`).join(" OR ")}) ${besides}
       GROUP BY step, ${texts} ORDER BY sum(edges_1m.calls) DESC LIMIT ${Math.trunc(limit)}`,
      { parameters: { tenant } },
    );
    return rows.map((row) => ({ ...edgeOf(row), step: Number(row["step"]) }));
  }

  fillHours(rules: FillRules): Promise<number> {
    const texts = Object.keys(TEXTS).join(", ");
    return this.hours.fill(rules, (tenant, { startMs, endMs, version }) =>
      this.driver.command(
        `${FILL("toStartOfHour(ts)", version, texts)}
         WHERE tenant = {tenant:String} AND ts >= ${sqlTime(startMs)} AND ts < ${sqlTime(endMs)} GROUP BY tenant, hour, ${texts}`,
        { tenant },
      ),
    );
  }

  async rows(tenant: string, parts: readonly number[]): Promise<EdgeRow[]> {
    if (parts.length === 0) return [];
    const columns = [
      "toUnixTimestamp(ts) AS seconds",
      ...Object.keys(TEXTS),
      ...Object.keys(INTEGERS).map((name) => `toString(${name}) AS ${name}`),
      "cost_usd",
      "tuple(bucket_indexes, bucket_counts) AS buckets",
    ];
    const rows = await this.driver.rows<Stored>(
      `SELECT ${columns.join(", ")} FROM edges_1m FINAL WHERE tenant = {tenant:String} AND edges_1m.part IN (${numbers(parts)})`,
      { parameters: { tenant } },
    );
    return rows.map((row) => ({
      ...edgeOf(row),
      timeMs: Number(row["seconds"]) * 1000,
      part: Number(row["part"]),
      version: Number(row["version"]),
    }));
  }
}
