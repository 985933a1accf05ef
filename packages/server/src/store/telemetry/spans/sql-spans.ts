import type { SpanColumns } from "@fleetlight/contract";

import { Turns } from "#lib";

import type { Driver, InsertColumn, PackedTexts } from "../drivers/types.ts";
import { sqlTime } from "../sql-columns.ts";
import type { SpanAnalytics } from "./analytics.ts";
import { Conditions } from "./conditions.ts";
import type { CellKey, SpanBlock } from "./span-block.ts";
import { entries, INTEGERS, JSONS, MAPS, TEXTS } from "./span-columns.ts";
import type { SpanTables, StoredContent } from "./span-tables.ts";
import { readContents, searchContents } from "./sql-contents.ts";
import { SqlAnalytics } from "./sql-analytics.ts";
import { LEAN_ROWS, LISTED_ROWS, WHOLE_ROWS } from "./sql-span-rows.ts";
import { readTraceColumns } from "./sql-trace-columns.ts";
import { placeOf } from "./trace-times.ts";
import type { LeanRow, ListedRow, SpanCursor, SpanRow, TraceHit, TraceQuery } from "./types.ts";

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

/** What comes first, by columns of a whole trace. */
const ORDERS = {
  newest: "maxIf(ts, $span)",
  longest: "max(toUnixTimestamp64Nano(ts) + duration_ns) - min(toUnixTimestamp64Nano(ts))",
  costliest: "sum(cost_usd)",
};

/**
 * By start, in the order in which the table keeps a trace, so that reading ends with the part. Of several deliveries of a
 * span the better one stays, as `laterOf` has it; the plain name of its duration would be that of the text which is selected.
 */
const IN_ORDER =
  "tenant, toStartOfMinute(ts), trace_id, ts, span_id, ended DESC, spans.duration_ns DESC LIMIT 1 BY trace_id, span_id";

/** Makes columns of the blocks of one insert, in turns. */
class Columns {
  readonly count: number;
  private readonly blocks: readonly SpanBlock[];
  private readonly turns = new Turns();

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
      if (this.turns.isLong) await this.turns.next();
    }
    const bytes = Buffer.allocUnsafeSlow(end);
    at = 0;
    for (const block of this.blocks) {
      if (end > 0) block.packBytes(key, bytes, offsets[at] as number);
      at += block.count;
      if (this.turns.isLong) await this.turns.next();
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
      ["conversation", "conversation"],
      ["content", "content"],
    ] as const)
      columns.push({ name, type: "String", data: await made.texts(key) });
    await this.driver.insert({
      into: "contents (tenant, ts, talk, trace_id, span_id, content)",
      select:
        "{tenant:String}, fromUnixTimestamp64Nano(assumeNotNull(ts), 'UTC'), if(assumeNotNull(conversation) = '', assumeNotNull(trace_id), assumeNotNull(conversation)), assumeNotNull(trace_id), assumeNotNull(span_id), assumeNotNull(content)",
      where: "assumeNotNull(content) != ''",
      columns,
      parameters: { tenant },
      token,
    });
  }

  async read(tenant: string, traceIds: readonly string[], limit: number): Promise<SpanRow[]> {
    return this.rows(WHOLE_ROWS, tenant, traceIds, `LIMIT ${Math.trunc(limit)}`);
  }

  async readContent(
    tenant: string,
    traceId: string,
    spanId: string | undefined,
  ): Promise<StoredContent[]> {
    return readContents(this.driver, tenant, traceId, spanId);
  }

  async lean(
    tenant: string,
    traceId: string,
    after: SpanCursor | undefined,
    limit: number,
  ): Promise<LeanRow[]> {
    const conditions = new Conditions();
    let behind = "";
    if (after !== undefined) {
      const at = `fromUnixTimestamp64Nano(toInt64(${conditions.bind(after.startNs)}), 'UTC')`;
      behind = ` AND ts >= ${at} AND (ts > ${at} OR span_id > ${conditions.bind(after.spanId)})`;
    }
    const rest = `${behind} ORDER BY ${IN_ORDER} LIMIT ${Math.trunc(limit)}`;
    return this.rows(LEAN_ROWS, tenant, [traceId], rest, conditions);
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
  ): Promise<ListedRow[]> {
    const cut = `LIMIT ${Math.trunc(perTrace)} BY trace_id LIMIT ${Math.trunc(limit)}`;
    return this.rows(LISTED_ROWS, tenant, traceIds, cut);
  }

  async readSpan(tenant: string, traceId: string, spanId: string): Promise<SpanRow[]> {
    const conditions = new Conditions();
    const rest = ` AND span_id = ${conditions.bind(spanId)} LIMIT 100`;
    return this.rows(WHOLE_ROWS, tenant, [traceId], rest, conditions);
  }

  /** @param rest follows the condition on tenant and traces, with its values in `conditions` */
  private async rows<T>(
    { select, rowOf }: { select: string; rowOf(values: readonly unknown[]): T },
    tenant: string,
    traceIds: readonly string[],
    rest: string,
    conditions = new Conditions(),
  ): Promise<T[]> {
    if (traceIds.length === 0) return [];
    const { before, where } = placeOf(conditions, tenant, traceIds);
    const rows = await this.driver.tuples(
      `${before} SELECT ${select} FROM spans WHERE ${where} ${rest}`,
      { parameters: conditions.parameters },
    );
    return rows.map((values) => rowOf(values));
  }

  async searchText(
    tenant: string,
    words: readonly string[],
    range: { startMs: number; endMs: number },
    limit: number,
  ): Promise<string[]> {
    return searchContents(this.driver, { tenant, words, limit, ...range });
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
