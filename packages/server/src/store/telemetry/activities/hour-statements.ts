import { gapsOf, type HourRun } from "../hours/index.ts";
import { sqlTime } from "../sql-columns.ts";
import {
  listed,
  microseconds,
  openRows,
  PARTICIPANTS,
  reached,
  unionsOf,
  type Parameters,
  type Statement,
} from "./statements.ts";
import {
  COORDINATION_KINDS,
  LOOKAHEAD_MS,
  MAX_CELLS,
  MAX_KEYS,
  WORK_KINDS,
  type CellsQuery,
  type FiguresQuery,
} from "./types.ts";

/** Columns of `activities_1h` that say what was done, and what makes them of activities. */
const FIGURES = {
  n: "count()",
  failures: "countIf(failed)",
  qualities: "sumIf(quality, quality >= 0)",
  rated: "countIf(quality >= 0)",
  cycles: "sum(rounds)",
  lasted: "sum(duration_us)",
  begins: "groupArrayIf(begin, kind IN ('task', 'run'))",
  durations:
    "groupArrayIf(duration_us, kind IN ('task', 'run', 'wait') OR (kind = 'conflict' AND NOT failed))",
  tokens_in: "sum(input_tokens)",
  tokens_out: "sum(output_tokens)",
  cost: "sum(cost_usd)",
  with_price: "countIf(priced)",
  latest: "max(toUnixTimestamp64Micro(ts))",
  label: "maxIf(toString(type), kind = 'workflow')",
} as const;

const NAMES = Object.keys(FIGURES).join(", ");
const BEGIN = "toUnixTimestamp64Micro(ts) - toInt64(duration_us)";
const ONE = `arrayMap(p -> ('one', p), ${PARTICIPANTS})`;
const ALL = "[('all', '')]";

const pieceOf = ({ startMs, endMs }: { startMs: number; endMs: number }): string =>
  `(ts >= ${sqlTime(startMs)} AND ts < ${sqlTime(endMs)})`;

/** Rows of a tenant within pieces of time, each span as it was written last. */
const rowsIn = (pieces: readonly { startMs: number; endMs: number }[]): string =>
  `activities FINAL WHERE tenant = {tenant:String} AND (${
    // The key of the table begins with the hour.
    pieces
      .map(
        (piece) =>
          `(${pieceOf(piece)} AND toStartOfHour(ts) >= toStartOfHour(${sqlTime(piece.startMs)}) AND toStartOfHour(ts) <= toStartOfHour(${sqlTime(piece.endMs)}))`,
      )
      .join(" OR ") || "0"
  })`;

/** Hours that are summed up. */
const hoursIn = (runs: readonly HourRun[]): string =>
  `activities_1h WHERE tenant = {tenant:String} AND (${runs
    .map((run) => `(version = ${run.version} AND ${pieceOf(run)})`)
    .join(" OR ")})`;

/** Activities by owner, kind and `slot`; for tasks and runs by agent as well, who may have tasks or not. */
const figureRows = (rows: string, owners: string, slot: string): string =>
  `SELECT ${slot} AS slot, tupleElement(owner, 1) AS part, tupleElement(owner, 2) AS name, who, kind, ${Object.entries(
    FIGURES,
  )
    .map(([name, sql]) => `${sql} AS ${name}`)
    .join(", ")}
   FROM (SELECT *, arrayJoin(${owners}) AS owner, ${BEGIN} AS begin, if(kind IN ('task', 'run'), toString(agent), '') AS who FROM ${rows})
   GROUP BY slot, part, name, who, kind`;

