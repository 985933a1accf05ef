import { randomUUID } from "node:crypto";

import type { Now } from "#lib";

import type { Driver } from "../drivers/types.ts";
import { HOUR_MS, HourBook, type FillRules } from "../hours/index.ts";
import { sqlTime, toBigInts } from "../sql-columns.ts";
import { byLast } from "./figures.ts";
import { fillStatement, summedEndings, summedStatements } from "./hour-statements.ts";
import {
  cellsStatement,
  conversationsStatement,
  endedStatement,
  figuresStatements,
} from "./statements.ts";
import {
  LOOKAHEAD_MS,
  MAX_KEYS,
  type Activity,
  type ActivityKind,
  type ActivityTables,
  type Cell,
  type CellsQuery,
  type ConversationFigures,
  type ConversationsQuery,
  type Ended,
  type Figures,
  type FiguresQuery,
  type KnownAgent,
} from "./types.ts";

const TEXTS = {
  trace_id: "traceId",
  kind: "kind",
  agent: "agent",
  peer: "peer",
  workflow: "workflow",
  conversation: "conversation",
  type: "type",
} as const;

const INTEGERS = {
  duration_us: "durationUs",
  rounds: "rounds",
  input_tokens: "inputTokens",
  output_tokens: "outputTokens",
} as const;

const FLOATS = { quality: "quality", cost_usd: "costUsd" } as const;

const PLAIN = [...Object.keys(TEXTS), ...Object.keys(INTEGERS), ...Object.keys(FLOATS)];

const INTO = `activities (tenant, ts, trace_key, span_key, version, failed, priced, agents, ${PLAIN.join(", ")})`;
const SELECT = [
  "{tenant:String}",
  "fromUnixTimestamp64Micro(assumeNotNull(ts), 'UTC')",
  "cityHash64(assumeNotNull(trace_id))",
  "reinterpretAsUInt64(reverse(unhex(assumeNotNull(span_id))))",
  "assumeNotNull(version)",
  "assumeNotNull(failed)",
  "assumeNotNull(priced)",
  "JSONExtract(assumeNotNull(agents), 'Array(String)')",
  ...PLAIN.map((name) => `assumeNotNull(${name})`),
].join(", ");

/** Names of sums with their column of the answers. */
type Sums = Record<string, number | string | null>;

const numberOf = (value: number | string | null | undefined): number => Number(value ?? 0);
/** Of nothing ClickHouse answers NaN, which JSON has as null. */
const measured = (value: number | string | null | undefined): number | undefined =>
  value === null || value === undefined || Number.isNaN(Number(value))
    ? undefined
    : Math.round(Number(value));

function figuresFrom(key: string, sums: Sums): Figures {
  return {
    key,
    hasTasks: numberOf(sums["has_tasks"]) > 0,
    started: numberOf(sums["started"]),
    ended: numberOf(sums["ended"]),
    failed: numberOf(sums["failed"]),
    qualitySum: numberOf(sums["quality_sum"]),
    qualityCount: numberOf(sums["quality_count"]),
    durationP50Us: measured(sums["duration_p50"]),
    durationP95Us: measured(sums["duration_p95"]),
    durationSumUs: numberOf(sums["duration_sum"]),
    busyUs: numberOf(sums["busy"]),
    coordinationUs: numberOf(sums["coordination"]),
    engagedUs: numberOf(sums["engaged"]),
    agents: numberOf(sums["agents"]),
    conflicts: numberOf(sums["conflicts"]),
    resolved: numberOf(sums["resolved"]),
    resolutionSumUs: numberOf(sums["resolution_sum"]),
    resolutionP95Us: measured(sums["resolution_p95"]),
    roundsSum: numberOf(sums["rounds_sum"]),
    waits: numberOf(sums["waits"]),
    waitSumUs: numberOf(sums["wait_sum"]),
    waitP95Us: measured(sums["wait_p95"]),
    messages: numberOf(sums["messages"]),
    modelCalls: numberOf(sums["model_calls"]),
    toolCalls: numberOf(sums["tool_calls"]),
    toolErrors: numberOf(sums["tool_errors"]),
    workflows: numberOf(sums["workflows"]),
    workflowsFailed: numberOf(sums["workflows_failed"]),
    errors: numberOf(sums["errors"]),
    inputTokens: numberOf(sums["input_sum"]),
    outputTokens: numberOf(sums["output_sum"]),
    costUsd: numberOf(sums["cost_sum"]),
    priced: numberOf(sums["priced_count"]),
    lastUs: numberOf(sums["last_us"]),
    workflowType: String(sums["workflow_type"] ?? ""),
  };
}

