import { Turns } from "#lib";

import type { Driver, InsertColumn } from "../drivers/types.ts";
import { sqlTime, toBigInts } from "../sql-columns.ts";
import type { LogTables, NameCount, NameKind } from "./log-tables.ts";
import type { LogCount, LogCursor, LogFilter, LogQuery, LogRow } from "./types.ts";

/** Text columns of the table with the key of the row that they hold. */
const TEXTS = {
  service: "service",
  scope: "scope",
  severity_text: "severityText",
  event: "event",
  body: "body",
  trace_id: "traceId",
  span_id: "spanId",
  agent: "agent",
  workflow: "workflow",
  task: "task",
  conversation: "conversation",
} as const;

const MAPS = { attrs: "attributes", resource: "resource" } as const;

const entries = <K extends string, V extends string>(of: Readonly<Record<K, V>>): [K, V][] =>
  Object.entries(of) as [K, V][];

const COLUMNS = ["tenant", "ts", "seq", "severity", ...Object.keys(TEXTS), ...Object.keys(MAPS)];

const INSERT_SELECT = [
  "{tenant:String}",
  "fromUnixTimestamp64Nano(assumeNotNull(ts), 'UTC')",
  "assumeNotNull(seq)",
  "assumeNotNull(severity)",
  ...Object.keys(TEXTS).map((name) => `assumeNotNull(${name})`),
  ...Object.keys(MAPS).map((name) => `JSONExtract(assumeNotNull(${name}), 'Map(String, String)')`),
].join(", ");

/** 64-bit integers as texts: not every format keeps them whole. */
const READ_SELECT = [
  "toString(toUnixTimestamp64Nano(ts)) AS time_ns",
  "toString(seq) AS seq_text",
  "severity",
  ...Object.keys(TEXTS),
  ...Object.keys(MAPS),
].join(", ");

/** Lines of one request share the object of their resource: it is written once. */
function jsonOfSame(pick: (row: LogRow) => object): (row: LogRow) => string {
  const texts = new Map<object, string>();
  return (row) => {
    const one = pick(row);
    let text = texts.get(one);
    if (text === undefined) texts.set(one, (text = JSON.stringify(one)));
    return text;
  };
}

/** Columns that a question may name a value of. */
const FILTERS = {
  service: "service",
  event: "event",
  trace_id: "traceId",
  span_id: "spanId",
} as const;

const NAMES: Readonly<Record<NameKind, string>> = {
  services: "service",
  agents: "agent",
  events: "event",
  attributes: "arrayJoin(mapKeys(attrs))",
};

/** The table's order, which a page is read along without looking at the rest. */
const orderBy = (direction: "ASC" | "DESC"): string =>
  ["toStartOfMinute(ts)", "ts", "seq"].map((key) => `${key} ${direction}`).join(", ");

type StoredRow = Record<string, unknown>;

function rowOf(stored: StoredRow): LogRow {
  const row: Record<string, unknown> = {
    timeNs: String(stored["time_ns"]),
    seq: Number(stored["seq_text"]),
    severity: Number(stored["severity"]),
  };
  for (const [column, key] of entries(TEXTS)) row[key] = String(stored[column]);
  for (const [column, key] of entries(MAPS)) row[key] = stored[column];
  return row as unknown as LogRow;
}

interface Condition {
  sql: string[];
  parameters: Record<string, string>;
}

/** A line before or after a place; the times alone as well, because they tell which parts need not be read. */
function beside({ timeNs, seq }: LogCursor, sign: "<" | ">"): string[] {
  const time = `fromUnixTimestamp64Nano(${BigInt(timeNs)}, 'UTC')`;
  return [
    `ts ${sign}= ${time}`,
    `(ts ${sign} ${time} OR (ts = ${time} AND seq ${sign} ${Math.trunc(seq)}))`,
  ];
}

