import { Turns } from "#lib";
import type { TraceSummary } from "@fleetlight/contract";

import { analyseTrace } from "#collect";
import type { ListedRow, SpanStore, TraceQuery } from "#store";

import { analysedOf } from "./analysed.ts";
import type { LongTraces } from "./long-traces.ts";
import { longSummaryOf, summaryOf, type Clock } from "./summary.ts";

/** Spans of a list of traces that are looked at. */
const MAX_LISTED_SPANS = 200_000;
/** Spans of one trace that are looked at as objects; longer ones are looked at as columns. */
const MAX_OWN_SPANS = 2000;
/** Traces that are looked at to find those that satisfy what only a whole trace can. */
const MAX_LOOKED_AT = 1500;
/** Traces with a text that are looked at, and how long texts are searched. */
const MAX_WITH_TEXT = 500;
const TEXT_SEARCH_MS = 5000;

/** What is looked for. */
export interface TraceSearch {
  query: TraceQuery;
  /** Words that must stand in the contents of one span. */
  words?: readonly string[] | undefined;
  /** Exact, other than the sums of `query.trace`. */
  minCostUsd?: number | undefined;
  maxCostUsd?: number | undefined;
  minTokens?: number | undefined;
  state?: TraceSummary["state"] | undefined;
}

export interface FoundTraces {
  traces: TraceSummary[];
  /** Set when not all texts could be searched: how far back they were, Unix milliseconds. */
  searchedFromMs: number | undefined;
}

interface Listed {
  trace: TraceSummary;
  /** NaN while the root has not come. */
  rootNs: number;
}

/** Of roots that wait for their insert the store has not asked yet. */
function hasRoot(rootNs: number, { trace }: TraceQuery): boolean {
  const { minDurationNs = 0, maxDurationNs = Infinity } = trace ?? {};
  const isAsked = minDurationNs > 0 || maxDurationNs < Infinity;
  return !isAsked || (rootNs >= minDurationNs && rootNs <= maxDurationNs);
}

const hasCost = (cost: number | null, { minCostUsd = 0, maxCostUsd }: TraceSearch): boolean =>
  (cost ?? 0) >= minCostUsd && (maxCostUsd === undefined || (cost !== null && cost <= maxCostUsd));

/** What of a search only a whole trace can satisfy. */
const satisfies = ({ trace, rootNs }: Listed, search: TraceSearch): boolean =>
  (search.state === undefined || trace.state === search.state) &&
  trace.input_tokens + trace.output_tokens >= (search.minTokens ?? 0) &&
  hasCost(trace.cost_usd, search) &&
  hasRoot(rootNs, search.query);

/** Whether some that the store finds may not do. */
const isPicky = ({ query, minCostUsd, maxCostUsd, minTokens, state }: TraceSearch): boolean =>
  query.trace !== undefined ||
  [minCostUsd, maxCostUsd, minTokens, state].some((value) => value !== undefined);

function sorted(
  traces: readonly TraceSummary[],
  order: "longest" | "costliest" | undefined,
): TraceSummary[] {
  if (order === "longest")
    return traces.toSorted((a, b) => b.duration_seconds - a.duration_seconds);
  if (order === "costliest")
    return traces.toSorted((a, b) => (b.cost_usd ?? -1) - (a.cost_usd ?? -1));
  return [...traces];
}

/** Where traces are. */
interface Source {
  spans: SpanStore;
  long: LongTraces;
}

/** Traces that satisfy a search, in its order. */
export async function searchTraces(
  source: Source,
  tenant: string,
  search: TraceSearch,
  clock: Clock,
): Promise<FoundTraces> {
  const { spans } = source;
  const { query, words } = search;
  let { traceIds } = query;
  let searchedFromMs: number | undefined;
  if (words !== undefined) {
    const deadlineMs = performance.now() + TEXT_SEARCH_MS;
    const found = await spans.searchText(tenant, words, query, MAX_WITH_TEXT, deadlineMs);
    traceIds = found.traceIds;
    if (found.searchedFromMs > query.startMs) ({ searchedFromMs } = found);
  }
  for (let asked = query.limit; ; asked = Math.min(asked * 4, MAX_LOOKED_AT)) {
    const hits = await spans.find(tenant, { ...query, traceIds, limit: asked });
    const newestFirst = hits.toSorted((a, b) => b.newestMs - a.newestMs).slice(0, MAX_LOOKED_AT);
    const ids = (query.trace?.order === undefined ? newestFirst : hits)
      .slice(0, MAX_LOOKED_AT)
      .map(({ traceId }) => traceId);
    const all = await summariesOf(source, tenant, ids, clock);
    const traces = sorted(
      all.filter((one) => satisfies(one, search)).map(({ trace }) => trace),
      query.trace?.order,
    );
    const isEnough = traces.length >= query.limit || hits.length < asked;
    if (isEnough || asked >= MAX_LOOKED_AT || !isPicky(search))
      return { traces: traces.slice(0, query.limit), searchedFromMs };
  }
}

/** What lists say of traces, in the order of their ids; ids of which nothing is kept are left out. */
async function summariesOf(
  { spans, long }: Source,
  tenant: string,
  ids: readonly string[],
  clock: Clock,
): Promise<Listed[]> {
  const byId = new Map<string, ListedRow[]>(ids.map((id) => [id, []]));
  for (const row of await spans.leanOf(tenant, ids, MAX_LISTED_SPANS, MAX_OWN_SPANS))
    byId.get(row.traceId)?.push(row);
  const turns = new Turns();
  const listed: Listed[] = [];
  for (const [id, some] of byId) {
    const isLong = some.length >= MAX_OWN_SPANS;
    const rows = isLong ? await spans.lean(tenant, id, undefined, MAX_OWN_SPANS) : some;
    if (rows.length === 0) continue;
    const root = rows.find(({ parentSpanId }) => parentSpanId === "");
    const analysis = analyseTrace(rows.map(analysedOf));
    const trace = isLong
      ? longSummaryOf(rows, analysis, await long.figures(tenant, id), clock)
      : summaryOf(rows, analysis, clock);
    listed.push({ trace, rootNs: root?.durationNs ?? NaN });
    if (turns.isLong) await turns.next();
  }
  return listed;
}
