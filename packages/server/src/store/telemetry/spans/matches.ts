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
] as const;

/** Whether a span that is not in the tables yet satisfies a question; the tables' own way is `where` in sql-spans.ts. */
export function matches(row: SpanRow, query: TraceQuery): boolean {
  const startMs = startMsOf(row);
  if (startMs < query.startMs || startMs > query.endMs) return false;
  for (const name of TEXTS)
    if (query[name] !== undefined && row[name] !== query[name]) return false;
  if (query.errorsOnly === true && row.status !== 2) return false;
  if (row.durationNs < (query.minDurationNs ?? 0)) return false;
  if (row.durationNs > (query.maxDurationNs ?? Infinity)) return false;
  return Object.entries(query.attributes ?? {}).every(
    ([name, value]) =>
      row.attributes[name] === value ||
      row.resource[name] === value ||
      String(row.numbers[name] ?? "") === value,
  );
}

/** The better one of two deliveries of one span: the one that has ended, else the one with later news. */
export const laterOf = (a: SpanRow, b: SpanRow): SpanRow => {
  if (a.ended !== b.ended) return a.ended ? a : b;
  return b.durationNs > a.durationNs ? b : a;
};
