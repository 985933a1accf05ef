import { setImmediate as nextTurn } from "node:timers/promises";

import { analyseTrace } from "#collect";
import type { SpanRow, SpanStore } from "#store";

import { analysedOf } from "../traces/index.ts";

/** Runs of an agent, the newest ones, and spans of them that are looked at. */
const MAX_TRACES = 100;
const MAX_SPANS = 20_000;
/** Spans whose lines are asked for; a statement has no room for very many. */
const MAX_IDS = 2000;
/** A span may have begun long before its lines. */
const BEFORE_MS = 3_600_000;

/**
 * Ids of the spans that an agent worked in, also those that say so only by a span above them: lines of these are the agent's,
 * although they do not name it.
 */
export async function spansOfAgent(
  spans: SpanStore,
  tenant: string,
  agent: string,
  { startMs, endMs }: { startMs: number; endMs: number },
): Promise<ReadonlySet<string>> {
  const range = { startMs: startMs - BEFORE_MS, endMs };
  const hits = await spans.find(tenant, { ...range, agent, limit: MAX_TRACES });
  const ids = hits.map(({ traceId }) => traceId);
  const byTrace = new Map<string, SpanRow[]>(ids.map((id) => [id, []]));
  if (ids.length > 0)
    for (const row of await spans.traces(tenant, ids, MAX_SPANS))
      byTrace.get(row.traceId)?.push(row);
  const found = new Set<string>();
  for (const rows of byTrace.values()) {
    for (const [spanId, own] of analyseTrace(rows.map(analysedOf)).agentOf)
      if (own === agent && found.size < MAX_IDS) found.add(spanId);
    await nextTurn();
  }
  return found;
}
