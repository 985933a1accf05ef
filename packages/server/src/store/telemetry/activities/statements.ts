import { sqlTime } from "../sql-columns.ts";
import {
  COORDINATION_KINDS,
  LOOKAHEAD_MS,
  MAX_CELLS,
  MAX_CONVERSATION_TRACES,
  MAX_KEYS,
  WORK_KINDS,
  type CellsQuery,
  type ConversationsQuery,
  type FiguresQuery,
} from "./types.ts";

export type Parameters = Record<string, string>;

export interface Statement {
  sql: string;
  parameters: Parameters;
}

/** The agents that a row is of; one without any has an empty name. */
export const PARTICIPANTS =
  "if(empty(agents), [toString(agent)], arrayMap(a -> toString(a), agents))";

export const listed = (kinds: readonly string[]): string =>
  kinds.map((kind) => `'${kind}'`).join(", ");
export const microseconds = (ms: number): string => String(Math.trunc(ms) * 1000);

/** Rows of a range, each span as it was written last. */
function rowsOf(
  tenant: string,
  query: { agent?: string | undefined; workflow?: string | undefined },
  startMs: number,
  endMs: number,
): { sql: string; parameters: Parameters } {
  const where = [
    "tenant = {tenant:String}",
    `ts >= ${sqlTime(startMs)}`,
    `ts < ${sqlTime(endMs)}`,
    // The key of the table begins with the hour.
    `toStartOfHour(ts) >= toStartOfHour(${sqlTime(startMs)})`,
  ];
  const parameters: Parameters = { tenant };
  if (query.workflow !== undefined) {
    where.push("workflow = {workflow:String}");
    parameters["workflow"] = query.workflow;
  }
  if (query.agent !== undefined) {
    where.push(`has(${PARTICIPANTS}, {agent:String})`);
    parameters["agent"] = query.agent;
  }
  return { sql: `activities FINAL WHERE ${where.join(" AND ")}`, parameters };
}

/** Intervals of work that goes on, as rows of `(k, who, s, e, is_work)`. */
export function openRows(query: FiguresQuery, parameters: Parameters): string {
  const { by, agent, workflow, open = [], endMs } = query;
  const tuples = open
    .filter(
      (one) =>
        one.agent !== "" &&
        (agent === undefined || one.agent === agent) &&
        (workflow === undefined || one.workflow === workflow) &&
        (by !== "workflow" || one.workflow !== ""),
    )
    .map((one, i) => {
      parameters[`open${i}`] = one.agent;
      parameters[`key${i}`] = by === "agent" ? one.agent : by === "all" ? "" : one.workflow;
      return `({key${i}:String}, {open${i}:String}, toInt64(${Math.trunc(one.startUs)}))`;
    });
  if (tuples.length === 0) return "";
  return ` UNION ALL SELECT tupleElement(o, 1) AS k, tupleElement(o, 2) AS who, tupleElement(o, 3) AS s0, toInt64(${microseconds(endMs)}) AS e0, 1 AS is_work
    FROM (SELECT arrayJoin([${tuples.join(", ")}]) AS o)`;
}

/** For each interval, how far all that began before it reach; by `partition`. */
export const reached = (partition: string): string =>
  `max(e) OVER (PARTITION BY ${partition} ORDER BY s, e ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`;

/** Lengths of unions of intervals: of each interval only what is later than all that began before it. */
export const unionsOf = (intervals: string): string =>
  `SELECT k, uniqExact(who) AS agents, sum(greatest(0, e - greatest(s, any_done))) AS engaged,
     sumIf(greatest(0, e - greatest(s, kind_done)), is_work) AS busy, sumIf(greatest(0, e - greatest(s, kind_done)), NOT is_work) AS coordination
   FROM (SELECT k, who, s, e, is_work, ${reached("k, who")} AS any_done, ${reached("k, who, is_work")} AS kind_done FROM (${intervals})) GROUP BY k`;

