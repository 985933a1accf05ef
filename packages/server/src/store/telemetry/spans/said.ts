import { compareCursors } from "../logs/index.ts";
import { groupBy, holdsAll } from "./lean.ts";
import type { SpanContent } from "./types.ts";

/** What log lines say that belongs to the contents of a span; `seq` is the line's number. */
export interface SaidRow {
  /** Unix nanoseconds, decimal. */
  timeNs: string;
  seq: number;
  traceId: string;
  spanId: string;
  content: readonly SpanContent[];
}

/**
 * Contents of spans together with what log lines said of them: behind the span's own, in the order in which it was said.
 * A sender that got no answer sends its lines again: what was said at the same moment in the same words counts once.
 */
export function withSaid(
  own: ReadonlyMap<string, readonly SpanContent[]>,
  said: readonly Omit<SaidRow, "traceId">[],
): ReadonlyMap<string, readonly SpanContent[]> {
  if (said.length === 0) return own;
  const all = new Map(own);
  for (const [spanId, rows] of groupBy(said, (row) => row.spanId)) {
    const known = new Set<string>();
    const contents = rows.toSorted(compareCursors).flatMap(({ timeNs, content }) =>
      content.filter(({ name, text }) => {
        const key = JSON.stringify([timeNs, name, text]);
        return known.size < known.add(key).size;
      }),
    );
    all.set(spanId, [...(all.get(spanId) ?? []), ...contents]);
  }
  return all;
}

/** Traces of which log lines say all the words about one span. */
export function tracesSaying(
  said: readonly SaidRow[],
  words: readonly string[],
  { startMs, endMs }: { startMs: number; endMs: number },
): string[] {
  const within = said.filter(({ timeNs }) => {
    const timeMs = Number(timeNs.slice(0, -6));
    return timeMs >= startMs && timeMs <= endMs;
  });
  const spans = groupBy(within, ({ traceId, spanId }) => traceId + spanId);
  return [...spans.values()].flatMap((rows) => {
    const all = rows.flatMap(({ content }) => content);
    return holdsAll(all, words) ? [rows[0]?.traceId ?? ""] : [];
  });
}
