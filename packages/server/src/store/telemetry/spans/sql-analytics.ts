import type { Driver } from "../drivers/types.ts";
import { sqlTime } from "../sql-columns.ts";
import {
  FACETS,
  type Compared,
  type FacetCount,
  type FacetName,
  type Failure,
  type Grid,
  type GridCell,
  type Latency,
  type ModelUsage,
  type Region,
  type SpanAnalytics,
} from "./analytics.ts";
import { Conditions } from "./conditions.ts";
import type { TraceQuery } from "./types.ts";

/** Facets as columns of the table. */
const COLUMN: Readonly<Record<FacetName, string>> = {
  service: "service",
  operation: "operation",
  agent: "agent",
  tool: "tool",
  model: "model",
  user: "user",
  workflow: "workflow",
  status: "toString(status)",
  errorType: "error_type",
  name: "name",
};

/** Values longer than this tell no traces apart that people would want to see. */
const MAX_VALUE_CHARACTERS = 200;
/** Values of two sides that are handed on for a closer look. */
const MAX_VALUES = 1000;
const TIMEOUT_MS = 20_000;

const isRoot = "parent_span_id = '' AND ended = 1";

const FAILURE_COLUMNS = {
  trace_id: "traceId",
  span_id: "spanId",
  parent_span_id: "parentSpanId",
  service: "service",
  operation: "operation",
  agent: "agent",
  tool: "tool",
  model: "model",
  name: "name",
  error_type: "errorType",
  status_message: "statusMessage",
} as const;

const numbersOf = <T extends object>(row: Record<keyof T, unknown>): T =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, Number(value)]),
  ) as unknown as T;

/** Counts over the tables of ClickHouse, embedded or on a server. */
export class SqlAnalytics implements SpanAnalytics {
  private readonly driver: Driver;

  constructor(driver: Driver) {
    this.driver = driver;
  }

  private rows<T>(sql: string, { parameters }: Conditions): Promise<T[]> {
    return this.driver.rows<T>(sql, { parameters, timeoutMs: TIMEOUT_MS });
  }

  /** Spans of traces that match, where a trace must be something as a whole. */
  private matching(conditions: Conditions, tenant: string, query: TraceQuery): string {
    const range = conditions.range(tenant, query);
    const whole =
      conditions.trace(query) === undefined ? undefined : conditions.traces(tenant, query);
    const within = whole === undefined ? "" : ` AND trace_id IN (${whole})`;
    return `${range} AND ended = 1 AND ${conditions.span(query)}${within}`;
  }

  async facets(tenant: string, query: TraceQuery, limit: number): Promise<FacetCount[]> {
    const conditions = new Conditions();
    const where = this.matching(conditions, tenant, query);
    const each = FACETS.map((facet, i) => `(${i}, toString(${COLUMN[facet]}))`);
    // One look at the spans for all facets; numbers are told apart faster than the ids that they are made of.
    const found = await this.rows<Record<keyof FacetCount, string>>(
      `SELECT one.1 AS facet, one.2 AS value, toString(uniq(id)) AS traces, toString(count()) AS spans
       FROM (SELECT cityHash64(trace_id) AS id, arrayJoin([${each.join(", ")}]) AS one FROM spans WHERE ${where})
       WHERE value != '' GROUP BY facet, value ORDER BY facet, count() DESC, value LIMIT ${Math.trunc(limit)} BY facet`,
      conditions,
    );
    return found.map(({ facet, value, traces, spans }) => ({
      facet: FACETS[Number(facet)] as FacetName,
      value,
      traces: Number(traces),
      spans: Number(spans),
    }));
  }

  async grid(tenant: string, query: TraceQuery, grid: Grid): Promise<GridCell[]> {
    const conditions = new Conditions();
    const traces = conditions.traces(tenant, query);
    const found = await this.rows<Record<keyof GridCell, unknown>>(
      `SELECT toInt64(intDiv(toUnixTimestamp64Milli(CAST(ts, 'DateTime64(3, \\'UTC\\')')) - ${Math.trunc(grid.startMs)}, ${Math.trunc(grid.stepMs)})) AS column,
         toInt64(floor(log10(greatest(duration_ns, 1)) * ${Math.trunc(grid.rowsPerDecade)})) AS row,
         toString(count()) AS traces, toString(countIf(status = 2)) AS errors
       FROM spans WHERE ${conditions.range(tenant, query)} AND ${isRoot}${traces === undefined ? "" : ` AND trace_id IN (${traces})`}
       GROUP BY column, row HAVING column >= 0 AND column < ${Math.trunc(grid.columns)} ORDER BY column, row`,
      conditions,
    );
    return found.map((cell) => numbersOf<GridCell>(cell));
  }

