import {
  writeColumns,
  type ErrorGroups,
  type Trace,
  type TraceAnalysisReport,
  type TraceComparison,
  type TraceDifferences,
  type TraceFacets,
  type TraceHeatmap,
  type TraceSpan,
  type TraceSummary,
  type UnpricedModels,
} from "@fleetlight/contract";

import { analyseTrace, type TraceAnalysis } from "#collect";
import type { Config } from "#config";
import type { Now } from "#lib";
import {
  cursorBehind,
  type LeanRow,
  type SpanContent,
  type SpanCursor,
  type SpanRow,
  type SpanStore,
  type TraceQuery,
} from "#store";

import { analysedOf } from "./analysed.ts";
import { compareTraces } from "./compare.ts";
import { differencesOf, facetsOf, heatmapOf, type BrushedRegion } from "./counts.ts";
import { errorGroups } from "./errors.ts";
import { partText } from "./lean-view.ts";
import { listText } from "./long-text.ts";
import { LongTraces } from "./long-traces.ts";
import { searchTraces, type FoundTraces, type TraceSearch } from "./search.ts";
import { spanOf } from "./span-view.ts";
import { longSummaryOf, summaryOf, type Clock } from "./summary.ts";
import { unpricedOf } from "./unpriced.ts";
import { analyse, comparedOf, whole } from "./whole.ts";

/** Spans of one trace that are shown. */
const MAX_SPANS = 50_000;
/** Spans of one trace that are looked at as objects for what is said of it; longer ones are looked at as columns. */
const MAX_OBJECTS = 5000;
/** Spans of a list of traces that are looked at. */
const MAX_LISTED_SPANS = 200_000;

/** What is asked of spans. */
export interface TraceQueries {
  /** Traces that satisfy a search, in its order. */
  search(tenant: string, search: TraceSearch): Promise<FoundTraces>;
  /** One trace as far as it has come, as the JSON of `Trace`; undefined when nothing of it is known. */
  get(tenant: string, traceId: string, withSpans: boolean): Promise<string | undefined>;
  /** Spans of the traces that a search would find, trace by trace. */
  rows(tenant: string, query: TraceQuery): Promise<SpanRow[][]>;
  /** Spans of one trace, by start. */
  trace(tenant: string, traceId: string): Promise<SpanRow[]>;
  /** One part of a trace, behind a span of it, as the JSON of `LeanSpans`; undefined when there is nothing. */
  part(
    tenant: string,
    traceId: string,
    after: SpanCursor | undefined,
    limit: number,
  ): Promise<string | undefined>;
  /** The same with many more spans at once, as the bytes of `SpanColumns`. */
  columns(
    tenant: string,
    traceId: string,
    after: SpanCursor | undefined,
    limit: number,
  ): Promise<Uint8Array | undefined>;
  /** One span with its contents. */
  span(tenant: string, traceId: string, spanId: string): Promise<TraceSpan | undefined>;
  /** Where the time of a trace went. */
  analysis(tenant: string, traceId: string): Promise<TraceAnalysisReport | undefined>;
  /** Undefined when one of them is not known. */
  compare(tenant: string, a: string, b: string): Promise<TraceComparison | undefined>;
  errors(tenant: string, query: TraceQuery): Promise<ErrorGroups>;
  facets(tenant: string, query: TraceQuery): Promise<TraceFacets>;
  heatmap(tenant: string, query: TraceQuery, columns: number): Promise<TraceHeatmap>;
  differences(tenant: string, query: TraceQuery, region: BrushedRegion): Promise<TraceDifferences>;
  /** Models that were called in the range and have no price. */
  unpriced(tenant: string, range: { startMs: number; endMs: number }): Promise<UnpricedModels>;
  /** Services with spans in the range, and the names of their spans. */
  names: SpanStore["names"];
}

type Head = Omit<Trace, "all_spans">;