function addTerms({ sql, parameters }: Condition, terms: LogFilter["terms"] = []): void {
  for (const [i, { text, words, negated }] of terms.entries()) {
    const parts: string[] = [];
    for (const [w, word] of words.entries()) {
      parameters[`word${i}_${w}`] = word;
      parts.push(`{word${i}_${w}:String}`);
    }
    const all = parts.length === 0 ? [] : [`hasAllTokens(lowerUTF8(body), [${parts.join(", ")}])`];
    // One word alone is what the index has.
    if (words.length !== 1 || words[0] !== text) {
      parameters[`text${i}`] = text;
      all.push(`position(lowerUTF8(body), {text${i}:String}) > 0`);
    }
    sql.push(negated ? `NOT (${all.join(" AND ")})` : all.join(" AND "));
  }
}

function addAgent({ sql, parameters }: Condition, { agent, agentSpans }: LogFilter): void {
  if (agent === undefined) return;
  parameters["agent"] = agent;
  const ids = [...(agentSpans ?? [])];
  for (const [i, id] of ids.entries()) parameters[`own${i}`] = id;
  const spans = ids.map((_, i) => `{own${i}:String}`).join(", ");
  sql.push(
    ids.length === 0
      ? "agent = {agent:String}"
      : `(agent = {agent:String} OR span_id IN (${spans}))`,
  );
}

function where(tenant: string, filter: LogFilter, fence: number): Condition {
  const sql = [
    "tenant = {tenant:String}",
    `ts >= ${sqlTime(filter.startMs)}`,
    `ts < ${sqlTime(Math.floor(filter.endMs) + 1)}`,
  ];
  if (fence < Number.MAX_SAFE_INTEGER) sql.push(`seq < ${Math.trunc(fence)}`);
  const condition = { sql, parameters: { tenant } as Record<string, string> };
  const { parameters } = condition;
  for (const [column, key] of entries(FILTERS)) {
    const value = filter[key];
    if (value === undefined) continue;
    sql.push(`${column} = {${column}:String}`);
    parameters[column] = value;
  }
  if (filter.minSeverity !== undefined) sql.push(`severity >= ${Math.trunc(filter.minSeverity)}`);
  if (filter.maxSeverity !== undefined) sql.push(`severity <= ${Math.trunc(filter.maxSeverity)}`);
  for (const [i, [name, value]] of Object.entries(filter.attributes ?? {}).entries()) {
    parameters[`key${i}`] = name;
    parameters[`value${i}`] = value;
    // What the index has; an empty value is also one that is not there.
    if (value !== "")
      sql.push(`has(arrayConcat(mapValues(attrs), mapValues(resource)), {value${i}:String})`);
    sql.push(
      `(attrs[{key${i}:String}] = {value${i}:String} OR resource[{key${i}:String}] = {value${i}:String})`,
    );
  }
  addAgent(condition, filter);
  addTerms(condition, filter.terms);
  return condition;
}

const nanoseconds = (rows: readonly LogRow[]): BigInt64Array =>
  BigInt64Array.from(rows, ({ timeNs }) => BigInt(timeNs));

/** Log lines in ClickHouse SQL, embedded or on a server. */
export class SqlLogs implements LogTables {
  private readonly driver: Driver;

  constructor(driver: Driver) {
    this.driver = driver;
  }

  async insert(tenant: string, rows: readonly LogRow[], token: string): Promise<void> {
    if (rows.length === 0) return;
    await this.insertSaid(tenant, rows, `${token}-said`);
    const turns = new Turns();
    const columns: InsertColumn[] = [{ name: "ts", type: "Int64", data: nanoseconds(rows) }];
    const whole = async (name: string, pick: (row: LogRow) => number) => {
      columns.push({ name, type: "Int64", data: toBigInts(await turns.map(rows, pick)) });
    };
    const text = async (name: string, pick: (row: LogRow) => string) => {
      columns.push({ name, type: "String", data: await turns.map(rows, pick) });
    };
    await whole("seq", ({ seq }) => seq);
    await whole("severity", ({ severity }) => severity);
    for (const [name, key] of entries(TEXTS)) await text(name, (row) => row[key]);
    await text("attrs", ({ attributes }) => JSON.stringify(attributes));
    await text(
      "resource",
      jsonOfSame(({ resource }) => resource),
    );
    await this.driver.insert({
      into: `logs (${COLUMNS.join(", ")})`,
      select: INSERT_SELECT,
      columns,
      parameters: { tenant },
      token,
    });
  }