  async compare(
    tenant: string,
    query: TraceQuery,
    region: Region,
    limit: number,
  ): Promise<Compared> {
    const conditions = new Conditions();
    const traces = conditions.traces(tenant, query);
    const inside =
      `(ts >= ${sqlTime(region.startMs)} AND ts <= ${sqlTime(region.endMs)}` +
      ` AND duration_ns >= ${Math.trunc(region.minDurationNs)} AND duration_ns <= ${Math.trunc(region.maxDurationNs)})`;
    const roots = `FROM spans WHERE ${conditions.range(tenant, query)} AND ${isRoot}${traces === undefined ? "" : ` AND trace_id IN (${traces})`}`;
    const side = (which: string) =>
      `SELECT trace_id ${roots} AND ${which} ORDER BY ts DESC LIMIT ${Math.trunc(limit)}`;
    const [insides, outsides] = [side(inside), side(`NOT ${inside}`)];
    const facets = FACETS.map((facet) => `('facet', '${facet}', toString(${COLUMN[facet]}))`);
    const maps = ["attrs", "resource"].map(
      (map) =>
        `arrayMap((k, v) -> ('attribute', toString(k), v), mapKeys(${map}), mapValues(${map}))`,
    );
    const numbers =
      "arrayMap((k, v) -> ('attribute', toString(k), toString(v)), mapKeys(attrs_num), mapValues(attrs_num))";
    const [values, totals] = await Promise.all([
      this.rows<Record<string, string>>(
        `SELECT f.1 AS kind, f.2 AS name, f.3 AS value, toString(uniqIf(trace_id, is_inside)) AS ins, toString(uniqIf(trace_id, NOT is_inside)) AS outs
         FROM (SELECT trace_id, trace_id IN (${insides}) AS is_inside, arrayJoin(arrayConcat([${facets.join(", ")}], ${maps.join(", ")}, ${numbers})) AS f
           FROM spans WHERE ${conditions.range(tenant, query)} AND (is_inside OR trace_id IN (${outsides})))
         WHERE value != '' AND lengthUTF8(value) <= ${MAX_VALUE_CHARACTERS}
         GROUP BY kind, name, value HAVING uniqIf(trace_id, is_inside) >= 2
         ORDER BY uniqIf(trace_id, is_inside) / (1 + uniqIf(trace_id, NOT is_inside)) DESC, uniqIf(trace_id, is_inside) DESC LIMIT ${MAX_VALUES}`,
        conditions,
      ),
      this.rows<{ ins: string; outs: string }>(
        `SELECT toString(uniqIf(trace_id, ${inside})) AS ins, toString(uniqIf(trace_id, NOT ${inside})) AS outs ${roots}`,
        conditions,
      ),
    ]);
    const [total] = totals;
    return {
      inside: Math.min(limit, Number(total?.ins ?? 0)),
      outside: Math.min(limit, Number(total?.outs ?? 0)),
      values: values.map(({ kind, name, value, ins, outs }) => ({
        kind: kind === "facet" ? "facet" : "attribute",
        name: name ?? "",
        value: value ?? "",
        inside: Number(ins),
        outside: Number(outs),
      })),
    };
  }

  async failures(tenant: string, query: TraceQuery, limit: number): Promise<Failure[]> {
    const conditions = new Conditions();
    const where = this.matching(conditions, tenant, query);
    const columns = Object.entries(FAILURE_COLUMNS).map(([from, to]) => `${from} AS ${to}`);
    const found = await this.rows<Omit<Failure, "events"> & { eventsJson: string }>(
      `SELECT ${columns.join(", ")}, toString(toUnixTimestamp64Nano(ts)) AS startNs, if(status_message = '' AND events != '', events, '[]') AS eventsJson
       FROM spans WHERE ${where} AND status = 2 ORDER BY ts DESC LIMIT ${Math.trunc(limit)}`,
      conditions,
    );
    return found.map(({ eventsJson, ...failure }) => ({
      ...failure,
      events: JSON.parse(eventsJson) as Failure["events"],
    }));
  }

  async latencies(
    tenant: string,
    query: TraceQuery,
    by: Exclude<FacetName, "status">,
    quantiles: readonly number[],
  ): Promise<Latency[]> {
    const conditions = new Conditions();
    const where = this.matching(conditions, tenant, query);
    const found = await this.rows<{ value: string; spans: string; durations: number[] }>(
      `SELECT toString(${COLUMN[by]}) AS value, toString(count()) AS spans, quantilesBFloat16(${quantiles.map(Number).join(", ")})(duration_ns) AS durations
       FROM spans WHERE ${where} GROUP BY value ORDER BY count() DESC LIMIT ${Math.trunc(query.limit)}`,
      conditions,
    );
    return found.map(({ value, spans, durations }) => ({
      value,
      spans: Number(spans),
      durationsNs: durations.map(Number),
    }));
  }

  async usage(tenant: string, range: { startMs: number; endMs: number }): Promise<ModelUsage[]> {
    const conditions = new Conditions();
    const found = await this.rows<Record<keyof ModelUsage, string>>(
      `SELECT toString(provider) AS provider, toString(model) AS model, toString(cost_source) AS costSource, toString(count()) AS calls,
         toString(sum(input_tokens)) AS inputTokens, toString(sum(output_tokens)) AS outputTokens, toString(sum(cost_usd)) AS costUsd,
         toString(toUnixTimestamp64Milli(CAST(max(ts), 'DateTime64(3, \\'UTC\\')'))) AS lastMs
       FROM spans WHERE ${conditions.range(tenant, range)} AND ended = 1 AND operation IN ('chat', 'embeddings') AND input_tokens + output_tokens > 0
       GROUP BY spans.provider, spans.model, spans.cost_source ORDER BY sum(input_tokens + output_tokens) DESC LIMIT ${MAX_VALUES}`,
      conditions,
    );
    return found.map(({ provider, model, costSource, ...numbers }) => ({
      provider,
      model,
      costSource,
      ...numbersOf<Omit<ModelUsage, "provider" | "model" | "costSource">>(numbers),
    }));
  }
}