function partsOf(
  summary: TraceSummary,
  { edges, toolCalls, usage }: Pick<TraceAnalysis, "edges" | "toolCalls" | "usage">,
  truncated: boolean,
): Head {
  return {
    ...summary,
    edges,
    tools: toolCalls.map(({ spanId, ...call }) => ({ ...call, span_id: spanId })),
    usage: usage.map((one) => ({
      agent: one.agent,
      model: one.model,
      calls: one.calls,
      input_tokens: one.inputTokens,
      output_tokens: one.outputTokens,
      cached_tokens: one.cachedTokens,
      reasoning_tokens: one.reasoningTokens,
      cost_usd: one.costUsd ?? null,
      cost_unknown_calls: one.unpricedCalls,
    })),
    truncated,
  };
}

const headOf = (
  rows: readonly Omit<LeanRow, "host">[],
  analysis: TraceAnalysis,
  clock: Clock,
): Head => partsOf(summaryOf(rows, analysis, clock), analysis, rows.length >= MAX_SPANS);

const traceText = (head: Head, spans: string): string =>
  `${JSON.stringify(head).slice(0, -1)},"all_spans":${spans}}`;

async function wholeText(
  rows: readonly SpanRow[],
  contents: ReadonlyMap<string, readonly SpanContent[]>,
  clock: Clock,
): Promise<string> {
  const analysis = analyseTrace(rows.map(analysedOf));
  const spans = await listText(rows, (row) =>
    spanOf(row, analysis.agentOf.get(row.spanId) ?? "", contents.get(row.spanId)),
  );
  return traceText(headOf(rows, analysis, clock), spans);
}

interface Options {
  spans: SpanStore;
  now: Now;
  config: () => Pick<Config, "traces">;
}

export function createTraceQueries({ spans, now, config }: Options): TraceQueries {
  const clock = (): Clock => ({ nowMs: now(), staleAfterMs: config().traces.stale_after });
  const long = new LongTraces(spans);
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
    search: (tenant, search) => searchTraces({ spans, long }, tenant, search, clock()),
    get: async (tenant, traceId, withSpans) => {
      if (!withSpans) {
        const rows = await whole(spans, tenant, traceId, MAX_OBJECTS);
        if (rows.length === 0) return undefined;
        const analysis = analyseTrace(rows.map(analysedOf));
        if (rows.length < MAX_OBJECTS) return traceText(headOf(rows, analysis, clock()), "[]");
        const figures = await long.figures(tenant, traceId);
        const summary = longSummaryOf(rows, analysis, figures, clock());
        return traceText(partsOf(summary, figures.analysis, false), "[]");
      }
      const [found, contents] = await Promise.all([
        trace(tenant, traceId),
        spans.content(tenant, traceId),
      ]);
      return found.length === 0 ? undefined : wholeText(found, contents, clock());
    },
    part: async (tenant, traceId, after, limit) => {
      const found = await spans.lean(tenant, traceId, after, limit);
      return found.length === 0 ? undefined : partText(found, limit);
    },
    columns: async (tenant, traceId, after, limit) => {
      const found = await spans.columns(tenant, traceId, after, limit);
      const last = found.spanIds.length < limit ? undefined : cursorBehind(found);
      const next = last === undefined ? null : `${last.startNs}.${last.spanId}`;
      return found.spanIds.length === 0 ? undefined : writeColumns(found, next);
    },
    span: async (tenant, traceId, spanId) => {
      const [row, contents] = await Promise.all([
        spans.span(tenant, traceId, spanId),
        spans.content(tenant, traceId, spanId),
      ]);
      return row === undefined ? undefined : spanOf(row, row.agent, contents.get(spanId));
    },
    analysis: (tenant, traceId) => analyse(spans, tenant, traceId),
    compare: async (tenant, a, b) => {
      const [left, right] = await Promise.all([a, b].map((id) => comparedOf(spans, tenant, id)));
      if (left === undefined || right === undefined) return undefined;
      return left.rows.length === 0 || right.rows.length === 0
        ? undefined
        : compareTraces(left, right, clock());
    },
    errors: (tenant, query) => errorGroups(spans, tenant, query),
    facets: (tenant, query) => facetsOf(spans, tenant, query),
    heatmap: (tenant, query, columns) => heatmapOf(spans, tenant, query, columns),
    differences: (tenant, query, region) => differencesOf(spans, tenant, query, region),
    unpriced: async (tenant, range) => unpricedOf(await spans.analytics.usage(tenant, range)),
  };
}
