import type { Trace, TraceSummary } from "@fleetlight/contract";

import { analyseTrace } from "#collect";
import type { Config } from "#config";
import type { Now } from "#lib";
import type { SpanContent, SpanRow, SpanStore, TraceQuery } from "#store";

import { analysedOf } from "./analysed.ts";
import { spanOf } from "./span-view.ts";
import { summaryOf, type Clock } from "./summary.ts";

/** Spans of one trace that are shown. */
const MAX_SPANS = 50_000;
/** Spans of a list of traces that are looked at. */
const MAX_LISTED_SPANS = 200_000;

/** What is asked of spans. */
export interface TraceQueries {
  /** Traces with a span that matches, the one with the newest such span first. */
  list(tenant: string, query: TraceQuery): Promise<TraceSummary[]>;
  /** One trace as far as it has come; undefined when nothing of it is known. */
  get(tenant: string, traceId: string): Promise<Trace | undefined>;
  /** Spans of the traces that `list` would find, trace by trace. */
  rows(tenant: string, query: TraceQuery): Promise<SpanRow[][]>;
  /** Spans of one trace, by start. */
  trace(tenant: string, traceId: string): Promise<SpanRow[]>;
  /** Services with spans in the range, and the names of their spans. */
  names: SpanStore["names"];
}

function traceOf(
  rows: readonly SpanRow[],
  contents: ReadonlyMap<string, readonly SpanContent[]>,
  clock: Clock,
): Trace {
  const analysis = analyseTrace(rows.map(analysedOf));
  return {
    ...summaryOf(rows, analysis, clock),
    edges: analysis.edges,
    tools: analysis.toolCalls.map(({ spanId, ...call }) => ({ ...call, span_id: spanId })),
    usage: analysis.usage.map((usage) => ({
      agent: usage.agent,
      model: usage.model,
      calls: usage.calls,
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      cached_tokens: usage.cachedTokens,
      reasoning_tokens: usage.reasoningTokens,
      cost_usd: usage.costUsd ?? null,
      cost_unknown_calls: usage.unpricedCalls,
    })),
    truncated: rows.length >= MAX_SPANS,
    all_spans: rows.map((row) =>
      spanOf(row, analysis.agentOf.get(row.spanId) ?? "", contents.get(row.spanId)),
    ),
  };
}

interface Options {
  spans: SpanStore;
  now: Now;
  config: () => Pick<Config, "traces">;
}

export function createTraceQueries({ spans, now, config }: Options): TraceQueries {
  const clock = (): Clock => ({ nowMs: now(), staleAfterMs: config().traces.stale_after });
  const rows = async (tenant: string, query: TraceQuery): Promise<SpanRow[][]> => {
    const hits = await spans.find(tenant, query);
    const ids = hits.map(({ traceId }) => traceId);
    const found = new Map<string, SpanRow[]>(ids.map((id) => [id, []]));
    for (const row of await spans.traces(tenant, ids, MAX_LISTED_SPANS))
      found.get(row.traceId)?.push(row);
    return [...found.values()].filter((trace) => trace.length > 0);
  };
  const trace = (tenant: string, traceId: string) => spans.trace(tenant, traceId, MAX_SPANS);
  return {
    rows,
    trace,
    names: (tenant, range) => spans.names(tenant, range),
    list: async (tenant, query) =>
      (await rows(tenant, query)).map((found) =>
        summaryOf(found, analyseTrace(found.map(analysedOf)), clock()),
      ),
    get: async (tenant, traceId) => {
      const [found, contents] = await Promise.all([
        trace(tenant, traceId),
        spans.content(tenant, traceId),
      ]);
      return found.length === 0 ? undefined : traceOf(found, contents, clock());
    },
  };
}
