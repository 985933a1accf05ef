import type { TraceSpan } from "@fleetlight/contract";

import { STRIDE, type Steps } from "./slices.ts";
import type { SpanTree } from "./span-tree.ts";

/** More hits than this are counted, not walked through. */
export const MAX_HITS = 10_000;

export interface Found {
  /** Lines in the order in which they are drawn. */
  lines: number[];
  /** How many there are in all. */
  count: number;
}

const textsOf = (span: TraceSpan): string[] => [
  span.status_message,
  ...Object.entries(span.attributes).flat(),
  ...span.content.map(({ text }) => text),
];

/**
 * Lines with a span that has all of the words somewhere: in its name, agent, tool, model, service, error, and, as far as
 * they were loaded, in its attributes and texts.
 */
export function* findSteps(
  tree: SpanTree,
  wanted: string,
  loaded: ReadonlyMap<string, TraceSpan>,
): Steps<Found> {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const found: Found = { lines: [], count: 0 };
  if (words.length === 0) return found;
  for (let line = 0; line < tree.spanOf.length; line++) {
    if (line % (loaded.size > 0 ? 64 : STRIDE) === 0) yield;
    const place = tree.spanOf[line] ?? 0;
    const { name, service, tool, model, error_type, operation } = tree.spans.shape(place);
    const id = tree.spans.idOf(place);
    const status = tree.spans.hasFailed(place) ? "error" : "";
    const own = [name, service, tool, model, error_type, operation, status, id];
    const full = loaded.get(id);
    const all = [...own, tree.agentOf[place], ...(full === undefined ? [] : textsOf(full))];
    const text = all.join("\n").toLowerCase();
    if (!words.every((word) => text.includes(word))) continue;
    found.count += 1;
    if (found.lines.length < MAX_HITS) found.lines.push(line);
  }
  return found;
}

/** The hit after (or before) a line; around the end to the beginning. */
export function nextHit(
  { lines }: Found,
  from: number,
  step: 1 | -1,
): { line: number; place: number } | undefined {
  if (lines.length === 0) return undefined;
  const after = lines.findIndex((line) => line > from);
  const before = lines.findLastIndex((line) => line < from);
  const place = step === 1 ? (after === -1 ? 0 : after) : before === -1 ? lines.length - 1 : before;
  return { line: lines[place] ?? 0, place };
}
