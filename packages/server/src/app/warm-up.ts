import { setImmediate as nextTurn } from "node:timers/promises";

import { createRegistry } from "@fleetlight/sdk";

import { DEFAULT_TENANT, describeError } from "#lib";
import { createPromQLQueries } from "#query";
import { createHttp, createHttpInstruments, type Doors } from "#serve";
import { createMemoryTelemetry } from "#store";

/** Rounds over the questions: V8 compiles a hot path well after its hundredth call, and not much is left after that. */
const ROUNDS = 40;
/** The server is ready after this long, warm or not. */
const LONGEST_MS = 4000;
const SERIES = 64;
const STEP_MS = 15_000;
const SAMPLES = 120;

/** What dashboards ask most: addresses of the API over series that only the warm-up has. */
function questions(endMs: number): string[] {
  const end = endMs / 1000;
  const range = `start=${end - 1800}&end=${end}&step=15&nocache=1`;
  const ask = (path: string, query: string, rest: string) =>
    `/api/v1/${path}?query=${encodeURIComponent(query)}&${rest}`;
  return [
    ask("query", 'warm_depth{job="a"}', `time=${end}`),
    ask("query", "topk(5, sum by (agent) (rate(warm_total[5m])))", `time=${end}`),
    ask("query", 'count by (job) ({__name__=~"warm_.+",agent=~"agent-1.*"})', `time=${end}`),
    ask("query", "max_over_time(sum by (job) (warm_depth)[10m:1m])", `time=${end}`),
    ask("query_range", 'warm_depth{job="a"}', range),
    ask("query_range", 'rate(warm_total{job="b"}[5m])', range),
    ask("query_range", "sum by (job) (rate(warm_total[5m]))", range),
    ask(
      "query_range",
      "sum by (agent) (warm_depth) / on (agent) sum by (agent) (warm_total)",
      range,
    ),
    ask("query_range", 'absent(warm_depth{job="nope"})', range),
    `/api/v1/label/agent/values?start=${end - 1800}&end=${end}`,
    `/api/v1/series?match[]=${encodeURIComponent('warm_depth{job="a"}')}&start=${end - 1800}&end=${end}`,
  ];
}

async function series(endMs: number) {
  const telemetry = await createMemoryTelemetry({ now: () => endMs });
  const appender = telemetry.metrics.appender(DEFAULT_TENANT);
  for (let i = 0; i < SERIES; i++) {
    const labels = { job: i % 2 === 0 ? "a" : "b", agent: `agent-${i}`, instance: `i-${i}` };
    const depth = appender.series({ __name__: "warm_depth", ...labels });
    const total = appender.series({ __name__: "warm_total", ...labels });
    for (let at = SAMPLES; at > 0; at--) {
      appender.append(depth, endMs - at * STEP_MS, (i * at) % 17);
      appender.append(total, endMs - at * STEP_MS, (SAMPLES - at) * (i + 1));
    }
    await appender.commit();
  }
  return telemetry;
}

/**
 * Asks a copy of the API, over a store of its own in memory, what dashboards will ask, so that V8 has compiled the way when
 * they do: the first answers after a start then cost a third. Nothing of it is counted, limited or kept. It gives way to
 * real requests after each of its own, and ends when `signal` aborts or after a few seconds.
 */
export async function warmUp(doors: Doors, signal: AbortSignal): Promise<void> {
  const { logger, now } = doors;
  const endMs = now() - (now() % STEP_MS);
  const registry = createRegistry();
  const open = doors.config();
  const config = {
    ...open,
    auth: { ...open.auth, tokens: [] },
    server: { ...open.server, tls: undefined, rate_limit: { requests_per_minute: 0 } },
  };
  const telemetry = await series(endMs);
  const promql = createPromQLQueries({
    metrics: telemetry.metrics,
    config: () => config.query,
    subqueryStepMs: () => 60_000,
    registry,
    logger,
    now,
  });
  const copy = { ...doors, config: () => config, telemetry, promql };
  const app = createHttp(copy, createHttpInstruments(registry));
  const startedMs = performance.now();
  const isLate = () => performance.now() - startedMs > LONGEST_MS;
  try {
    for (let round = 0; round < ROUNDS && !signal.aborted && !isLate(); round++) {
      for (const url of questions(endMs)) {
        if (signal.aborted) break;
        const { statusCode } = await app.inject({ url });
        if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}`);
        await nextTurn();
      }
    }
    logger.debug("the API is warm");
  } catch (error) {
    logger.warn({ error: describeError(error) }, "the API was not warmed up");
  } finally {
    await app.close();
    await telemetry.close();
  }
}
