import { setImmediate as nextTurn } from "node:timers/promises";

import type { SpanColumns } from "@fleetlight/contract";

import type { Driver, InsertColumn, PackedTexts } from "../drivers/types.ts";
import { sqlTime } from "../sql-columns.ts";
import type { SpanAnalytics } from "./analytics.ts";
import { Conditions } from "./conditions.ts";
import type { CellKey, SpanBlock } from "./span-block.ts";
import { entries, INTEGERS, JSONS, MAPS, TEXTS } from "./span-columns.ts";
import type { SpanTables, StoredContent } from "./span-tables.ts";
import { SqlAnalytics } from "./sql-analytics.ts";
import { readTraceColumns } from "./sql-trace-columns.ts";
import type { LeanRow, SpanContent, SpanCursor, SpanRow, TraceHit, TraceQuery } from "./types.ts";

const COLUMNS = [
  "tenant",
  "ts",
  ...Object.keys(TEXTS),
  ...Object.keys(INTEGERS),
  "ended",
  "cost_usd",
  ...Object.keys(MAPS),
  "attrs_num",
  ...Object.keys(JSONS),
];

const INSERT_SELECT = [
  "{tenant:String}",
  "fromUnixTimestamp64Nano(assumeNotNull(ts), 'UTC')",
  ...Object.keys(TEXTS).map((name) => `assumeNotNull(${name})`),
  ...Object.keys(INTEGERS).map((name) => `assumeNotNull(${name})`),
  "assumeNotNull(ended)",
  "assumeNotNull(cost_usd)",
  ...Object.keys(MAPS).map((name) => `JSONExtract(assumeNotNull(${name}), 'Map(String, String)')`),
  "JSONExtract(assumeNotNull(attrs_num), 'Map(String, Float64)')",
  ...Object.keys(JSONS).map((name) => `assumeNotNull(${name})`),
].join(", ");

/** 64-bit integers as texts: not every format keeps them whole. */
const READ_SELECT = [
  "toString(toUnixTimestamp64Nano(ts)) AS start_ns",
  ...Object.keys(TEXTS),
  ...Object.keys(INTEGERS).map((name) => `toString(${name}) AS ${name}`),
  "ended",
  "cost_usd",
  ...Object.keys(MAPS),
  "attrs_num",
  ...Object.keys(JSONS),
].join(", ");

/** What comes first, by columns of a whole trace. */
const ORDERS = {
  newest: "maxIf(ts, $span)",
  longest: "max(toUnixTimestamp64Nano(ts) + duration_ns) - min(toUnixTimestamp64Nano(ts))",
  costliest: "sum(cost_usd)",
};

type StoredRow = Record<string, unknown>;

/** An empty list is an empty text. */
const listOf = (json: string): unknown[] => (json === "" ? [] : (JSON.parse(json) as unknown[]));

function rowOf(stored: StoredRow): SpanRow {
  const row: Record<string, unknown> = {
    startNs: String(stored["start_ns"]),
    ended: Number(stored["ended"]) === 1,
    costUsd: Number(stored["cost_usd"]),
    numbers: stored["attrs_num"],
  };
  for (const [column, key] of entries(TEXTS)) row[key] = String(stored[column]);
  for (const [column, key] of entries(INTEGERS)) row[key] = Number(stored[column]);
  for (const [column, key] of entries(MAPS)) row[key] = stored[column];
  for (const [column, key] of entries(JSONS)) row[key] = listOf(String(stored[column]));
  return row as unknown as SpanRow;
}

/** Texts that are short; what is long comes only where it is asked for. */
const LEAN_TEXTS = entries(TEXTS).filter(
  ([column]) => column !== "trace_state" && column !== "scope",
);

/** Where a span ran, as far as its resource says; the machine rather than the process. */
const HOST =
  "coalesce(nullIf(resource['host.name'], ''), nullIf(resource['k8s.pod.name'], ''), nullIf(resource['host.id'], ''), resource['service.instance.id']) AS host";