/** Three questions whose answers are joined by `k`; `figuresOf` says the same in TypeScript. */
export function figuresStatements(
  tenant: string,
  query: FiguresQuery,
): { statements: string[]; parameters: Parameters } {
  const { by, startMs, endMs, agent } = query;
  const { sql: rows, parameters } = rowsOf(tenant, query, startMs, endMs + LOOKAHEAD_MS);
  const [startUs, endUs] = [microseconds(startMs), microseconds(endMs)];
  const ended = `ts < ${sqlTime(endMs)}`;
  // Of one agent that was asked for, the others who took part in the same are not answered.
  const names =
    agent === undefined ? PARTICIPANTS : `arrayFilter(a -> a = {agent:String}, ${PARTICIPANTS})`;
  const key = by === "agent" ? `arrayJoin(${names})` : by === "all" ? "''" : "toString(workflow)";
  const known = by === "all" ? "1" : "k != ''";
  const begin = "toUnixTimestamp64Micro(ts) - toInt64(duration_us)";
  const limit = `LIMIT ${MAX_KEYS * 2}`;
  const work = `SELECT k, max(has_tasks AND done) AS has_tasks, countIf(begin >= ${startUs} AND begin < ${endUs}) AS started, countIf(done) AS ended,
      countIf(done AND failed) AS failed, sumIf(quality, done AND quality >= 0) AS quality_sum, countIf(done AND quality >= 0) AS quality_count,
      quantileExactInclusiveIf(0.5)(duration_us, done) AS duration_p50, quantileExactInclusiveIf(0.95)(duration_us, done) AS duration_p95, sumIf(duration_us, done) AS duration_sum
    FROM (SELECT ${key} AS k, begin, done, failed, quality, duration_us, has_tasks FROM (
      SELECT agent, agents, workflow, kind, quality, duration_us, failed, ${ended} AS done, ${begin} AS begin,
        max(kind = 'task' AND ${ended}) OVER (PARTITION BY agent) AS has_tasks FROM ${rows} AND kind IN ('task', 'run'))
      WHERE kind = if(has_tasks, 'task', 'run')) WHERE ${known} GROUP BY k ${limit}`;
  const sums = `SELECT k, max(toUnixTimestamp64Micro(ts)) AS last_us, countIf(failed) AS errors, sum(input_tokens) AS input_sum, sum(output_tokens) AS output_sum,
      sum(cost_usd) AS cost_sum, countIf(priced) AS priced_count, maxIf(toString(type), kind = 'workflow') AS workflow_type, countIf(kind = 'model') AS model_calls, countIf(kind = 'message') AS messages, countIf(kind = 'tool') AS tool_calls,
      countIf(kind = 'tool' AND failed) AS tool_errors, countIf(kind = 'workflow') AS workflows, countIf(kind = 'workflow' AND failed) AS workflows_failed,
      countIf(kind = 'wait') AS waits, sumIf(duration_us, kind = 'wait') AS wait_sum, quantileExactInclusiveIf(0.95)(duration_us, kind = 'wait') AS wait_p95,
      countIf(kind = 'conflict') AS conflicts, countIf(kind = 'conflict' AND NOT failed) AS resolved, sumIf(rounds, kind = 'conflict') AS rounds_sum,
      sumIf(duration_us, kind = 'conflict' AND NOT failed) AS resolution_sum, quantileExactInclusiveIf(0.95)(duration_us, kind = 'conflict' AND NOT failed) AS resolution_p95
    FROM (SELECT ${key} AS k, * FROM ${rows} AND ${ended}) WHERE ${known} GROUP BY k ORDER BY last_us DESC ${limit}`;
  const kinds = listed([...WORK_KINDS, ...COORDINATION_KINDS]);
  const pair = by === "agent" ? `${key} AS k, k AS who` : `${key} AS k, arrayJoin(${names}) AS who`;
  const intervals = `SELECT k, who, greatest(s0, ${startUs}) AS s, least(e0, ${endUs}) AS e, is_work FROM (
      SELECT ${pair}, ${begin} AS s0, toUnixTimestamp64Micro(ts) AS e0, toUInt8(kind IN (${listed(WORK_KINDS)})) AS is_work
      FROM ${rows} AND kind IN (${kinds})${openRows(query, parameters)})
    WHERE ${known} AND who != '' AND least(e0, ${endUs}) >= greatest(s0, ${startUs})`;
  return {
    statements: [work, sums, unionsOf(intervals)],
    parameters,
  };
}

