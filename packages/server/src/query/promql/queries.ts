import { Engine, EvaluationError, type QueryResult } from "@fleetlight/promql";
import type { Registry } from "@fleetlight/sdk";

import type { Config } from "#config";
import type { Logger } from "#lib";
import type { MetricStore } from "#store";

import { Gate } from "./gate.ts";
import { createQueryInstruments, reasonOf } from "./instruments.ts";
import { tenantStorage } from "./storage.ts";
import type { PromQLOptions, PromQLQueries } from "./types.ts";

interface QueriesOptions {
  metrics: MetricStore;
  config: () => Config["query"];
  registry: Registry;
  logger: Logger;
}

/** What an evaluation is given once it is its turn. */
interface Turn {
  engine: Engine;
  options: PromQLOptions;
}

/** Longest text of a query in the log. */
const MAX_LOGGED = 500;

/** PromQL over the store, with a limit on how many queries run at once and how long each takes. */
export function createPromQLQueries(deps: QueriesOptions): PromQLQueries {
  const { metrics, config, logger } = deps;
  const gate = new Gate({
    maxConcurrency: () => config().max_concurrency,
    maxQueue: () => config().max_queue,
  });
  const stats = () => ({
    running: gate.running,
    waiting: gate.waiting,
    cacheBytes: 0,
    cacheEntries: 0,
  });
  const instruments = createQueryInstruments(deps.registry, stats);
  const storage = (tenant: string) => tenantStorage(metrics, tenant);

  /** Waits for a place, evaluates, and counts how it went. */
  async function run(
    kind: "instant" | "range",
    text: string,
    asked: PromQLOptions,
    evaluate: (turn: Turn) => Promise<QueryResult>,
  ): Promise<QueryResult> {
    const startedAt = performance.now();
    const limits = config();
    const timeoutMs = Math.min(asked.timeoutMs ?? Infinity, limits.timeout);
    const signal = asked.signal ?? new AbortController().signal;
    // As JSON, so that nothing in the text can pass for another line of the log.
    logger.debug({ kind, query: text.slice(0, MAX_LOGGED) }, "query");
    try {
      const leave = await gate.enter(signal, timeoutMs);
      try {
        const left = timeoutMs - (performance.now() - startedAt);
        if (left <= 0) throw new EvaluationError("timeout", "query timed out in query queue");
        const engine = new Engine({
          lookbackMs: limits.lookback_delta,
          maxSamples: limits.max_samples,
          timeoutMs: limits.timeout,
        });
        const result = await evaluate({ engine, options: { ...asked, signal, timeoutMs: left } });
        instruments.samples.inc(result.stats.samplesRead);
        return result;
      } finally {
        leave();
      }
    } catch (error) {
      instruments.failures.inc({ reason: reasonOf(error) });
      throw error;
    } finally {
      instruments.duration.observe({ kind }, (performance.now() - startedAt) / 1000);
    }
  }

  return {
    storage,
    stats,
    instant: (tenant, text, timeMs, options = {}) =>
      run("instant", text, options, ({ engine, options: own }) =>
        engine.instant(storage(tenant), text, timeMs, own),
      ),
    range: (tenant, text, startMs, endMs, stepMs, options = {}) =>
      run("range", text, options, ({ engine, options: own }) =>
        engine.range(storage(tenant), text, startMs, endMs, stepMs, own),
      ),
  };
}
