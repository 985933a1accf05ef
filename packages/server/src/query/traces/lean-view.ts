import type { LeanSpan } from "@fleetlight/contract";

import { costOf, hostOf, type LeanRow, type SpanRow } from "#store";

import { listText } from "./long-text.ts";

const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"] as const;
const STATUSES = [undefined, "ok", "error"] as const;
/** Texts that are left out when they are empty. */
const TEXTS = {
  parentSpanId: "parent_span_id",
  operation: "operation",
  agent: "agent",
  peer: "peer",
  tool: "tool",
  model: "model",
  errorType: "error_type",
} as const;
const TEXT_ENTRIES = Object.entries(TEXTS) as [
  keyof typeof TEXTS,
  (typeof TEXTS)[keyof typeof TEXTS],
][];

/** A span as one of many: what is empty is left out. */
export function leanSpanOf(row: LeanRow | SpanRow): LeanSpan {
  const span: LeanSpan = {
    span_id: row.spanId,
    name: row.name,
    service: row.service,
    start_ns: row.startNs,
    duration_seconds: row.durationNs / 1e9,
  };
  for (const [key, name] of TEXT_ENTRIES) if (row[key] !== "") span[name] = row[key];
  const host = "host" in row ? row.host : hostOf(row.resource);
  if (host !== "") span.host = host;
  const [kind, status, cost] = [KINDS[row.kind], STATUSES[row.status], costOf(row)];
  if (row.kind > 1 && kind !== undefined) span.kind = kind;
  if (status !== undefined) span.status = status;
  if (!row.ended) span.ended = false;
  if (row.inputTokens > 0) span.input_tokens = row.inputTokens;
  if (row.outputTokens > 0) span.output_tokens = row.outputTokens;
  if (cost !== undefined) span.cost_usd = cost;
  return span;
}

/** One part of a trace as a JSON text, made in turns: it is long. @param limit that it was asked for with */
export async function partText(rows: readonly LeanRow[], limit: number): Promise<string> {
  const last = rows.length < limit ? undefined : rows.at(-1);
  const next = last === undefined ? "null" : JSON.stringify(`${last.startNs}.${last.spanId}`);
  return `{"spans":${await listText(rows, leanSpanOf)},"count":${rows.length},"next":${next}}`;
}
