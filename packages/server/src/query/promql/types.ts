import type { QueryOptions, QueryResult, Storage } from "@fleetlight/promql";

export interface PromQLOptions extends QueryOptions {
  /** Leaves the cache of range answers alone: nothing is taken from it, nothing is put into it. */
  noCache?: boolean;
  /** Leaves the figures about queries alone: the process asks itself. */
  uncounted?: boolean;
}

/** PromQL over the samples of one tenant, within the limits of the section `query` of the configuration. */
export interface PromQLQueries {
  /**
   * @throws PromQLError when the text is no expression.
   * @throws EvaluationError when it cannot be evaluated, takes too long, or `options.signal` aborts.
   * @throws FleetlightError `overloaded` when too many queries wait.
   */
  instant(
    tenant: string,
    text: string,
    timeMs: number,
    options?: PromQLOptions,
  ): Promise<QueryResult>;
  /** As `instant`, at startMs, startMs + stepMs, … up to endMs. The answer may be shared with a cache: change nothing. */
  range(
    tenant: string,
    text: string,
    startMs: number,
    endMs: number,
    stepMs: number,
    options?: PromQLOptions,
  ): Promise<QueryResult>;
  /** What the engine reads from. */
  storage(tenant: string): Storage;
  stats(): PromQLStats;
}

export interface PromQLStats {
  running: number;
  waiting: number;
  cacheBytes: number;
  cacheEntries: number;
}
