import type { Trace, TraceSpan, TraceSummary } from "@fleetlight/contract";

import { analyseTrace, type TraceAnalysis } from "#collect";
import { isoTime } from "#lib";
import type { SpanContent, SpanRow, SpanStore, TraceQuery } from "#store";

import { analysedOf } from "./analysed.ts";

/** Spans of one trace that are shown. */
const MAX_SPANS = 50_000;
/** Spans of a list of traces that are looked at. */
const MAX_LISTED_SPANS = 200_000;

const KINDS: readonly TraceSpan["kind"][] = [
  "unspecified",
  "internal",
  "server",
  "client",
  "producer",
  "consumer",
];
const STATUSES: readonly TraceSpan["status"][] = ["unset", "ok", "error"];

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

const endNs = (row: SpanRow): bigint => BigInt(row.startNs) + BigInt(Math.round(row.durationNs));

function summaryOf(rows: readonly SpanRow[], analysis: TraceAnalysis): TraceSummary {
  const [first] = rows;
  const root = rows.find(({ parentSpanId }) => parentSpanId === "") ?? first;
  const startNs = BigInt(first?.startNs ?? 0);
  let lastNs = startNs;
  for (const row of rows) if (endNs(row) > lastNs) lastNs = endNs(row);
  const { usage } = analysis;
  const costs = usage.flatMap(({ costUsd }) => costUsd ?? []);
  const sum = (of: readonly number[]) => of.reduce((total, one) => total + one, 0);
  return {
    trace_id: first?.traceId ?? "",
    name: root?.name ?? "",
    service: root?.service ?? "",
    start: isoTime(Number(startNs / 1_000_000n)),
    duration_seconds: Number(lastNs - startNs) / 1e9,
    spans: rows.length,
    errors: rows.filter(({ status }) => status === 2).length,
    ended: rows.every(({ ended }) => ended),
    workflow: analysis.workflow,
    conversation: analysis.conversation,
    agents: analysis.agents,
    models: [...new Set(usage.map(({ model }) => model).filter((model) => model !== ""))],
    tool_calls: analysis.toolCalls.length,
    input_tokens: sum(usage.map(({ inputTokens }) => inputTokens)),
    output_tokens: sum(usage.map(({ outputTokens }) => outputTokens)),
    cost_usd: costs.length === 0 ? null : sum(costs),
  };
}

const spanOf = (
  row: SpanRow,
  agent: string,
  content: readonly SpanContent[] | undefined,
): TraceSpan => ({
  span_id: row.spanId,
  parent_span_id: row.parentSpanId,
  name: row.name,
  service: row.service,
  scope: row.scope,
  kind: KINDS[row.kind] ?? "unspecified",
  status: STATUSES[row.status] ?? "unset",
  status_message: row.statusMessage,
  start_ns: row.startNs,
  duration_seconds: row.durationNs / 1e9,
  ended: row.ended,
  operation: row.operation,
  agent,
  peer: row.peer,
  provider: row.provider,
  model: row.model,
  tool: row.tool,
  error_type: row.errorType,
  input_tokens: row.inputTokens,
  output_tokens: row.outputTokens,
  cost_usd: row.costUsd,
  attributes: { ...row.attributes },
  numbers: { ...row.numbers },
  resource: { ...row.resource },
  events: row.events.map(({ timeNs, name, attributes }) => ({
    time_ns: timeNs,
    name,
    attributes: { ...attributes },
  })),
  links: row.links.map(({ traceId, spanId, attributes }) => ({
    trace_id: traceId,
    span_id: spanId,
    attributes: { ...attributes },
  })),
  content: (content ?? []).map((one) => ({ ...one })),
});

function traceOf(
  rows: readonly SpanRow[],
  contents: ReadonlyMap<string, readonly SpanContent[]>,
): Trace {
  const analysis = analyseTrace(rows.map(analysedOf));
  return {
    ...summaryOf(rows, analysis),
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
    })),
    truncated: rows.length >= MAX_SPANS,
    all_spans: rows.map((row) =>
      spanOf(row, analysis.agentOf.get(row.spanId) ?? "", contents.get(row.spanId)),
    ),
  };
}

/** @param spans where they are kept */
export function createTraceQueries(spans: SpanStore): TraceQueries {
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
        summaryOf(found, analyseTrace(found.map(analysedOf))),
      ),
    get: async (tenant, traceId) => {
      const [found, contents] = await Promise.all([
        trace(tenant, traceId),
        spans.content(tenant, traceId),
      ]);
      return found.length === 0 ? undefined : traceOf(found, contents);
    },
  };
}
