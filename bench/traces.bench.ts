import { rmSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";

import { ms, percentile, printGrid } from "./support/table.ts";

export const describe =
  "questions about traces on a store with a million spans of one day, against their goals [--spans 1000000 --large 200000 --rounds 15 --dir D]";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const SPANS_PER_TRACE = 16;
const NOW_MS = Math.floor(Date.now() / DAY_MS) * DAY_MS + 12 * HOUR_MS;
const LARGE = "f".repeat(32);

/** What a span is, by the place that it has in its trace; the fourth is a call of a model, the fifth one of a tool. */
const PLACE = `(number % ${SPANS_PER_TRACE})`;
const TRACE = `intDiv(number, ${SPANS_PER_TRACE})`;
const dice = (salt: number): string => `(cityHash64(number, ${salt}) % 1000000 / 1000000.)`;
const pick = (from: readonly string[], by: string): string =>
  `arrayElement([${from.map((one) => `'${one}'`).join(", ")}], 1 + ${by} % ${from.length})`;

/** Rows as the pipeline would make them of agents' runs, made where they are kept: it is about reading here. */
const rowsOf = (traceId: string, ts: string, parent: string): Record<string, string> => ({
  tenant: "'default'",
  ts,
  trace_id: traceId,
  span_id: "lower(leftPad(hex(number + 1), 16, '0'))",
  parent_span_id: parent,
  service: pick(["gateway", "planner", "researcher", "writer", "reviewer", "tools"], "number"),
  scope: "'bench'",
  name: `multiIf(${PLACE} = 0, 'invoke_agent lead', ${PLACE} % 4 = 3, concat('chat m', toString(number % 3)), ${PLACE} % 4 = 0, concat('execute_tool t', toString(number % 5)), concat('step ', toString(${PLACE})))`,
  kind: "1",
  status: `if(${dice(1)} < 0.02, 2, 0)`,
  status_message: `if(status = 2, 'timed out', '')`,
  duration_ns: `toUInt64(1000 - 2e8 * log(1 - ${dice(2)}))`,
  ended: "1",
  operation: `multiIf(${PLACE} = 0, 'invoke_agent', ${PLACE} % 4 = 3, 'chat', ${PLACE} % 4 = 0, 'execute_tool', 'step')`,
  agent: `if(${PLACE} = 0, ${pick(["lead", "helper", "critic", "scout"], TRACE)}, '')`,
  model: `if(${PLACE} % 4 = 3, concat('m', toString(number % 3)), '')`,
  tool: `if(${PLACE} % 4 = 0 AND ${PLACE} > 0, concat('t', toString(number % 5)), '')`,
  error_type: "if(status = 2, 'timeout', '')",
  input_tokens: `if(${PLACE} % 4 = 3, 500 + number % 2000, 0)`,
  output_tokens: `if(${PLACE} % 4 = 3, 50 + number % 300, 0)`,
  cost_usd: `if(${PLACE} % 4 = 3, (number % 100) / 1000, 0)`,
  cost_source: `if(${PLACE} % 4 = 3, 'bench@2026', '')`,
  attrs: `map('region', ${pick(["eu", "us", "ap"], TRACE)}, 'customer', concat('c', toString(${TRACE} % 500)), 'http.method', 'POST')`,
  resource: `map('host.name', concat('host-', toString(number % 8)), 'service.version', '1.2.3')`,
  events: "'[]'",
  links: "'[]'",
});

/** Activities of a day, and edges of each of its minutes. */
const ACTIVITIES = 400_000;
const EDGES = 60;
const MINUTES = DAY_MS / 60_000;

const ACTIVITY: Record<string, string> = {
  tenant: "'default'",
  ts: `fromUnixTimestamp64Micro(toInt64(${NOW_MS - DAY_MS}000 + number * ${Math.floor((DAY_MS * 1000) / ACTIVITIES)}), 'UTC')`,
  trace_id: `hex(${TRACE})`,
  trace_key: TRACE,
  span_key: "number",
  version: "1",
  kind: `multiIf(${PLACE} = 0, 'task', ${PLACE} = 1, 'run', ${PLACE} = 15 AND number % 5 = 0, 'wait', ${PLACE} % 2 = 0, 'tool', 'model')`,
  agent: `concat('agent-', toString(${TRACE} % 40))`,
  type: "concat('t', toString(number % 7))",
  duration_us: `toUInt64(1000 - 2e6 * log(1 - ${dice(3)}))`,
  failed: `${dice(4)} < 0.03`,
  quality: `if(${PLACE} = 0, ${dice(5)}, -1)`,
  input_tokens: "number % 2000",
  output_tokens: "number % 300",
  cost_usd: "(number % 100) / 1024",
  priced: "1",
};

const EDGE: Record<string, string> = {
  tenant: "'default'",
  ts: `toDateTime(${(NOW_MS - DAY_MS) / 1000} + intDiv(number, ${EDGES}) * 60, 'UTC')`,
  part: `1 + intDiv(number, ${EDGES})`,
  version: "1",
  service: "'fleet'",
  source_kind: "'agent'",
  source: `concat('agent-', toString(number % ${EDGES} % 20))`,
  target_kind: "'tool'",
  target: `concat('tool-', toString(number % ${EDGES} % 12))`,
  kind: "'tool'",
  calls: "20",
  errors: "number % 2",
  duration_ns: "2000000000",
  bucket_indexes: "arrayMap(i -> toInt16(90 + (number * i) % 30), range(10))",
  bucket_counts: "arrayMap(i -> toUInt64(2), range(10))",
};

const insertOf = (columns: Record<string, string>, count: number, table = "spans"): string =>
  `INSERT INTO ${table} (${Object.keys(columns).join(", ")}) SELECT ${Object.entries(columns)
    .map(([name, sql]) => `${sql} AS ${name}`)
    .join(", ")} FROM numbers(${count}) SETTINGS max_insert_threads = 1, max_block_size = 100000`;

interface Question {
  name: string;
  goalMs?: number;
  ask(round: number): Promise<number>;
}

/** The median of some rounds behind a first one that is not counted, and the longest that the event loop was held. */
async function measure(question: Question, rounds: number): Promise<string[]> {
  let found = await question.ask(rounds);
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const times: number[] = [];
  const cpuTimes: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const [start, cpu] = [performance.now(), process.cpuUsage()];
    found = await question.ask(round);
    times.push(performance.now() - start);
    const { user, system } = process.cpuUsage(cpu);
    cpuTimes.push((user + system) / 1000);
  }
  loop.disable();
  const { name, goalMs } = question;
  return [
    name,
    String(found),
    ms(percentile(times, 0.5)),
    ms(percentile(times, 0.95)),
    ms(percentile(cpuTimes, 0.5)),
    goalMs === undefined ? "" : ms(goalMs),
    ms(loop.max / 1e6),
  ];
}

