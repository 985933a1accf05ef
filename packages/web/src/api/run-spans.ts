import { joinColumns, readColumns, type SpanColumns } from "@fleetlight/contract/span-columns";

import { RunSpans } from "../pages/runs/run-spans.ts";
import { inSlices } from "../pages/runs/slices.ts";
import { treeSteps, type SpanTree } from "../pages/runs/span-tree.ts";
import { getBytes } from "./client.ts";
import { runPaths } from "./paths.ts";

/** A run as far as it was loaded. */
export interface LoadedRun {
  tree: SpanTree;
  /** False while further parts of it are on their way. */
  whole: boolean;
}

/** One part of a run, and what to ask for the next one with. */
export interface RunPart {
  columns: SpanColumns;
  next: string | null;
}

/** Beyond this many parts something is wrong with the answers. */
const MAX_PARTS = 4000;

/**
 * Loads the spans of a run part by part, and makes its tree in slices. `onPart` gets what is there after the first part,
 * and again whenever it has doubled: making a tree of everything after each part would take the square of the time.
 */
export async function loadRun(
  ask: (from: string | undefined) => Promise<RunPart>,
  onPart: (run: LoadedRun) => void,
  signal?: AbortSignal,
): Promise<LoadedRun> {
  const parts: SpanColumns[] = [];
  let [count, shown] = [0, 0];
  let from: string | undefined;
  const treeNow = async () => {
    const spans = new RunSpans(joinColumns(parts));
    const tree = await inSlices(treeSteps(spans), signal === undefined ? {} : { signal });
    if (tree === undefined) throw new DOMException("the page was left", "AbortError");
    return tree;
  };
  for (let part = 0; part < MAX_PARTS; part++) {
    const { columns, next } = await ask(from);
    parts.push(columns);
    count += columns.spanIds.length;
    if (next === null || next === from) break;
    from = next;
    if (count < shown * 2) continue;
    shown = count;
    onPart({ tree: await treeNow(), whole: false });
  }
  return { tree: await treeNow(), whole: true };
}

/** What is asked of the server for one run. */
export const askSpans =
  (run: string, signal: AbortSignal) =>
  async (from: string | undefined): Promise<RunPart> =>
    readColumns(await getBytes(runPaths.columns(run, from), signal));
