import type { TraceSpan } from "@fleetlight/contract";

import { costOf, type SpanContent, type SpanRow } from "#store";

const KINDS: readonly TraceSpan["kind"][] = [
  "unspecified",
  "internal",
  "server",
  "client",
  "producer",
  "consumer",
];
const STATUSES: readonly TraceSpan["status"][] = ["unset", "ok", "error"];

/** One span with all that is kept of it. */
export const spanOf = (
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
  cached_tokens: row.cachedTokens,
  cache_write_tokens: row.cacheWriteTokens ?? 0,
  reasoning_tokens: row.reasoningTokens,
  cost_usd: costOf(row) ?? null,
  cost_source: row.costSource ?? "",
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
