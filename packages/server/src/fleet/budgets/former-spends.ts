import { analyseTrace } from "#collect";
import { analysedOf } from "#query";
import type { SpanRow, SpanStore } from "#store";

import { spendOf, type Spend } from "./spend.ts";

const FIRST_WINDOW_MS = 600_000;
const SHORTEST_WINDOW_MS = 1000;
const LONGEST_WINDOW_MS = 86_400_000;
/** Traces of one window; one with more is cut in halves. */
const MAX_TRACES = 2000;
const TRACES_AT_ONCE = 100;
const MAX_SPANS_AT_ONCE = 100_000;

interface Wanted {
  tenant: string;
  /** Spans that began within. */
  startMs: number;
  endMs: number;
  nowMs: number;
}

function spendsOfTrace(rows: readonly SpanRow[], { tenant, nowMs }: Wanted): Spend[] {
  const { payable, agentOf, conversation, workflow } = analyseTrace(rows.map(analysedOf));
  const user = rows.find((row) => row.user !== "")?.user ?? "";
  const facts = { conversation, workflow, user };
  return rows
    .filter(({ spanId, ended }) => ended && payable.has(spanId))
    .map((row) => spendOf(tenant, row, agentOf.get(row.spanId) ?? row.agent, facts, nowMs));
}

function byTrace(rows: readonly SpanRow[]): SpanRow[][] {
  const traces = new Map<string, SpanRow[]>();
  for (const row of rows) {
    const known = traces.get(row.traceId);
    if (known === undefined) traces.set(row.traceId, [row]);
    else known.push(row);
  }
  return [...traces.values()];
}

const pause = () => new Promise((resolve) => setImmediate(resolve));

/** What spans of the store used that began within a range, each span once, a piece at a time. */
export async function* formerSpends(spans: SpanStore, wanted: Wanted): AsyncGenerator<Spend[]> {
  const { tenant, endMs } = wanted;
  let windowMs = FIRST_WINDOW_MS;
  for (let startMs = wanted.startMs; startMs < endMs;) {
    const lastMs = Math.min(endMs, startMs + windowMs) - 1;
    const hits = await spans.find(tenant, {
      startMs,
      endMs: lastMs + 1,
      limit: MAX_TRACES,
    });
    if (hits.length >= MAX_TRACES && windowMs > SHORTEST_WINDOW_MS) {
      windowMs = Math.max(SHORTEST_WINDOW_MS, Math.floor(windowMs / 2));
      continue;
    }
    for (let at = 0; at < hits.length; at += TRACES_AT_ONCE) {
      const ids = hits.slice(at, at + TRACES_AT_ONCE).map(({ traceId }) => traceId);
      const rows = await spans.traces(tenant, ids, MAX_SPANS_AT_ONCE);
      for (const trace of byTrace(rows)) {
        // A trace reaches over windows: each window has the spans that began in it.
        const found = spendsOfTrace(trace, wanted).filter(
          (spend) => spend.startMs >= startMs && spend.startMs <= lastMs,
        );
        if (found.length > 0) yield found;
        await pause();
      }
    }
    startMs = lastMs + 1;
    if (hits.length < MAX_TRACES / 4) windowMs = Math.min(LONGEST_WINDOW_MS, windowMs * 2);
  }
}
