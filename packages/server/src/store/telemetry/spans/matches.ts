import type { SpanRow, TraceQuery } from "./types.ts";

/** When a span began, Unix milliseconds. */
export const startMsOf = ({ startNs }: Pick<SpanRow, "startNs">): number =>
  Number(startNs.slice(0, -6));

const TEXTS = [
  "service",
  "name",
  "operation",
  "agent",
  "tool",
  "model",
  "conversation",
  "workflow",
  "user",
] as const;

/** What an attribute says: one of the span's, else one of its resource; empty when there is none. */
const saidOf = (row: SpanRow, name: string): string =>
  row.attributes[name] ?? row.numbers[name]?.toString() ?? row.resource[name] ?? "";

const isWithin = (row: SpanRow, query: TraceQuery): boolean =>
  row.durationNs >= (query.minDurationNs ?? 0) &&
  row.durationNs <= (query.maxDurationNs ?? Infinity);

const hasAttributes = (row: SpanRow, query: TraceQuery): boolean =>
  Object.entries(query.attributes ?? {}).every(
    ([name, value]) =>
      row.attributes[name] === value ||
      row.resource[name] === value ||
      String(row.numbers[name] ?? "") === value,
  ) && (query.matchers ?? []).every(({ name, test }) => test(saidOf(row, name)));

/** Whether a span that is not in the tables yet satisfies a question; the tables' own way is `Conditions`. */
export function matches(row: SpanRow, query: TraceQuery): boolean {
  const startMs = startMsOf(row);
  if (startMs < query.startMs || startMs > query.endMs) return false;
  for (const name of TEXTS)
    if (query[name] !== undefined && row[name] !== query[name]) return false;
  if (query.errorsOnly === true && row.status !== 2) return false;
  if (query.status !== undefined && row.status !== query.status) return false;
  if (query.traceIds?.includes(row.traceId) === false) return false;
  return isWithin(row, query) && hasAttributes(row, query);
}

/** Whether a trace as a whole satisfies a question, as far as its rows are at hand. */
export function matchesTrace(rows: readonly SpanRow[], { trace }: TraceQuery): boolean {
  if (trace === undefined) return true;
  const { minDurationNs = 0, maxDurationNs = Infinity, minCostUsd = 0, minTokens = 0 } = trace;
  const isRootAsked = trace.minDurationNs !== undefined || trace.maxDurationNs !== undefined;
  if (
    isRootAsked &&
    !rows.some(
      ({ parentSpanId, durationNs }) =>
        parentSpanId === "" && durationNs >= minDurationNs && durationNs <= maxDurationNs,
    )
  )
    return false;
  const sum = (of: (row: SpanRow) => number) => rows.reduce((total, row) => total + of(row), 0);
  return (
    sum(({ costUsd }) => costUsd) >= minCostUsd &&
    sum(({ inputTokens, outputTokens }) => inputTokens + outputTokens) >= minTokens
  );
}

/** The better one of two deliveries of one span: the one that has ended, else the one with later news. */
export const laterOf = <T extends Pick<SpanRow, "ended" | "durationNs">>(a: T, b: T): T => {
  if (a.ended !== b.ended) return a.ended ? a : b;
  return b.durationNs > a.durationNs ? b : a;
};
