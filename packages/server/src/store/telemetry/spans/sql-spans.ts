import type { Driver } from "../drivers/types.ts";
import { sqlTime, toBigInts } from "../sql-columns.ts";
import type { SpanTables, StoredContent } from "./span-tables.ts";
import type { SpanContent, SpanRecord, SpanRow, TraceHit, TraceQuery } from "./types.ts";

/** Text columns of the table with the key of the row that they hold. */
const TEXTS = {
  trace_id: "traceId",
  span_id: "spanId",
  parent_span_id: "parentSpanId",
  trace_state: "traceState",
  service: "service",
  scope: "scope",
  name: "name",
  status_message: "statusMessage",
  operation: "operation",
  agent: "agent",
  peer: "peer",
  workflow: "workflow",
  task: "task",
  conversation: "conversation",
  user: "user",
  provider: "provider",
  model: "model",
  tool: "tool",
  tool_call_id: "toolCallId",
  error_type: "errorType",
  cost_source: "costSource",
} as const;

/** Columns of whole numbers. */
const INTEGERS = {
  kind: "kind",
  status: "status",
  duration_ns: "durationNs",
  input_tokens: "inputTokens",
  output_tokens: "outputTokens",
  cached_tokens: "cachedTokens",
  cache_write_tokens: "cacheWriteTokens",
  reasoning_tokens: "reasoningTokens",
} as const;

const MAPS = { attrs: "attributes", resource: "resource" } as const;
const JSONS = { events: "events", links: "links" } as const;

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

/** Columns that a question may name a value of. */
const FILTERS = [
  "service",
  "name",
  "operation",
  "agent",
  "tool",
  "model",
  "conversation",
  "workflow",
] as const;

const entries = <K extends string, V extends string>(of: Readonly<Record<K, V>>): [K, V][] =>
  Object.entries(of) as [K, V][];

type StoredRow = Record<string, unknown>;

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
  for (const [column, key] of entries(JSONS)) row[key] = JSON.parse(String(stored[column]));
  return row as unknown as SpanRow;
}

interface Condition {
  sql: string[];
  parameters: Record<string, string>;
}

function where(tenant: string, query: TraceQuery): Condition {
  const sql = [
    "tenant = {tenant:String}",
    `ts >= ${sqlTime(query.startMs)}`,
    `ts <= ${sqlTime(query.endMs)}`,
  ];
  const parameters: Record<string, string> = { tenant };
  for (const column of FILTERS) {
    const value = query[column];
    if (value === undefined) continue;
    sql.push(`${column} = {${column}:String}`);
    parameters[column] = value;
  }
  if (query.errorsOnly === true) sql.push("status = 2");
  if (query.minDurationNs !== undefined)
    sql.push(`duration_ns >= ${Math.trunc(query.minDurationNs)}`);
  if (query.maxDurationNs !== undefined)
    sql.push(`duration_ns <= ${Math.trunc(query.maxDurationNs)}`);
  for (const [i, [name, value]] of Object.entries(query.attributes ?? {}).entries()) {
    parameters[`key${i}`] = name;
    parameters[`value${i}`] = value;
    sql.push(
      `(attrs[{key${i}:String}] = {value${i}:String} OR resource[{key${i}:String}] = {value${i}:String}` +
        ` OR (mapContains(attrs_num, {key${i}:String}) AND toString(attrs_num[{key${i}:String}]) = {value${i}:String}))`,
    );
  }
  return { sql, parameters };
}

const nanoseconds = (rows: readonly SpanRow[]): BigInt64Array =>
  BigInt64Array.from(rows, ({ startNs }) => BigInt(startNs));

/** Spans in ClickHouse SQL, embedded or on a server. */
export class SqlSpans implements SpanTables {
  private readonly driver: Driver;

  constructor(driver: Driver) {
    this.driver = driver;
  }

  async insert(tenant: string, spans: readonly SpanRecord[], token: string): Promise<void> {
    if (spans.length === 0) return;
    const rows = spans.map(({ row }) => row);
    const text = (pick: (row: SpanRow) => string) => rows.map(pick);
    await this.driver.insert({
      into: `spans (${COLUMNS.join(", ")})`,
      select: INSERT_SELECT,
      columns: [
        { name: "ts", type: "Int64", data: nanoseconds(rows) },
        ...entries(TEXTS).map(([name, key]) => ({
          name,
          type: "String" as const,
          // Spans in a log of before some columns do not say them.
          data: text((row) => row[key] ?? ""),
        })),
        ...entries(INTEGERS).map(([name, key]) => ({
          name,
          type: "Int64" as const,
          data: toBigInts(rows.map((row) => row[key] ?? 0)),
        })),
        { name: "ended", type: "Int64", data: toBigInts(rows.map(({ ended }) => Number(ended))) },
        {
          name: "cost_usd",
          type: "Float64",
          data: Float64Array.from(rows, ({ costUsd }) => costUsd),
        },
        ...[...entries(MAPS), ["attrs_num", "numbers"] as const, ...entries(JSONS)].map(
          ([name, key]) => ({
            name,
            type: "String" as const,
            data: text((row) => JSON.stringify(row[key])),
          }),
        ),
      ],
      parameters: { tenant },
      token: `${token}-rows`,
    });
    await this.insertContent(tenant, spans, `${token}-content`);
  }

  private async insertContent(
    tenant: string,
    spans: readonly SpanRecord[],
    token: string,
  ): Promise<void> {
    const own = spans.filter(({ content }) => content.length > 0);
    if (own.length === 0) return;
    const rows = own.map(({ row }) => row);
    await this.driver.insert({
      into: "span_content (tenant, ts, trace_id, span_id, content)",
      select:
        "{tenant:String}, fromUnixTimestamp64Nano(assumeNotNull(ts), 'UTC'), assumeNotNull(trace_id), assumeNotNull(span_id), assumeNotNull(content)",
      columns: [
        { name: "ts", type: "Int64", data: nanoseconds(rows) },
        { name: "trace_id", type: "String", data: rows.map(({ traceId }) => traceId) },
        { name: "span_id", type: "String", data: rows.map(({ spanId }) => spanId) },
        {
          name: "content",
          type: "String",
          data: own.map(({ content }) => JSON.stringify(content)),
        },
      ],
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

  async readContent(tenant: string, traceId: string): Promise<StoredContent[]> {
    const rows = await this.driver.rows<{ span_id: string; content: string }>(
      "SELECT span_id, content FROM span_content WHERE tenant = {tenant:String} AND trace_id = {id:String}",
      { parameters: { tenant, id: traceId } },
    );
    return rows.map(({ span_id, content }) => ({
      spanId: span_id,
      content: JSON.parse(content) as SpanContent[],
    }));
  }

  async find(tenant: string, query: TraceQuery): Promise<TraceHit[]> {
    const { sql, parameters } = where(tenant, query);
    const rows = await this.driver.rows<{ id: string; newest: string }>(
      `SELECT trace_id AS id, toString(toUnixTimestamp64Milli(CAST(max(ts), 'DateTime64(3, \\'UTC\\')'))) AS newest FROM spans
       WHERE ${sql.join(" AND ")} GROUP BY trace_id ORDER BY max(ts) DESC LIMIT ${Math.trunc(query.limit)}`,
      { parameters },
    );
    return rows.map(({ id, newest }) => ({ traceId: id, newestMs: Number(newest) }));
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