const LEAN_SELECT = [
  "toString(toUnixTimestamp64Nano(ts)) AS start_ns",
  ...LEAN_TEXTS.map(([column]) => column),
  ...Object.keys(INTEGERS).map((name) => `toString(${name}) AS ${name}`),
  "ended",
  "cost_usd",
  HOST,
].join(", ");

function leanRowOf(stored: StoredRow): LeanRow {
  const row: Record<string, unknown> = {
    startNs: String(stored["start_ns"]),
    ended: Number(stored["ended"]) === 1,
    costUsd: Number(stored["cost_usd"]),
    host: String(stored["host"]),
  };
  for (const [column, key] of LEAN_TEXTS) row[key] = String(stored[column]);
  for (const [column, key] of entries(INTEGERS)) row[key] = Number(stored[column]);
  return row as unknown as LeanRow;
}

/**
 * By start, in the order in which the table keeps a trace, so that reading ends with the part. Of several deliveries of a
 * span the better one stays, as `laterOf` has it; the plain name of its duration would be that of the text which is selected.
 */
const IN_ORDER =
  "tenant, toStartOfMinute(ts), trace_id, ts, span_id, ended DESC, spans.duration_ns DESC LIMIT 1 BY trace_id, span_id";

/** How long making columns may keep the event loop before others have a turn. */
const SLICE_MS = 8;

/** Makes columns of the blocks of one insert, in turns. */
class Columns {
  readonly count: number;
  private readonly blocks: readonly SpanBlock[];
  private turnMs = performance.now();

  constructor(blocks: readonly SpanBlock[]) {
    this.blocks = blocks;
    this.count = blocks.reduce((sum, { count }) => sum + count, 0);
  }

  async texts(key: CellKey): Promise<PackedTexts> {
    const offsets = new Int32Array(this.count + 1);
    let [at, end] = [1, 0];
    for (const block of this.blocks) {
      end = block.packEnds(key, offsets, at, end);
      at += block.count;
      await this.rest();
    }
    const bytes = Buffer.allocUnsafeSlow(end);
    at = 0;
    for (const block of this.blocks) {
      if (end > 0) block.packBytes(key, bytes, offsets[at] as number);
      at += block.count;
      await this.rest();
    }
    return { length: this.count, offsets, bytes };
  }

  integers(pick: (block: SpanBlock) => BigInt64Array): BigInt64Array {
    return this.joined(new BigInt64Array(this.count), pick);
  }

  floats(pick: (block: SpanBlock) => Float64Array): Float64Array {
    return this.joined(new Float64Array(this.count), pick);
  }

  private joined<T extends BigInt64Array | Float64Array>(
    into: T,
    pick: (block: SpanBlock) => T,
  ): T {
    let at = 0;
    for (const block of this.blocks) {
      into.set(pick(block) as never, at);
      at += block.count;
    }
    return into;
  }

  private async rest(): Promise<void> {
    if (performance.now() - this.turnMs < SLICE_MS) return;
    await nextTurn();
    this.turnMs = performance.now();
  }
}

/** Spans in ClickHouse SQL, embedded or on a server. */
export class SqlSpans implements SpanTables {
  readonly analytics: SpanAnalytics;
  private readonly driver: Driver;

  constructor(driver: Driver) {
    this.driver = driver;
    this.analytics = new SqlAnalytics(driver);
  }

  async insert(tenant: string, blocks: readonly SpanBlock[], token: string): Promise<void> {
    const made = new Columns(blocks);
    if (made.count === 0) return;
    const columns: InsertColumn[] = [
      { name: "ts", type: "Int64", data: made.integers(({ starts }) => starts) },
      { name: "cost_usd", type: "Float64", data: made.floats(({ costs }) => costs) },
    ];
    const texts = [...entries(TEXTS), ...entries(MAPS), ["attrs_num", "numbers"] as const];
    for (const [name, key] of [...texts, ...entries(JSONS)])
      columns.push({ name, type: "String", data: await made.texts(key) });
    for (const [name, key] of [...entries(INTEGERS), ["ended", "ended"] as const])
      columns.push({ name, type: "Int64", data: made.integers((block) => block.integers(key)) });
    await this.driver.insert({
      into: `spans (${COLUMNS.join(", ")})`,
      select: INSERT_SELECT,
      columns,
      parameters: { tenant },
      token: `${token}-rows`,
    });
    await this.insertContent(
      tenant,
      blocks.filter((block) => block.has("content")),
      `${token}-content`,
    );
  }