/** Times at which somebody worked or dealt with others, by `slot`; those that overlap are joined. */
const timeRows = (rows: string, slot: string): string => {
  const by = "slot, who, is_work";
  const intervals = `SELECT ${slot} AS slot, arrayJoin(${PARTICIPANTS}) AS who, toUInt8(kind IN (${listed(WORK_KINDS)})) AS is_work, ${BEGIN} AS s, toUnixTimestamp64Micro(ts) AS e
    FROM ${rows} AND kind IN (${listed([...WORK_KINDS, ...COORDINATION_KINDS])})`;
  const joined = `SELECT ${by}, min(s) AS began, max(e) AS done FROM (
      SELECT ${by}, s, e, sum(opens) OVER (PARTITION BY ${by} ORDER BY s, e) AS piece FROM (
        SELECT ${by}, s, e, s > ${reached(by)} AS opens FROM (${intervals}) WHERE who != ''))
    GROUP BY ${by}, piece`;
  return `SELECT slot, who, if(is_work, 'work', 'coordination') AS kind, groupArray(began) AS begins, groupArray(toUInt64(done - began)) AS durations
    FROM (${joined}) GROUP BY slot, who, kind`;
};

/** Sums up hours of one tenant: `figuresStatements` says the same of the activities themselves. */
export function fillStatement(
  tenant: string,
  run: HourRun,
): { sql: string; parameters: Parameters } {
  const rows = rowsIn([run]);
  const hour = "toStartOfHour(ts)";
  const time = Object.keys(FIGURES).map((name) =>
    name === "begins" || name === "durations" ? name : name === "label" ? "''" : "0",
  );
  return {
    sql: `INSERT INTO activities_1h (tenant, ts, version, part, name, agent, kind, ${NAMES})
      SELECT {tenant:String}, slot, ${run.version}, part, name, who, toString(kind), ${NAMES} FROM (${figureRows(rows, `arrayConcat(${ALL}, ${ONE})`, hour)})
      UNION ALL
      SELECT {tenant:String}, slot, ${run.version}, 'time', who, '', kind, ${time.join(", ")} FROM (${timeRows(rows, hour)})`,
    parameters: { tenant },
  };
}