/** The store with so many spans of a day, and one large trace. */
async function fill(dataDir: string, spans: number, large: number): Promise<number> {
  const start = performance.now();
  const { openChdb } = await import("../packages/server/src/store/telemetry/drivers/chdb.ts");
  const driver = openChdb(join(dataDir, "telemetry"));
  const stepNs = Math.floor((DAY_MS * 1e6) / (spans / SPANS_PER_TRACE));
  const dayNs = `${NOW_MS - DAY_MS}000000`;
  const traceId = `lower(concat(hex(cityHash64(${TRACE}, 7)), leftPad(hex(${TRACE} + 1), 16, '0')))`;
  const root = `lower(leftPad(hex(number - ${PLACE} + 1), 16, '0'))`;
  await driver.command(
    insertOf(
      rowsOf(
        traceId,
        `fromUnixTimestamp64Nano(toInt64(${dayNs} + ${TRACE} * ${stepNs} + ${PLACE} * 50000000), 'UTC')`,
        `if(${PLACE} = 0, '', ${root})`,
      ),
      spans,
    ),
  );
  await driver.command(
    insertOf(
      rowsOf(
        `'${LARGE}'`,
        `fromUnixTimestamp64Nano(toInt64(${NOW_MS - HOUR_MS}000000 + number * 20000), 'UTC')`,
        "if(number = 0, '', lower(leftPad(hex(intDiv(number - 1, 8) + 1), 16, '0')))",
      ),
      large,
    ),
  );
  await driver.command(insertOf(ACTIVITY, ACTIVITIES, "activities"));
  await driver.command(insertOf(EDGE, EDGES * MINUTES, "edges_1m"));
  await driver.close();
  return (performance.now() - start) / 1000;
}

async function openQueries(dataDir: string) {
  const { createTelemetryStore } = await import("../packages/server/src/store/telemetry/index.ts");
  const { createTraceQueries } = await import("../packages/server/src/query/traces/index.ts");
  const year = 365 * DAY_MS;
  const store = await createTelemetryStore(
    { dataDir },
    {
      flushIntervalMs: 5000,
      flushRows: 100_000,
      maxPendingRows: 2_000_000,
      headMaxBytes: 16 << 20,
      headWindowMs: 7_200_000,
      maxSeries: 10_000,
      retention: () => ({
        metricsMs: year,
        eventsMs: year,
        tracesMs: year,
        maxBytes: undefined,
      }),
      now: () => NOW_MS,
      onError: (message) => console.error(message),
    },
  );
  const config = () => ({ traces: { stale_after: 300_000 } }) as never;
  return { store, queries: createTraceQueries({ spans: store.spans, now: () => NOW_MS, config }) };
}

type Opened = Awaited<ReturnType<typeof openQueries>>;

