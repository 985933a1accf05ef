import { Engine, EvaluationError, type QueryResult } from "@fleetlight/promql";
import type { Registry } from "@fleetlight/sdk";

import type { Config } from "#config";
import type { Logger, Now } from "#lib";
import type { MetricStore } from "#store";

import { isCacheable } from "./cacheable.ts";
import { CachedRanges } from "./cached-range.ts";
import { Gate } from "./gate.ts";
import { createQueryInstruments, reasonOf, type QueryInstruments } from "./instruments.ts";
import { tenantStorage } from "./storage.ts";
import type { PromQLOptions, PromQLQueries } from "./types.ts";

interface QueriesOptions {
  metrics: MetricStore;
  config: () => Config["query"];
  /** Step of subqueries that name none, in ms: the evaluation interval of rules, as upstream. */
  subqueryStepMs: () => number;
  registry: Registry;
  logger: Logger;
  now: Now;
  /** Whether other servers write to the same store; none does when left out. */
  sharesStore?: () => boolean;
}

/** What an evaluation is given once it is its turn. */
interface Turn {
  engine: Engine;
  options: PromQLOptions;
}

/** Longest text of a query in the log. */
const MAX_LOGGED = 500;

type Run = (
  kind: "instant" | "range",
  text: string,
  asked: PromQLOptions,
  evaluate: (turn: Turn) => Promise<QueryResult>,
) => Promise<QueryResult>;

/** Waits for a place, evaluates, and counts how it went. */
const runner =
  (
    { config, subqueryStepMs, logger }: QueriesOptions,
    gate: Gate,
    instruments: QueryInstruments,
  ): Run =>
  async (kind, text, asked, evaluate) => {
    const startedAt = performance.now();
    const limits = config();
    const counted = asked.uncounted !== true;
    const timeoutMs = Math.min(asked.timeoutMs ?? Infinity, limits.timeout);
    const signal = asked.signal ?? new AbortController().signal;
    // A field of its own, so that nothing in the text can pass for another line of the log.
    logger.debug({ kind, query: text.slice(0, MAX_LOGGED) }, "query");
    try {
      const leave = await gate.enter(signal, timeoutMs);
      try {
        const left = timeoutMs - (performance.now() - startedAt);
        if (left <= 0) throw new EvaluationError("timeout", "query timed out in query queue");
        const engine = new Engine({
          lookbackMs: limits.lookback_delta,
          maxSamples: limits.max_samples,
          subqueryStepMs: subqueryStepMs(),
          timeoutMs: limits.timeout,
        });
        const result = await evaluate({ engine, options: { ...asked, signal, timeoutMs: left } });
        if (counted) instruments.samples.inc(result.stats.samplesRead);
        return result;
      } finally {
        leave();
      }
    } catch (error) {
      if (counted) instruments.failures.inc({ reason: reasonOf(error) });
      throw error;
    } finally {
      const seconds = (performance.now() - startedAt) / 1000;
      if (counted) instruments.duration.observe({ kind }, seconds);
    }
  };

/** A plan describes one evaluation, not what is known from others. */
const mayCache = ({ noCache, explain }: PromQLOptions): boolean =>
  noCache !== true && explain !== true;

/** PromQL over the store, with a limit on how many queries run at once and how long each takes. */
export function createPromQLQueries(deps: QueriesOptions): PromQLQueries {
  const { metrics, config } = deps;
  const gate = new Gate({
    maxConcurrency: () => config().max_concurrency,
    maxQueue: () => config().max_queue,
  });
  const ranges = new CachedRanges({
    maxBytes: () => config().cache_max_bytes,
    keptUntilMs: () =>
      deps.sharesStore?.() === true ? deps.now() - config().cache_fresh_window : Infinity,
    onHit: () => instruments.cacheHits.inc(),
    onMiss: () => instruments.cacheMisses.inc(),
    onEvict: () => instruments.cacheEvictions.inc(),
  });
  metrics.onWrite((tenant, earliestMs) => ranges.cache.invalidate(tenant, earliestMs));
  const stats = () => ({
    running: gate.running,
    waiting: gate.waiting,
    cacheBytes: ranges.cache.bytes,
    cacheEntries: ranges.cache.size,
  });
  const instruments = createQueryInstruments(deps.registry, stats);
  const run = runner(deps, gate, instruments);
  const storage = (tenant: string) => tenantStorage(metrics, tenant);

  return {
    storage,
    stats,
    instant: (tenant, text, timeMs, options = {}) =>
      run("instant", text, options, (turn) =>
        turn.engine.instant(storage(tenant), text, timeMs, turn.options),
      ),
    range: (tenant, text, startMs, endMs, stepMs, options = {}) =>
      run("range", text, options, (turn) => {
        if (!mayCache(options) || !isCacheable(text))
          return turn.engine.range(storage(tenant), text, startMs, endMs, stepMs, turn.options);
        const lookbackMs = options.lookbackMs ?? config().lookback_delta;
        const subqueryStepMs = deps.subqueryStepMs();
        const key = { tenant, text, startMs, stepMs, lookbackMs, subqueryStepMs };
        return ranges.answer({ ...turn, storage: storage(tenant) }, key, endMs);
      }),
  };
}