/** What `figuresStatements` asks, of hours that are summed up and of the activities between them. */
export function summedStatements(
  tenant: string,
  query: FiguresQuery & { by: "agent" | "all" },
  runs: readonly HourRun[],
): { statements: string[]; parameters: Parameters } {
  const { by, startMs, endMs, agent } = query;
  const parameters: Parameters = { tenant, ...(agent !== undefined && { agent }) };
  const [startUs, endUs] = [microseconds(startMs), microseconds(endMs)];
  const done = `ts < ${sqlTime(endMs)}`;
  const gaps = gapsOf(startMs, endMs + LOOKAHEAD_MS, runs);
  const own = agent === undefined ? "" : " AND name = {agent:String}";
  const rows = `${rowsIn(gaps)}${agent === undefined ? "" : ` AND has(${PARTICIPANTS}, {agent:String})`}`;
  const part = by === "agent" ? "one" : "all";
  // Planning a statement takes as long as answering it: what finds nothing is left out.
  const between = (sql: string) => (gaps.length === 0 ? "" : `${sql} UNION ALL `);
  const figures = (kinds: string) => `(${between(`
    SELECT part, name, who, kind, slot AS done, ${NAMES} FROM (${figureRows(`${rows}${kinds}`, by === "agent" ? ONE : ALL, done)}) WHERE 1${own}`)}
    SELECT part, name, agent AS who, kind, ${done} AS done, ${NAMES} FROM ${hoursIn(runs)} AND part = '${part}'${own}${kinds})`;
  const known = by === "all" ? "1" : "k != ''";
  const limit = `LIMIT ${MAX_KEYS * 2}`;
  const work = `SELECT k, max(tasks AND done) AS has_tasks, sum(arrayCount(b -> b >= ${startUs} AND b < ${endUs}, begins)) AS started, sumIf(n, done) AS ended,
      sumIf(failures, done) AS failed, sumIf(qualities, done) AS quality_sum, sumIf(rated, done) AS quality_count,
      quantileExactInclusiveArrayIf(0.5)(durations, done) AS duration_p50, quantileExactInclusiveArrayIf(0.95)(durations, done) AS duration_p95, sumIf(lasted, done) AS duration_sum
    FROM (SELECT *, name AS k, max(kind = 'task' AND done) OVER (PARTITION BY who) AS tasks FROM ${figures(" AND kind IN ('task', 'run')")})
    WHERE kind = if(tasks, 'task', 'run') AND ${known} GROUP BY k ${limit}`;
  const sums = `SELECT name AS k, max(latest) AS last_us, sum(failures) AS errors, sum(tokens_in) AS input_sum, sum(tokens_out) AS output_sum,
      sum(cost) AS cost_sum, sum(with_price) AS priced_count, max(label) AS workflow_type, sumIf(n, kind = 'model') AS model_calls, sumIf(n, kind = 'message') AS messages, sumIf(n, kind = 'tool') AS tool_calls,
      sumIf(failures, kind = 'tool') AS tool_errors, sumIf(n, kind = 'workflow') AS workflows, sumIf(failures, kind = 'workflow') AS workflows_failed,
      sumIf(n, kind = 'wait') AS waits, sumIf(lasted, kind = 'wait') AS wait_sum, quantileExactInclusiveArrayIf(0.95)(durations, kind = 'wait') AS wait_p95,
      sumIf(n, kind = 'conflict') AS conflicts, sumIf(n - failures, kind = 'conflict') AS resolved, sumIf(cycles, kind = 'conflict') AS rounds_sum,
      sumIf(arraySum(durations), kind = 'conflict') AS resolution_sum, quantileExactInclusiveArrayIf(0.95)(durations, kind = 'conflict') AS resolution_p95
    FROM ${figures("")} WHERE done AND ${known} GROUP BY k ORDER BY last_us DESC ${limit}`;
  const names =
    agent === undefined ? PARTICIPANTS : `arrayFilter(a -> a = {agent:String}, ${PARTICIPANTS})`;
  const pair = (name: string) =>
    by === "agent" ? `${name} AS k, k AS who` : `'' AS k, ${name} AS who`;
  const intervals = `SELECT k, who, greatest(s0, ${startUs}) AS s, least(e0, ${endUs}) AS e, is_work FROM (${between(`
      SELECT ${pair(`arrayJoin(${names})`)}, ${BEGIN} AS s0, toUnixTimestamp64Micro(ts) AS e0, toUInt8(kind IN (${listed(WORK_KINDS)})) AS is_work
      FROM ${rows} AND kind IN (${listed([...WORK_KINDS, ...COORDINATION_KINDS])})`)}
      SELECT ${pair("name")}, b AS s0, b + toInt64(d) AS e0, toUInt8(kind = 'work') AS is_work
      FROM (SELECT name, kind, begins, durations FROM ${hoursIn(runs)} AND part = 'time'${own}) ARRAY JOIN begins AS b, durations AS d
      ${openRows(query, parameters)})
    WHERE ${known} AND who != '' AND least(e0, ${endUs}) >= greatest(s0, ${startUs})`;
  return { statements: [work, sums, unionsOf(intervals)], parameters };
}

/** What `endedStatement` asks; steps are whole hours. */
export function summedEndings(
  tenant: string,
  { startMs, endMs, stepMs, agent }: CellsQuery,
  runs: readonly HourRun[],
): Statement {
  const step = Math.max(1, Math.trunc(stepMs));
  const own = agent === undefined ? "" : ` AND has(${PARTICIPANTS}, {agent:String})`;
  const part = agent === undefined ? "part = 'all'" : "part = 'one' AND name = {agent:String}";
  return {
    sql: `SELECT who AS name, intDiv(ms, ${step}) * ${step} AS time_ms, sumIf(n, kind = 'task') AS tasks, sumIf(n, kind = 'run') AS runs
      FROM (SELECT toString(agent) AS who, toUnixTimestamp64Milli(ts) AS ms, toString(kind) AS kind, toUInt64(1) AS n
          FROM ${rowsIn(gapsOf(startMs, endMs, runs))} AND kind IN ('task', 'run')${own}
        UNION ALL SELECT agent AS who, toInt64(toUnixTimestamp(ts)) * 1000 AS ms, toString(kind) AS kind, n
          FROM ${hoursIn(runs)} AND ${part} AND kind IN ('task', 'run'))
      WHERE who != '' GROUP BY name, time_ms LIMIT ${MAX_CELLS}`,
    parameters: { tenant, ...(agent !== undefined && { agent }) },
  };
}
