import { joinColumns, type SpanColumns, type TraceAnalysisReport } from "@fleetlight/contract";

import { cursorBehind, type LeanRow, type SpanStore } from "#store";

import { reportOf } from "./analysis/report.ts";
import type { ComparedTrace } from "./compare.ts";

/** Spans of one trace that are analysed, and that are read at once. */
const MAX_ANALYSED = 1_000_000;
const PART = 25_000;
const COLUMNS_PART = 100_000;
/** Spans of each of two traces that are compared. */
const MAX_COMPARED = 20_000;
const DAY_MS = 86_400_000;
/** Calls that a percentile needs to mean something. */
const MIN_CALLS = 20;
const MAX_MODELS = 200;

/** A trace without what is long, part by part. */
export async function whole(
  spans: SpanStore,
  tenant: string,
  traceId: string,
  limit: number,
): Promise<LeanRow[]> {
  const rows: LeanRow[] = [];
  while (rows.length < limit) {
    const size = Math.min(PART, limit - rows.length);
    const part = await spans.lean(tenant, traceId, rows.at(-1), size);
    for (const row of part) rows.push(row);
    if (part.length < size) break;
  }
  return rows;
}

/** The same as columns, of which there may be many more. */
export async function wholeColumns(
  spans: SpanStore,
  tenant: string,
  traceId: string,
  limit: number,
): Promise<SpanColumns> {
  const parts: SpanColumns[] = [];
  for (let count = 0; count < limit;) {
    const last = parts.at(-1);
    const size = Math.min(COLUMNS_PART, limit - count);
    const part = await spans.columns(tenant, traceId, last && cursorBehind(last), size);
    if (part.spanIds.length > 0) parts.push(part);
    if (part.spanIds.length < size) break;
    count += size;
  }
  return joinColumns(parts);
}

/** How long calls of each model took on the day before: of 100 calls 95 were quicker. */
async function usualSeconds(
  spans: SpanStore,
  tenant: string,
  startMs: number,
): Promise<Map<string, number>> {
  const day = { startMs: startMs - DAY_MS, endMs: startMs, operation: "chat", limit: MAX_MODELS };
  const latencies = await spans.analytics.latencies(tenant, day, "model", [0.95]);
  return new Map(
    latencies
      .filter((one) => one.spans >= MIN_CALLS)
      .map(({ value, durationsNs: [p95 = 0] }) => [value, p95 / 1e9]),
  );
}

export async function analyse(
  spans: SpanStore,
  tenant: string,
  traceId: string,
): Promise<TraceAnalysisReport | undefined> {
  const columns = await wholeColumns(spans, tenant, traceId, MAX_ANALYSED);
  const [startNs] = columns.starts;
  if (startNs === undefined) return undefined;
  const usual = columns.shapes.some(({ operation }) => operation === "chat")
    ? await usualSeconds(spans, tenant, Number(startNs / 1_000_000n))
    : new Map<string, number>();
  return reportOf(columns, usual, { traceId, truncated: columns.starts.length >= MAX_ANALYSED });
}

export async function comparedOf(
  spans: SpanStore,
  tenant: string,
  traceId: string,
): Promise<ComparedTrace> {
  const [rows, contents] = await Promise.all([
    whole(spans, tenant, traceId, MAX_COMPARED),
    spans.content(tenant, traceId),
  ]);
  return { rows, contents, truncated: rows.length >= MAX_COMPARED };
}