/** Activities in ClickHouse SQL, embedded or on a server. */
export class SqlActivities implements ActivityTables {
  private readonly driver: Driver;
  private readonly hours: HourBook;
  private version = 0;

  constructor(driver: Driver, now: Now) {
    this.driver = driver;
    this.hours = new HourBook(driver, "activities", now);
  }

  async append(tenant: string, activities: readonly Activity[]): Promise<void> {
    if (activities.length === 0) return;
    const times = activities.map(({ endUs }) => endUs / 1000);
    const appended = await this.hours.beforeInsert(tenant, times);
    try {
      await this.insert(tenant, activities);
    } finally {
      appended();
    }
  }

  private async insert(tenant: string, activities: readonly Activity[]): Promise<void> {
    // The clock alone would let two batches of one millisecond be equally new.
    this.version = Math.max(this.version + 1, Date.now());
    const entries = <K extends string, V extends string>(of: Readonly<Record<K, V>>): [K, V][] =>
      Object.entries(of) as [K, V][];
    await this.driver.insert({
      into: INTO,
      select: SELECT,
      columns: [
        { name: "ts", type: "Int64", data: toBigInts(activities.map(({ endUs }) => endUs)) },
        { name: "version", type: "Int64", data: toBigInts(activities.map(() => this.version)) },
        {
          name: "failed",
          type: "Int64",
          data: toBigInts(activities.map(({ failed }) => Number(failed))),
        },
        {
          name: "priced",
          type: "Int64",
          data: toBigInts(activities.map(({ priced }) => Number(priced))),
        },
        {
          name: "agents",
          type: "String",
          data: activities.map(({ agents }) => JSON.stringify(agents)),
        },
        { name: "span_id", type: "String", data: activities.map(({ spanId }) => spanId) },
        ...entries(TEXTS).map(([name, key]) => ({
          name,
          type: "String" as const,
          data: activities.map((one) => one[key]),
        })),
        ...entries(INTEGERS).map(([name, key]) => ({
          name,
          type: "Int64" as const,
          data: toBigInts(activities.map((one) => one[key])),
        })),
        ...entries(FLOATS).map(([name, key]) => ({
          name,
          type: "Float64" as const,
          data: Float64Array.from(activities, (one) => one[key]),
        })),
      ],
      parameters: { tenant },
      token: randomUUID(),
    });
  }

  async figures(tenant: string, query: FiguresQuery): Promise<Figures[]> {
    const { statements, parameters } = await this.figuresOf(tenant, query);
    const answers = await Promise.all(
      statements.map((sql) => this.driver.rows<Sums & { k: string }>(sql, { parameters })),
    );
    const byKey = new Map<string, Sums>();
    for (const { k, ...sums } of answers.flat()) byKey.set(k, { ...byKey.get(k), ...sums });
    return [...byKey]
      .map(([key, sums]) => figuresFrom(key, sums))
      .filter(({ lastUs, agents, started }) => lastUs > 0 || agents > 0 || started > 0)
      .toSorted(byLast)
      .slice(0, MAX_KEYS);
  }