const HOUR = { startMs: NOW_MS - 13 * HOUR_MS, endMs: NOW_MS - 12 * HOUR_MS, limit: 100 };
const DAY = { startMs: NOW_MS - DAY_MS, endMs: NOW_MS - 2 * HOUR_MS, limit: 50 };

function questionsOf(
  store: Opened["store"],
  queries: Opened["queries"],
  ids: readonly string[],
  large: number,
): Question[] {
  return [
    {
      name: "a trace by its id",
      goalMs: 10,
      ask: async (round) => (await queries.trace("default", ids[round % ids.length] ?? "")).length,
    },
    {
      name: "newest 100 traces of a service in an hour",
      goalMs: 15,
      ask: async () => (await store.spans.find("default", { ...HOUR, service: "planner" })).length,
    },
    {
      name: "the same as a list with costs and states",
      ask: async () =>
        (await queries.search("default", { query: { ...HOUR, service: "planner" } })).traces.length,
    },
    {
      name: "p99 by operation of 24 h",
      goalMs: 80,
      ask: async () =>
        (
          await store.spans.analytics.latencies(
            "default",
            { ...DAY, startMs: NOW_MS - DAY_MS, endMs: NOW_MS },
            "operation",
            [0.99],
          )
        ).length,
    },
    {
      name: "50 costliest traces of an hour",
      ask: async () =>
        (
          await queries.search("default", {
            query: { ...HOUR, limit: 50, trace: { order: "costliest" } },
          })
        ).traces.length,
    },
    {
      name: "facets of an hour",
      ask: async () => (await queries.facets("default", HOUR)).facets.length,
    },
    {
      name: "heat map of 24 h",
      ask: async () => (await queries.heatmap("default", DAY, 60)).cells.length,
    },
    {
      name: "differences of the slow runs of an hour",
      ask: async () => {
        const region = { ...HOUR, minDurationNs: 5e8, maxDurationNs: 1e18 };
        return (await queries.differences("default", HOUR, region)).differences.length;
      },
    },
    {
      name: "errors of 24 h by cause",
      ask: async () => (await queries.errors("default", DAY)).count,
    },
    {
      name: `first part of a trace of ${large} spans`,
      ask: async () => (await queries.part("default", LARGE, undefined, 5000))?.length ?? 0,
    },
  ];
}

const EDGES_OF = { without: [], buckets: true, limit: 12_000 };
const UNEVEN_MS = 20 * 60_000;

function figureQuestions(store: Opened["store"], how: string, goals: boolean): Question[] {
  const day = { startMs: NOW_MS - DAY_MS + UNEVEN_MS, endMs: NOW_MS - 2 * HOUR_MS + UNEVEN_MS };
  const hour = {
    startMs: NOW_MS - 9 * HOUR_MS + UNEVEN_MS,
    endMs: NOW_MS - 8 * HOUR_MS + UNEVEN_MS,
  };
  const graph = async (range: typeof day) =>
    (await store.edges.read("default", { ...EDGES_OF, ...range, stepMs: DAY_MS })).length;
  return [
    {
      name: `agents' figures of 22 h, ${how}`,
      ask: async () => (await store.activities.figures("default", { ...day, by: "agent" })).length,
    },
    { name: `fleet graph of 22 h, ${how}`, ask: () => graph(day) },
    {
      name: `fleet graph of a past hour, ${how}`,
      ...(goals && { goalMs: 10 }),
      ask: () => graph(hour),
    },
  ];
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      spans: { type: "string", default: "1000000" },
      large: { type: "string", default: "200000" },
      rounds: { type: "string", default: "15" },
      dir: { type: "string", default: tmpdir() },
    },
  });
  const [spans, large] = [Number(values.spans), Number(values.large)];
  const dataDir = mkdtempSync(join(values.dir, "fleetlight-bench-"));
  try {
    // The first opening makes the tables.
    await (await openQueries(dataDir)).store.close();
    const seconds = await fill(dataDir, spans, large);
    const { store, queries } = await openQueries(dataDir);
    const ids = (await store.spans.find("default", HOUR)).map(({ traceId }) => traceId);
    const questions = questionsOf(store, queries, ids, large);
    const rows = [];
    for (const question of questions) rows.push(await measure(question, Number(values.rounds)));
    for (const question of figureQuestions(store, "row by row", false))
      rows.push(await measure(question, Number(values.rounds)));
    await store.rollUp();
    for (const question of figureQuestions(store, "summed up", true))
      rows.push(await measure(question, Number(values.rounds)));
    const whole: Question = {
      name: `analysis of a trace of ${large} spans`,
      ask: async () => (await queries.analysis("default", LARGE))?.spans ?? 0,
    };
    rows.push(await measure(whole, 1));
    await store.close();
    printGrid(`traces: ${spans} spans of 24 h, made in ${seconds.toFixed(0)} s`, [
      ["", "found", "median", "p95", "CPU", "goal", "loop held"],
      ...rows,
    ]);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}
