import { setImmediate as nextTurn } from "node:timers/promises";

import { analyseTrace } from "#collect";
import { analysedOf } from "#query";
import type { SpanRow, SpanStore } from "#store";

import type { News } from "./activity-log.ts";

/** Traces that are read again at start, and in one go. */
const MAX_TRACES = 20_000;
const BATCH = 20;
const MAX_BATCH_SPANS = 20_000;
const MAX_TRACE_SPANS = 50_000;

function newsOf(tenant: string, traceId: string, rows: readonly SpanRow[]): News {
  const spans = new Map(rows.map((row) => [row.spanId, analysedOf(row)]));
  const isWhole = rows.every(
    ({ ended, parentSpanId }) => ended && (parentSpanId === "" || spans.has(parentSpanId)),
  );
  const analysis = analyseTrace([...spans.values()]);
  return { tenant, traceId, spans, analysis, isWhole, fresh: rows };
}

/** One trace as the store has it. */
export async function readTrace(spans: SpanStore, tenant: string, traceId: string): Promise<News> {
  return newsOf(tenant, traceId, await spans.trace(tenant, traceId, MAX_TRACE_SPANS));
}

/**
 * Traces with spans of a range, whole and one after the other, with pauses for other work.
 * @returns from when on none of them is missing
 */
export async function readTraces(
  spans: SpanStore,
  tenant: string,
  range: { startMs: number; endMs: number },
  { hear, signal }: { hear: (news: News) => void; signal: AbortSignal },
): Promise<number> {
  const hits = await spans.find(tenant, { ...range, limit: MAX_TRACES });
  for (let at = 0; at < hits.length && !signal.aborted; at += BATCH) {
    const ids = hits.slice(at, at + BATCH).map(({ traceId }) => traceId);
    const traces = new Map<string, SpanRow[]>();
    for (const row of await spans.traces(tenant, ids, MAX_BATCH_SPANS)) {
      const rows = traces.get(row.traceId);
      if (rows === undefined) traces.set(row.traceId, [row]);
      else rows.push(row);
    }
    for (const [traceId, rows] of traces) {
      hear(newsOf(tenant, traceId, rows));
      await nextTurn();
    }
  }
  const oldest = hits.at(-1);
  return hits.length < MAX_TRACES || oldest === undefined ? range.startMs : oldest.newestMs;
}