  private async insertContent(
    tenant: string,
    blocks: readonly SpanBlock[],
    token: string,
  ): Promise<void> {
    const made = new Columns(blocks);
    if (made.count === 0) return;
    const columns: InsertColumn[] = [
      { name: "ts", type: "Int64", data: made.integers(({ starts }) => starts) },
    ];
    for (const [name, key] of [
      ["trace_id", "traceId"],
      ["span_id", "spanId"],
      ["content", "content"],
    ] as const)
      columns.push({ name, type: "String", data: await made.texts(key) });
    await this.driver.insert({
      into: "span_content (tenant, ts, trace_id, span_id, content)",
      select:
        "{tenant:String}, fromUnixTimestamp64Nano(assumeNotNull(ts), 'UTC'), assumeNotNull(trace_id), assumeNotNull(span_id), assumeNotNull(content)",
      where: "assumeNotNull(content) != ''",
      columns,
      parameters: { tenant },
      token,
    });
  }

  async read(tenant: string, traceIds: readonly string[], limit: number): Promise<SpanRow[]> {
    if (traceIds.length === 0) return [];
    const parameters: Record<string, string> = { tenant };
    for (const [i, id] of traceIds.entries()) parameters[`id${i}`] = id;
    const ids = traceIds.map((_, i) => `{id${i}:String}`).join(", ");
    const rows = await this.driver.rows<StoredRow>(
      `SELECT ${READ_SELECT} FROM spans WHERE tenant = {tenant:String} AND trace_id IN (${ids}) LIMIT ${Math.trunc(limit)}`,
      { parameters },
    );
    return rows.map(rowOf);
  }

  async readContent(
    tenant: string,
    traceId: string,
    spanId: string | undefined,
  ): Promise<StoredContent[]> {
    const one = spanId === undefined ? "" : " AND span_id = {span:String}";
    const rows = await this.driver.rows<{ span_id: string; content: string }>(
      `SELECT span_id, content FROM span_content WHERE tenant = {tenant:String} AND trace_id = {id:String}${one}`,
      { parameters: { tenant, id: traceId, ...(spanId !== undefined && { span: spanId }) } },
    );
    return rows.map(({ span_id, content }) => ({
      spanId: span_id,
      content: JSON.parse(content) as SpanContent[],
    }));
  }

  async lean(
    tenant: string,
    traceId: string,
    after: SpanCursor | undefined,
    limit: number,
  ): Promise<LeanRow[]> {
    const conditions = new Conditions();
    const [owner, trace] = [conditions.bind(tenant), conditions.bind(traceId)];
    let behind = "";
    if (after !== undefined) {
      const at = `fromUnixTimestamp64Nano(toInt64(${conditions.bind(after.startNs)}), 'UTC')`;
      behind = ` AND ts >= ${at} AND (ts > ${at} OR span_id > ${conditions.bind(after.spanId)})`;
    }
    const rows = await this.driver.rows<StoredRow>(
      `SELECT ${LEAN_SELECT} FROM spans WHERE tenant = ${owner} AND trace_id = ${trace}${behind}
       ORDER BY ${IN_ORDER} LIMIT ${Math.trunc(limit)}`,
      { parameters: conditions.parameters },
    );
    return rows.map(leanRowOf);
  }

  columns(
    tenant: string,
    traceId: string,
    after: SpanCursor | undefined,
    limit: number,
  ): Promise<SpanColumns> {
    return readTraceColumns(this.driver, tenant, traceId, after, limit);
  }

