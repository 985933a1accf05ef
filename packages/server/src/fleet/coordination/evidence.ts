import { isoTime } from "#lib";
import type { SpanRow } from "#store";

import type { LiveSpan } from "../live/index.ts";
import type { Evidence, SeenTrace } from "./types.ts";

/** Spans that one sighting shows. */
export const MAX_EVIDENCE = 20;
/** Ancestors that are looked at; longer chains, and circles, end here. */
const MAX_ANCESTORS = 200;
const MAX_TEXT = 120;

export const startMsOf = (row: Pick<SpanRow, "startNs">): number =>
  Number(row.startNs.slice(0, -6));
export const endMsOf = (row: Pick<SpanRow, "startNs" | "durationNs">): number =>
  startMsOf(row) + row.durationNs / 1e6;
export const liveStartMs = ({ span }: LiveSpan): number => Number(span.startNs / 1_000_000n);

/** Texts of spans are shown, and not believed: one line, and not too long. */
export const short = (text: string): string => {
  // oxlint-disable-next-line no-control-regex -- they are what must not reach a log or a page
  const line = text.replace(/[\u0000-\u001f\u007f]+/g, " ").trim();
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT - 1)}…` : line;
};

/** A moment that no wrong clock makes unreadable. */
const timeOf = (ms: number): string =>
  isoTime(Math.min(Math.max(0, Number.isFinite(ms) ? ms : 0), 4_102_444_800_000));

/** What a sighting shows of a span; made presentable only when there is a sighting. */
export interface Shown {
  traceId: string;
  spanId: string;
  agent: string;
  what: string;
  startMs: number;
  /** Null while it goes on. */
  endMs: number | null;
}

export const evidence = ({ traceId, spanId, agent, what, startMs, endMs }: Shown): Evidence => ({
  trace_id: traceId,
  span_id: spanId,
  agent: short(agent),
  what: short(what),
  start: timeOf(startMs),
  end: endMs === null ? null : timeOf(endMs),
});

export const shownOfRow = (row: SpanRow, agent: string, what: string): Shown => ({
  traceId: row.traceId,
  spanId: row.spanId,
  agent,
  what,
  startMs: startMsOf(row),
  endMs: row.ended ? endMsOf(row) : null,
});

export const agentOf = ({ analysis }: SeenTrace, row: SpanRow): string =>
  analysis.agentOf.get(row.spanId) || row.agent;

/** Whether one of two spans of a trace stands above the other. */
export function areRelated({ spans }: SeenTrace, one: string, other: string): boolean {
  const isAbove = (above: string, below: string): boolean => {
    let current = spans.get(below);
    for (let steps = 0; current !== undefined && steps < MAX_ANCESTORS; steps++) {
      if (current.span.parentSpanId === above) return true;
      current = spans.get(current.span.parentSpanId);
    }
    return false;
  };
  return isAbove(one, other) || isAbove(other, one);
}

const byStart = ({ startNs: a }: SpanRow, { startNs: b }: SpanRow): number =>
  a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);

/** Rows in the order in which they began; they come as they were sent. */
export const inOrder = (rows: readonly SpanRow[]): readonly SpanRow[] =>
  rows.length < 2 ? rows : rows.toSorted(byStart);

const UNITS: [number, string][] = [
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
];

/** `3 min`, for sentences. */
export function inWords(seconds: number): string {
  const [size, unit] = UNITS.find(([size]) => seconds >= 2 * size) ?? [1, "s"];
  return `${Math.round(seconds / size)} ${unit}`;
}
