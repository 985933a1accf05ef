import type { RunSpan } from "./run-spans.ts";
import { treeSteps, type SpanTree } from "./span-tree.ts";
import type { Steps } from "./slices.ts";

/** What came of a run since its page was opened, the latest of each span. */
export interface News {
  spans: readonly Heard[];
}

interface Heard {
  span: RunSpan;
  /** Unix milliseconds. */
  atMs: number;
}

export const NO_NEWS: News = { spans: [] };

/** Loading takes a while: what came shortly before its end may not be in what was loaded. */
const GRACE_MS = 60_000;

/** The news with more of them, of each span the latest; without those that what was loaded at `loadedMs` has. */
export function withNews(
  { spans }: News,
  fresh: readonly RunSpan[],
  { nowMs, loadedMs }: { nowMs: number; loadedMs: number },
): News {
  const byId = new Map<string, Heard>();
  for (const heard of spans)
    if (heard.atMs > loadedMs - GRACE_MS) byId.set(heard.span.span_id, heard);
  for (const span of fresh) {
    const known = byId.get(span.span_id)?.span;
    // The end of a span is its last news.
    if (span.ended === false && known !== undefined && known.ended !== false) continue;
    byId.set(span.span_id, { span, atMs: nowMs });
  }
  return { spans: [...byId.values()] };
}

/** A tree with the news in it. */
export function* newsSteps(
  tree: SpanTree | undefined,
  { spans }: News,
): Steps<SpanTree | undefined> {
  if (tree === undefined || spans.length === 0) return tree;
  return yield* treeSteps(tree.spans.with(spans.map(({ span }) => span)));
}