  async leanOf(
    tenant: string,
    traceIds: readonly string[],
    limit: number,
    perTrace: number,
  ): Promise<LeanRow[]> {
    if (traceIds.length === 0) return [];
    const conditions = new Conditions();
    const owner = conditions.bind(tenant);
    const ids = traceIds.map((id) => conditions.bind(id)).join(", ");
    const rows = await this.driver.rows<StoredRow>(
      `SELECT ${LEAN_SELECT} FROM spans WHERE tenant = ${owner} AND trace_id IN (${ids})
       LIMIT ${Math.trunc(perTrace)} BY trace_id LIMIT ${Math.trunc(limit)}`,
      { parameters: conditions.parameters },
    );
    return rows.map(leanRowOf);
  }

  async readSpan(tenant: string, traceId: string, spanId: string): Promise<SpanRow[]> {
    const rows = await this.driver.rows<StoredRow>(
      `SELECT ${READ_SELECT} FROM spans WHERE tenant = {tenant:String} AND trace_id = {trace:String} AND span_id = {span:String} LIMIT 100`,
      { parameters: { tenant, trace: traceId, span: spanId } },
    );
    return rows.map(rowOf);
  }

  async searchText(
    tenant: string,
    words: readonly string[],
    range: { startMs: number; endMs: number },
    limit: number,
  ): Promise<string[]> {
    const conditions = new Conditions();
    const all = words.map(
      // The contents of a span are kept as JSON.
      (word) =>
        `positionCaseInsensitiveUTF8(content, ${conditions.bind(JSON.stringify(word).slice(1, -1))}) > 0`,
    );
    const rows = await this.driver.rows<{ id: string }>(
      `SELECT trace_id AS id FROM span_content WHERE ${conditions.range(tenant, range)} AND ${all.join(" AND ")}
       GROUP BY trace_id ORDER BY max(ts) DESC LIMIT ${Math.trunc(limit)}`,
      { parameters: conditions.parameters },
    );
    return rows.map(({ id }) => id);
  }

  async find(tenant: string, query: TraceQuery): Promise<TraceHit[]> {
    const conditions = new Conditions();
    const range = conditions.range(tenant, query);
    const [span, trace] = [conditions.span(query), conditions.trace(query)];
    const order = ORDERS[query.trace?.order ?? "newest"];
    const isWhole = trace !== undefined || query.trace?.order !== undefined;
    const newest = (time: string) =>
      `toString(toUnixTimestamp64Milli(CAST(${time}, 'DateTime64(3, \\'UTC\\')'))) AS newest`;
    const rows = await this.driver.rows<{ id: string; newest: string }>(
      isWhole
        ? `SELECT trace_id AS id, ${newest(`maxIf(ts, ${span})`)} FROM spans WHERE ${range}
           GROUP BY trace_id HAVING countIf(${span}) > 0 AND ${trace ?? "1"} ORDER BY ${order.replace("$span", span)} DESC LIMIT ${Math.trunc(query.limit)}`
        : `SELECT trace_id AS id, ${newest("max(ts)")} FROM spans WHERE ${range} AND ${span}
           GROUP BY trace_id ORDER BY max(ts) DESC LIMIT ${Math.trunc(query.limit)}`,
      { parameters: conditions.parameters },
    );
    return rows.map(({ id, newest: ms }) => ({ traceId: id, newestMs: Number(ms) }));
  }

  names(
    tenant: string,
    { startMs, endMs }: { startMs: number; endMs: number },
    limit: number,
  ): Promise<{ service: string; name: string; kind: number }[]> {
    return this.driver.rows(
      `SELECT service, name, kind FROM spans WHERE tenant = {tenant:String} AND ts >= ${sqlTime(startMs)} AND ts <= ${sqlTime(endMs)}
       GROUP BY service, name, kind ORDER BY service, name, kind LIMIT ${Math.trunc(limit)}`,
      { parameters: { tenant } },
    );
  }
}
