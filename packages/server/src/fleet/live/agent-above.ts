import type { LiveSpan } from "./types.ts";

/** Spans that are followed upwards from one: longer chains, and those in a circle, end here. */
const MAX_ANCESTORS = 200;

/**
 * The first agent above a span that `isWanted`, or an empty text; `known` is false when the chain ends where a span has not
 * come, so that there may be one.
 */
export function agentAbove(
  parentSpanId: string,
  spans: ReadonlyMap<string, LiveSpan>,
  isWanted: (agent: string) => boolean,
): { agent: string; known: boolean } {
  let id = parentSpanId;
  for (let steps = 0; id !== "" && steps < MAX_ANCESTORS; steps++) {
    const span = spans.get(id);
    if (span === undefined) return { agent: "", known: false };
    if (isWanted(span.facets.agent)) return { agent: span.facets.agent, known: true };
    id = span.span.parentSpanId;
  }
  return { agent: "", known: true };
}
