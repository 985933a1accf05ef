import type { TraceAnalysisReport } from "@fleetlight/contract";

import { Turns, type Tree } from "./tree.ts";

/** Clocks that agree better than this are taken for the same: networks and rounding do more. */
const TOLERANCE_SECONDS = 0.001;
const MAX_PAIRS = 50;

interface Pair {
  parentHost: string;
  childHost: string;
  /** For each child how far its clock may be ahead and behind so that it would lie within its parent. */
  least: number[];
  most: number[];
  outside: number;
  example: number;
}

const medianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/**
 * By how much a child's clock is ahead of its parent's: within the bounds that its place in its parent sets, the value
 * nearest to none. A child that is longer than its parent says only where its middle should be.
 */
function offsetOf({ least, most }: Pair): number {
  const [low, high] = [medianOf(least), medianOf(most)];
  if (low > high) return (low + high) / 2;
  return Math.min(Math.max(0, low), high);
}

/** What one more child says of the clocks of the two hosts. */
function add(pair: Pair, { rows, starts, ends }: Tree, parent: number, child: number): void {
  const before = (starts[parent] ?? 0) - (starts[child] ?? 0);
  const after = (ends[child] ?? 0) - (ends[parent] ?? 0);
  pair.least.push(after);
  pair.most.push(-before);
  // What is told without waiting for an answer may well end later; nothing begins before it was begun.
  const isSync =
    rows[parent]?.ended === true && rows[child]?.ended === true && rows[child].kind !== 5;
  if (before > TOLERANCE_SECONDS || (isSync && after > TOLERANCE_SECONDS))
    if (pair.outside++ === 0) pair.example = child;
}

/** Spans that lie outside of the parents that began them, where these ran on another host. Nothing is corrected. */
export async function clockSkew(
  tree: Tree,
  turns = new Turns(),
): Promise<TraceAnalysisReport["clock_skew"]> {
  const { rows, parents } = tree;
  const pairs = new Map<string, Pair>();
  for (const [child, row] of rows.entries()) {
    if (turns.isLong) await turns.next();
    const parent = parents[child] ?? -1;
    const above = rows[parent];
    if (above === undefined || row.host === "" || above.host === "" || row.host === above.host)
      continue;
    const key = JSON.stringify([above.host, row.host]);
    let pair = pairs.get(key);
    if (pair === undefined) {
      const hosts = { parentHost: above.host, childHost: row.host };
      pair = { ...hosts, least: [], most: [], outside: 0, example: child };
      pairs.set(key, pair);
    }
    add(pair, tree, parent, child);
  }
  return [...pairs.values()]
    .filter(({ outside }) => outside > 0)
    .map((pair) => ({
      parent_host: pair.parentHost,
      child_host: pair.childHost,
      offset_seconds: offsetOf(pair),
      outside: pair.outside,
      spans: pair.least.length,
      example_span_id: rows[pair.example]?.spanId ?? "",
    }))
    .filter(({ offset_seconds }) => Math.abs(offset_seconds) > TOLERANCE_SECONDS)
    .toSorted((a, b) => Math.abs(b.offset_seconds) - Math.abs(a.offset_seconds))
    .slice(0, MAX_PAIRS);
}