  /** What lines say of their spans lies where the contents of spans do. */
  private async insertSaid(tenant: string, rows: readonly LogRow[], token: string): Promise<void> {
    const said = rows.filter(({ content }) => content !== undefined);
    if (said.length === 0) return;
    const text = (name: string, pick: (row: LogRow) => string) => ({
      name,
      type: "String" as const,
      data: said.map(pick),
    });
    await this.driver.insert({
      into: "contents (tenant, ts, seq, talk, trace_id, span_id, content)",
      select:
        "{tenant:String}, fromUnixTimestamp64Nano(assumeNotNull(ts), 'UTC'), assumeNotNull(seq), assumeNotNull(talk), assumeNotNull(trace_id), assumeNotNull(span_id), assumeNotNull(content)",
      columns: [
        { name: "ts", type: "Int64", data: nanoseconds(said) },
        { name: "seq", type: "Int64", data: toBigInts(said.map(({ seq }) => seq)) },
        text("talk", ({ conversation, traceId }) => conversation || traceId),
        text("trace_id", ({ traceId }) => traceId),
        text("span_id", ({ spanId }) => spanId),
        text("content", ({ content }) => JSON.stringify(content)),
      ],
      parameters: { tenant },
      token,
    });
  }

  async find(tenant: string, query: LogQuery, fence: number): Promise<LogRow[]> {
    const { sql, parameters } = where(tenant, query, fence);
    if (query.before !== undefined) sql.push(...beside(query.before, "<"));
    if (query.after !== undefined) sql.push(...beside(query.after, ">"));
    const order = orderBy(query.after === undefined ? "DESC" : "ASC");
    const rows = await this.driver.rows<StoredRow>(
      `SELECT ${READ_SELECT} FROM logs WHERE ${sql.join(" AND ")} ORDER BY ${order} LIMIT ${Math.trunc(query.limit)}`,
      { parameters },
    );
    return rows.map(rowOf);
  }

  async counts(
    tenant: string,
    filter: LogFilter,
    stepMs: number,
    fence: number,
  ): Promise<LogCount[]> {
    const { sql, parameters } = where(tenant, filter, fence);
    const step = Math.trunc(stepMs);
    const rows = await this.driver.rows<{ start: string; level: number; count: string }>(
      `SELECT toString(intDiv(toUnixTimestamp64Milli(CAST(ts, 'DateTime64(3, \\'UTC\\')')), ${step}) * ${step}) AS start,
       intDiv(severity + 3, 4) AS level, toString(count()) AS count
       FROM logs WHERE ${sql.join(" AND ")} GROUP BY start, level`,
      { parameters },
    );
    return rows.map(({ start, level, count }) => ({
      startMs: Number(start),
      level: Number(level),
      count: Number(count),
    }));
  }

  names(tenant: string, filter: LogFilter, kind: NameKind, fence: number, limit: number) {
    return this.frequent(NAMES[kind], where(tenant, filter, fence), limit);
  }

  values(tenant: string, filter: LogFilter, attribute: string, fence: number, limit: number) {
    const condition = where(tenant, filter, fence);
    condition.parameters["attribute"] = attribute;
    const value =
      "if(mapContains(attrs, {attribute:String}), attrs[{attribute:String}], resource[{attribute:String}])";
    return this.frequent(value, condition, limit);
  }

  async lastSeq(sinceMs: number): Promise<number> {
    const [row] = await this.driver.rows<{ last: string }>(
      `SELECT toString(max(seq)) AS last FROM logs WHERE ts >= ${sqlTime(sinceMs)}`,
    );
    return Number(row?.last ?? 0);
  }

  private async frequent(
    expression: string,
    { sql, parameters }: Condition,
    limit: number,
  ): Promise<NameCount[]> {
    const rows = await this.driver.rows<{ name: string; count: string }>(
      `SELECT ${expression} AS name, toString(count()) AS count FROM logs WHERE ${sql.join(" AND ")}
       GROUP BY name HAVING name != '' ORDER BY count() DESC, name LIMIT ${Math.trunc(limit)}`,
      { parameters },
    );
    return rows.map(({ name, count }) => ({ name, count: Number(count) }));
  }
}
