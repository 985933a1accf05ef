import type {
  Compared,
  FacetCount,
  FacetName,
  Failure,
  Grid,
  GridCell,
  Latency,
  ModelUsage,
  Region,
  SpanAnalytics,
} from "./analytics.ts";
import type { TraceQuery } from "./types.ts";

/** Rows of two answers that are about the same thing become one. */
function merge<T>(of: readonly T[], key: (row: T) => string, add: (a: T, b: T) => T): T[] {
  const byKey = new Map<string, T>();
  for (const row of of) {
    const known = byKey.get(key(row));
    byKey.set(key(row), known === undefined ? row : add(known, row));
  }
  return [...byKey.values()];
}

/** Counts over what is in the tables and what still waits for its insert. */
export class MergedAnalytics implements SpanAnalytics {
  private readonly stored: SpanAnalytics;
  private readonly waiting: SpanAnalytics;
  private readonly bounded: (query: TraceQuery) => TraceQuery;

  /** @param bounded takes what is too old away from a question */
  constructor(
    stored: SpanAnalytics,
    waiting: SpanAnalytics,
    bounded: (query: TraceQuery) => TraceQuery,
  ) {
    this.stored = stored;
    this.waiting = waiting;
    this.bounded = bounded;
  }

  /** What waits is taken before the tables are read: an insert in between makes doubles, not gaps. */
  private async both<T>(ask: (analytics: SpanAnalytics) => Promise<T>): Promise<[T, T]> {
    const waiting = await ask(this.waiting);
    return [await ask(this.stored), waiting];
  }

  async facets(tenant: string, asked: TraceQuery, limit: number): Promise<FacetCount[]> {
    const query = this.bounded(asked);
    const found = await this.both((one) => one.facets(tenant, query, limit));
    const counts = merge(
      found.flat(),
      ({ facet, value }) => `${facet}\0${value}`,
      (a, b) => ({ ...a, traces: a.traces + b.traces, spans: a.spans + b.spans }),
    ).toSorted((a, b) => b.spans - a.spans);
    const room = new Map<FacetName, number>();
    return counts.filter(({ facet }) => {
      const taken = (room.get(facet) ?? 0) + 1;
      room.set(facet, taken);
      return taken <= limit;
    });
  }

  async grid(tenant: string, asked: TraceQuery, grid: Grid): Promise<GridCell[]> {
    const query = this.bounded(asked);
    const found = await this.both((one) => one.grid(tenant, query, grid));
    return merge(
      found.flat(),
      ({ column, row }) => `${column} ${row}`,
      (a, b) => ({ ...a, traces: a.traces + b.traces, errors: a.errors + b.errors }),
    ).toSorted((a, b) => a.column - b.column || a.row - b.row);
  }

  async compare(
    tenant: string,
    asked: TraceQuery,
    region: Region,
    limit: number,
  ): Promise<Compared> {
    const query = this.bounded(asked);
    const [stored, waiting] = await this.both((one) => one.compare(tenant, query, region, limit));
    return {
      inside: stored.inside + waiting.inside,
      outside: stored.outside + waiting.outside,
      values: merge(
        [...stored.values, ...waiting.values],
        ({ kind, name, value }) => `${kind}\0${name}\0${value}`,
        (a, b) => ({ ...a, inside: a.inside + b.inside, outside: a.outside + b.outside }),
      ),
    };
  }

  async failures(tenant: string, asked: TraceQuery, limit: number): Promise<Failure[]> {
    const query = this.bounded(asked);
    const [stored, waiting] = await this.both((one) => one.failures(tenant, query, limit));
    return merge(
      [...waiting, ...stored],
      ({ traceId, spanId }) => traceId + spanId,
      (a) => a,
    ).slice(0, limit);
  }

  /** Quantiles do not add up: they are those of the tables, which what waits joins within seconds. */
  async latencies(
    tenant: string,
    asked: TraceQuery,
    by: Exclude<FacetName, "status">,
    quantiles: readonly number[],
  ): Promise<Latency[]> {
    return this.stored.latencies(tenant, this.bounded(asked), by, quantiles);
  }

  async usage(tenant: string, range: { startMs: number; endMs: number }): Promise<ModelUsage[]> {
    const { startMs, endMs } = this.bounded({ ...range, limit: 0 });
    const found = await this.both((one) => one.usage(tenant, { startMs, endMs }));
    return merge(
      found.flat(),
      ({ provider, model, costSource }) => JSON.stringify([provider, model, costSource]),
      (a, b) => ({
        ...a,
        calls: a.calls + b.calls,
        inputTokens: a.inputTokens + b.inputTokens,
        outputTokens: a.outputTokens + b.outputTokens,
        costUsd: a.costUsd + b.costUsd,
        lastMs: Math.max(a.lastMs, b.lastMs),
      }),
    );
  }
}