/** The newest cells first. */
export function cellsStatement(tenant: string, query: CellsQuery): Statement {
  const { sql: rows, parameters } = rowsOf(tenant, query, query.startMs, query.endMs);
  const step = Math.max(1, Math.trunc(query.stepMs));
  return {
    sql: `SELECT intDiv(toUnixTimestamp64Milli(ts), ${step}) * ${step} AS time_ms, kind, type, toInt32(floor(8 * log2(greatest(duration_us, 1)))) AS class, count() AS n,
        countIf(failed) AS failures, sum(duration_us) AS duration_sum, sum(input_tokens) AS input_sum, sum(output_tokens) AS output_sum, sum(cost_usd) AS cost_sum, countIf(priced) AS priced_count
      FROM ${rows} GROUP BY time_ms, kind, type, class ORDER BY time_ms DESC, kind DESC, type DESC, class DESC LIMIT ${MAX_CELLS}`,
    parameters,
  };
}

/** Tasks and runs by agent and step. */
export function endedStatement(tenant: string, query: CellsQuery): Statement {
  const { sql: rows, parameters } = rowsOf(tenant, query, query.startMs, query.endMs);
  const step = Math.max(1, Math.trunc(query.stepMs));
  return {
    sql: `SELECT toString(agent) AS name, intDiv(toUnixTimestamp64Milli(ts), ${step}) * ${step} AS time_ms, countIf(kind = 'task') AS tasks, countIf(kind = 'run') AS runs
      FROM ${rows} AND kind IN ('task', 'run') AND agent != '' GROUP BY name, time_ms LIMIT ${MAX_CELLS}`,
    parameters,
  };
}

export function conversationsStatement(tenant: string, query: ConversationsQuery): Statement {
  const { sql: rows, parameters } = rowsOf(tenant, {}, query.startMs, query.endMs);
  const having: string[] = [];
  if (query.agent !== undefined) {
    having.push("has(names, {agent:String})");
    parameters["agent"] = query.agent;
  }
  if (query.text !== undefined && query.text !== "") {
    parameters["text"] = query.text;
    const holds = (column: string) => `positionCaseInsensitiveUTF8(${column}, {text:String}) > 0`;
    having.push(`(${holds("k")} OR max(${holds("toString(agent)")}) OR max(${holds("workflow")}))`);
  }
  return {
    sql: `SELECT conversation AS k, min(toUnixTimestamp64Micro(ts) - toInt64(duration_us)) AS first_us, max(toUnixTimestamp64Micro(ts)) AS last_us,
        arraySort(groupUniqArrayIf(toString(agent), agent != '')) AS names, uniqExact(trace_id) AS trace_count,
        arraySlice(arrayDistinct(arrayMap(p -> p.2, arrayReverseSort(p -> p.1, groupArray((ts, trace_id))))), 1, ${MAX_CONVERSATION_TRACES}) AS ids,
        countIf(kind = 'model') AS model_calls, countIf(kind = 'tool') AS tool_calls, countIf(failed) AS errors,
        sum(input_tokens) AS input_sum, sum(output_tokens) AS output_sum, sum(cost_usd) AS cost_sum, countIf(priced) AS priced_count
      FROM ${rows} AND conversation != '' GROUP BY conversation ${having.length > 0 ? `HAVING ${having.join(" AND ")}` : ""}
      ORDER BY last_us DESC LIMIT ${Math.trunc(query.limit)}`,
    parameters,
  };
}