  /** Of workflows there may be as many as activities: they are not summed up. */
  private async figuresOf(tenant: string, query: FiguresQuery) {
    const { by, agent, workflow, startMs, endMs } = query;
    if (workflow !== undefined || by === "workflow" || (by === "all" && agent !== undefined))
      return figuresStatements(tenant, query);
    // An hour in which the range ends has some that counts and some that does not.
    const isUsable = (hourMs: number) => hourMs + HOUR_MS <= endMs || hourMs >= endMs;
    const runs = await this.hours.filled(tenant, startMs, endMs + LOOKAHEAD_MS, isUsable);
    return runs.length === 0
      ? figuresStatements(tenant, query)
      : summedStatements(tenant, { ...query, by }, runs);
  }

  fillHours(rules: FillRules): Promise<number> {
    return this.hours.fill(rules, (tenant, run) => {
      const { sql, parameters } = fillStatement(tenant, run);
      return this.driver.command(sql, parameters);
    });
  }

  async cells(tenant: string, query: CellsQuery): Promise<Cell[]> {
    const { sql, parameters } = cellsStatement(tenant, query);
    const rows = await this.driver.rows<Sums & { kind: ActivityKind; type: string }>(sql, {
      parameters,
    });
    return rows
      .map((row) => ({
        timeMs: numberOf(row["time_ms"]),
        kind: row.kind,
        type: row.type,
        durationClass: numberOf(row["class"]),
        count: numberOf(row["n"]),
        failed: numberOf(row["failures"]),
        durationSumUs: numberOf(row["duration_sum"]),
        inputTokens: numberOf(row["input_sum"]),
        outputTokens: numberOf(row["output_sum"]),
        costUsd: numberOf(row["cost_sum"]),
        priced: numberOf(row["priced_count"]),
      }))
      .toReversed();
  }

  async conversations(tenant: string, query: ConversationsQuery): Promise<ConversationFigures[]> {
    const { sql, parameters } = conversationsStatement(tenant, query);
    const rows = await this.driver.rows<
      Sums & { k: string; names: string[]; ids: string[]; trace_count: string }
    >(sql, { parameters });
    return rows.map((row) => ({
      conversation: row.k,
      firstUs: numberOf(row["first_us"]),
      lastUs: numberOf(row["last_us"]),
      traceIds: row.ids,
      traces: numberOf(row.trace_count),
      agents: row.names,
      modelCalls: numberOf(row["model_calls"]),
      toolCalls: numberOf(row["tool_calls"]),
      errors: numberOf(row["errors"]),
      inputTokens: numberOf(row["input_sum"]),
      outputTokens: numberOf(row["output_sum"]),
      costUsd: numberOf(row["cost_sum"]),
      priced: numberOf(row["priced_count"]),
    }));
  }

  async ended(tenant: string, query: CellsQuery): Promise<Ended[]> {
    const { startMs, endMs, stepMs, workflow } = query;
    const runs =
      workflow === undefined && stepMs % HOUR_MS === 0
        ? await this.hours.filled(tenant, startMs, endMs)
        : [];
    const { sql, parameters } =
      runs.length === 0 ? endedStatement(tenant, query) : summedEndings(tenant, query, runs);
    const rows = await this.driver.rows<Sums & { name: string }>(sql, { parameters });
    return rows.map((row) => ({
      agent: row.name,
      timeMs: numberOf(row["time_ms"]),
      tasks: numberOf(row["tasks"]),
      runs: numberOf(row["runs"]),
    }));
  }

  async known(tenant: string, limit: number): Promise<KnownAgent[]> {
    const rows = await this.driver.rows<Sums & { name: string }>(
      `SELECT name, min(intDiv(toUnixTimestamp64Micro(ts) - toInt64(duration_us), 1000)) AS first_ms, max(toUnixTimestamp64Milli(ts)) AS last_ms
       FROM (SELECT arrayJoin(if(empty(agents), [agent], agents)) AS name, ts, duration_us FROM activities WHERE tenant = {tenant:String} AND ts > ${sqlTime(0)})
       WHERE name != '' GROUP BY name ORDER BY last_ms DESC, name LIMIT ${Math.trunc(limit)}`,
      { parameters: { tenant } },
    );
    return rows.map((row) => ({
      agent: row.name,
      firstMs: numberOf(row["first_ms"]),
      lastMs: numberOf(row["last_ms"]),
    }));
  }
}
