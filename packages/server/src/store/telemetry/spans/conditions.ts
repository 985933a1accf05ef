import { sqlTime } from "../sql-columns.ts";
import type { TraceQuery } from "./types.ts";

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
  "user",
] as const;

/** In longer ranges a condition that is looked at for every row costs more than what it leaves out. */
const SHORT_MS = 6 * 3_600_000;

/** The keys of spans and contents begin with the minute, and are searched only by what names it. */
const minutesOf = (start: string, end: string): string =>
  `toStartOfMinute(ts) >= toStartOfMinute(${start}) AND toStartOfMinute(ts) <= toStartOfMinute(${end})`;

/** Durations are kept in 64 bits; what nobody could have lasted is asked for as the longest of them. */
const whole = (ns: number): string => BigInt(Math.trunc(Math.min(ns, 2 ** 63))).toString();

/** Pieces of a statement, and the values that are bound in them. */
export class Conditions {
  readonly parameters: Record<string, string> = {};
  private count = 0;

  /** A place for a value; nothing that a user sends gets into a statement otherwise. */
  bind(value: string): string {
    const name = `p${this.count++}`;
    this.parameters[name] = value;
    return `{${name}:String}`;
  }

  /** Spans of a tenant in a range of time. */
  range(tenant: string, { startMs, endMs }: { startMs: number; endMs: number }): string {
    const [start, end] = [sqlTime(startMs), sqlTime(endMs)];
    const within = `tenant = ${this.bind(tenant)} AND ts >= ${start} AND ts <= ${end}`;
    return endMs - startMs > SHORT_MS ? within : `${within} AND ${minutesOf(start, end)}`;
  }

  /** What one span must be like; `1` when anything will do. */
  span(query: TraceQuery): string {
    const sql: string[] = [];
    for (const column of FILTERS) {
      const value = query[column];
      if (value !== undefined) sql.push(`${column} = ${this.bind(value)}`);
    }
    if (query.errorsOnly === true) sql.push("status = 2");
    if (query.status !== undefined) sql.push(`status = ${Math.trunc(query.status)}`);
    if (query.minDurationNs !== undefined) sql.push(`duration_ns >= ${whole(query.minDurationNs)}`);
    if (query.maxDurationNs !== undefined) sql.push(`duration_ns <= ${whole(query.maxDurationNs)}`);
    if (query.traceIds !== undefined)
      sql.push(`trace_id IN (${query.traceIds.map((id) => this.bind(id)).join(", ") || "NULL"})`);
    sql.push(...this.attributes(query));
    return sql.length === 0 ? "1" : sql.join(" AND ");
  }

  private attributes({ attributes = {}, matchers = [] }: TraceQuery): string[] {
    const equal = Object.entries(attributes).map(([name, value]) => {
      const [key, wanted] = [this.bind(name), this.bind(value)];
      return (
        `(attrs[${key}] = ${wanted} OR resource[${key}] = ${wanted}` +
        ` OR (mapContains(attrs_num, ${key}) AND toString(attrs_num[${key}]) = ${wanted}))`
      );
    });
    const other = matchers.map(({ name, operator, value }) => {
      const key = this.bind(name);
      const said = `multiIf(mapContains(attrs, ${key}), attrs[${key}], mapContains(attrs_num, ${key}), toString(attrs_num[${key}]), resource[${key}])`;
      // Anchored, and the dot matches new lines, as `makeMatcher` has it.
      const fits = operator.endsWith("~")
        ? `match(${said}, ${this.bind(`(?s)^(?:${value})$`)})`
        : `${said} = ${this.bind(value)}`;
      return operator.startsWith("!") ? `NOT (${fits})` : fits;
    });
    return [...equal, ...other];
  }

  /** What a trace must be like besides; undefined when anything will do. */
  trace(query: TraceQuery): string | undefined {
    const { minDurationNs, maxDurationNs, minCostUsd, minTokens } = query.trace ?? {};
    const sql: string[] = [];
    if (minDurationNs !== undefined || maxDurationNs !== undefined)
      sql.push(
        `countIf(parent_span_id = '' AND duration_ns >= ${whole(minDurationNs ?? 0)} AND duration_ns <= ${whole(maxDurationNs ?? Infinity)}) > 0`,
      );
    if (minCostUsd !== undefined) sql.push(`sum(cost_usd) >= ${Number(minCostUsd)}`);
    if (minTokens !== undefined)
      sql.push(`sum(input_tokens + output_tokens) >= ${whole(minTokens)}`);
    return sql.length === 0 ? undefined : sql.join(" AND ");
  }

  /** Traces with a span that matches, and that are as a whole as they must be; undefined when all are. */
  traces(tenant: string, query: TraceQuery): string | undefined {
    const [span, trace] = [this.span(query), this.trace(query)];
    const from = `SELECT trace_id FROM spans WHERE ${this.range(tenant, query)}`;
    if (trace !== undefined)
      return `${from} GROUP BY trace_id HAVING countIf(${span}) > 0 AND ${trace}`;
    return span === "1" ? undefined : `${from} AND ${span}`;
  }
}
