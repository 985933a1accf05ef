import { Turns } from "#lib";
import { spanFlags, type TraceAnalysisReport } from "@fleetlight/contract";

import { idAt, shapeAt, type Tree } from "./tree.ts";

/** Clocks that agree better than this are taken for the same: networks and rounding do more. */
const TOLERANCE_SECONDS = 0.001;
const CONSUMER = 5;
const MAX_PAIRS = 50;
/** Children whose places say how far two clocks differ; more would say the same. */
const MAX_BOUNDS = 10_000;

interface Pair {
  parentHost: string;
  childHost: string;
  /** For each child how far its clock may be ahead and behind so that it would lie within its parent. */
  least: number[];
  most: number[];
  children: number;
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
function add(pair: Pair, { columns, starts, ends }: Tree, parent: number, child: number): void {
  const before = (starts[parent] ?? 0) - (starts[child] ?? 0);
  const after = (ends[child] ?? 0) - (ends[parent] ?? 0);
  if (pair.children++ < MAX_BOUNDS) {
    pair.least.push(after);
    pair.most.push(-before);
  }
  const [above, own] = [columns.flags[parent] ?? 0, columns.flags[child] ?? 0];
  // What is told without waiting for an answer may well end later; nothing begins before it was begun.
  const isSync = spanFlags.ended(above) && spanFlags.ended(own) && spanFlags.kind(own) !== CONSUMER;
  if (before > TOLERANCE_SECONDS || (isSync && after > TOLERANCE_SECONDS))
    if (pair.outside++ === 0) pair.example = child;
}

/** A number for the host of each shape; 0 is none. */
function hostNumbers({ columns }: Tree): Uint32Array {
  const numbers = new Map<string, number>([["", 0]]);
  return Uint32Array.from(columns.shapes, ({ host }) => {
    const known = numbers.get(host);
    if (known !== undefined) return known;
    numbers.set(host, numbers.size);
    return numbers.size - 1;
  });
}

/** Spans that lie outside of the parents that began them, where these ran on another host. Nothing is corrected. */
export async function clockSkew(
  tree: Tree,
  turns = new Turns(),
): Promise<TraceAnalysisReport["clock_skew"]> {
  const { parents, columns } = tree;
  const hosts = hostNumbers(tree);
  const pairs = new Map<number, Pair>();
  for (let child = 0; child < parents.length; child++) {
    if (turns.isDue) await turns.next();
    const parent = parents[child] ?? -1;
    if (parent < 0) continue;
    const above = hosts[columns.shapeOf[parent] ?? 0] ?? 0;
    const own = hosts[columns.shapeOf[child] ?? 0] ?? 0;
    if (own === 0 || above === 0 || own === above) continue;
    const key = above * (columns.shapes.length + 1) + own;
    let pair = pairs.get(key);
    if (pair === undefined) {
      const names = {
        parentHost: shapeAt(tree, parent).host,
        childHost: shapeAt(tree, child).host,
      };
      pair = { ...names, least: [], most: [], children: 0, outside: 0, example: child };
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
      spans: pair.children,
      example_span_id: idAt(tree, pair.example),
    }))
    .filter(({ offset_seconds }) => Math.abs(offset_seconds) > TOLERANCE_SECONDS)
    .toSorted((a, b) => Math.abs(b.offset_seconds) - Math.abs(a.offset_seconds))
    .slice(0, MAX_PAIRS);
}
