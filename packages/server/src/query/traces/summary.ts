import type { TraceSummary } from "@fleetlight/contract";

import { MODEL_OPERATIONS, type Operation, type TraceAnalysis } from "#collect";
import { isoTime } from "#lib";
import type { ListedRow as Row } from "#store";

import type { LongFigures } from "./long-trace.ts";

/** Spans that answer somebody who may not be observed: their parents are missing for good. */
const ANSWERING = new Set([2, 5]);

export const endNsOf = (row: Pick<Row, "startNs" | "durationNs">): bigint =>
  BigInt(row.startNs) + BigInt(Math.round(row.durationNs));

/** The span at the top; the earliest one while the root has not come. */
export const rootOf = <T extends Pick<Row, "parentSpanId">>(rows: readonly T[]): T | undefined =>
  rows.find(({ parentSpanId }) => parentSpanId === "") ?? rows[0];

const hasEnded = (row: Row): Row => ({ ...row, ended: true });
const goesOn = (row: Row): Row => ({ ...row, ended: false });

/** What is known of whether a run goes on. */
export interface Clock {
  nowMs: number;
  staleAfterMs: number;
}

/**
 * Whether a run goes on. One that has a span without an end, or whose root has not come, is not over: then the latest news
 * say whether somebody still works on it.
 * @param rows spans of one trace, by start
 */
export function stateOf(
  rows: readonly Pick<Row, "parentSpanId" | "ended" | "status" | "kind">[],
  lastNewsMs: number,
  { nowMs, staleAfterMs }: Clock,
): TraceSummary["state"] {
  const root = rows.find(({ parentSpanId }) => parentSpanId === "");
  const top = root ?? rows[0];
  const isOver =
    rows.every(({ ended }) => ended) && (root !== undefined || ANSWERING.has(top?.kind ?? 0));
  if (!isOver) return nowMs - lastNewsMs > staleAfterMs ? "stale" : "running";
  return top?.status === 2 ? "failed" : "done";
}

const sum = (of: readonly number[]): number => of.reduce((total, one) => total + one, 0);

/** Models that were called: those that used anything, and those whose calls failed before they did. */
function modelsOf(rows: readonly Row[], { usage }: TraceAnalysis): string[] {
  const used = usage.map(({ model }) => model);
  const failed = rows
    .filter(({ operation, status }) => status === 2 && MODEL_OPERATIONS.has(operation as Operation))
    .map(({ model }) => model);
  return [...new Set([...used, ...failed])].filter((model) => model !== "");
}

/** The same of a trace of which only the first spans were read, with the figures of all of them. */
export function longSummaryOf(
  rows: readonly Row[],
  firsts: TraceAnalysis,
  { spans, errors, ended, lastNs, toolCalls, analysis }: LongFigures,
  clock: Clock,
): TraceSummary {
  const summary = summaryOf(rows, { ...firsts, ...analysis }, clock);
  const lastMs = Number(lastNs / 1_000_000n);
  // Whether it is over is known of all spans; which one is the root, of the first.
  const state = stateOf(ended ? rows.map(hasEnded) : rows.map(goesOn), lastMs, clock);
  const startNs = BigInt(rows[0]?.startNs ?? 0);
  return {
    ...summary,
    spans,
    errors,
    ended,
    state,
    duration_seconds: Number(lastNs - startNs) / 1e9,
    last_news: isoTime(lastMs),
    tool_calls: toolCalls,
  };
}

/** What a list says of one trace. */
export function summaryOf(
  rows: readonly Row[],
  analysis: TraceAnalysis,
  clock: Clock,
): TraceSummary {
  const [first] = rows;
  const root = rootOf(rows);
  const startNs = BigInt(first?.startNs ?? 0);
  let lastNs = startNs;
  for (const row of rows) {
    const endNs = endNsOf(row);
    if (endNs > lastNs) lastNs = endNs;
  }
  const lastNewsMs = Number(lastNs / 1_000_000n);
  const { usage } = analysis;
  const costs = usage.flatMap(({ costUsd }) => costUsd ?? []);
  return {
    trace_id: first?.traceId ?? "",
    name: root?.name ?? "",
    service: root?.service ?? "",
    start: isoTime(Number(startNs / 1_000_000n)),
    duration_seconds: Number(lastNs - startNs) / 1e9,
    spans: rows.length,
    errors: rows.filter(({ status }) => status === 2).length,
    ended: rows.every(({ ended }) => ended),
    state: stateOf(rows, lastNewsMs, clock),
    last_news: isoTime(lastNewsMs),
    workflow: analysis.workflow,
    conversation: analysis.conversation,
    user: rows.find(({ user }) => user !== "")?.user ?? "",
    agents: analysis.agents,
    models: modelsOf(rows, analysis),
    tool_calls: analysis.toolCalls.length,
    input_tokens: sum(usage.map(({ inputTokens }) => inputTokens)),
    output_tokens: sum(usage.map(({ outputTokens }) => outputTokens)),
    cost_usd: costs.length === 0 ? null : sum(costs),
    cost_unknown_calls: sum(usage.map(({ unpricedCalls }) => unpricedCalls)),
  };
}
