import type { LeanSpan, LeanSpans } from "@fleetlight/contract";

import { inSlices } from "../pages/runs/slices.ts";
import { treeSteps, type SpanTree } from "../pages/runs/span-tree.ts";
import { get } from "./client.ts";
import { runPaths } from "./paths.ts";

/** A run as far as it was loaded. */
export interface LoadedRun {
  tree: SpanTree;
  /** False while further parts of it are on their way. */
  whole: boolean;
}

/** Beyond this many parts something is wrong with the answers. */
const MAX_PARTS = 4000;

/**
 * Loads the spans of a run part by part, and makes its tree in slices. `onPart` gets what is there after the first part,
 * and again whenever it has doubled: making a tree of everything after each part would take the square of the time.
 */
export async function loadRun(
  ask: (from: string | undefined) => Promise<LeanSpans>,
  onPart: (run: LoadedRun) => void,
  signal?: AbortSignal,
): Promise<LoadedRun> {
  const spans: LeanSpan[] = [];
  let from: string | undefined;
  let shown = 0;
  const treeNow = async () => {
    const tree = await inSlices(treeSteps([...spans]), signal === undefined ? {} : { signal });
    if (tree === undefined) throw new DOMException("the page was left", "AbortError");
    return tree;
  };
  for (let part = 0; part < MAX_PARTS; part++) {
    const { spans: more, next } = await ask(from);
    for (const span of more) spans.push(span);
    if (next === null || next === from) break;
    from = next;
    if (spans.length < shown * 2) continue;
    shown = spans.length;
    onPart({ tree: await treeNow(), whole: false });
  }
  return { tree: await treeNow(), whole: true };
}

/** What is asked of the server for one run. */
export const askSpans =
  (run: string, signal: AbortSignal) =>
  (from: string | undefined): Promise<LeanSpans> =>
    get<LeanSpans>(runPaths.spans(run, from), signal);
