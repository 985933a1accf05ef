import { setImmediate as nextTurn } from "node:timers/promises";

import type { LeanRow } from "#store";

/** How long one turn may keep the event loop. */
const SLICE_MS = 8;

/** Gives others a turn when this one has taken long enough. */
export class Turns {
  private sinceMs = performance.now();

  /** Whether it is time for `next`; asked in loops, of which not every round may wait. */
  get isLong(): boolean {
    return performance.now() - this.sinceMs > SLICE_MS;
  }

  async next(): Promise<void> {
    await nextTurn();
    this.sinceMs = performance.now();
  }
}

/** Spans of one trace as a forest. Spans are known by their places in `rows`; -1 is none. */
export interface Tree {
  rows: readonly LeanRow[];
  /** Seconds since the start of the trace. */
  starts: Float64Array;
  ends: Float64Array;
  parents: Int32Array;
  /** Children of each span, by start; those of place `i` are `children[first[i]]` to `children[first[i + 1]]`, exclusive. */
  children: Int32Array;
  first: Int32Array;
  roots: readonly number[];
  /** Places in an order in which parents come before their children. */
  order: Int32Array;
  /** The agent of each span: its own, or that of the nearest span above with one. */
  agents: readonly string[];
  durationSeconds: number;
  missingParents: readonly number[];
  cyclic: readonly number[];
}

/** Nanoseconds as two numbers lose nothing that matters here: the difference of two starts of one trace is small. */
const secondsBetween = (fromNs: string, toNs: string): number =>
  Number(BigInt(toNs) - BigInt(fromNs)) / 1e9;

/** Cuts circles of parents open: each span of a circle stands at the top. */
async function withoutCircles(parents: Int32Array, turns: Turns): Promise<number[]> {
  const SEEN = 1;
  const DONE = 2;
  const state = new Uint8Array(parents.length);
  const cyclic: number[] = [];
  for (let start = 0; start < parents.length; start++) {
    if (turns.isLong) await turns.next();
    const path: number[] = [];
    let at = start;
    while (at >= 0 && state[at] === 0) {
      state[at] = SEEN;
      path.push(at);
      at = parents[at] ?? -1;
    }
    if (at >= 0 && state[at] === SEEN) cyclic.push(...path.slice(path.indexOf(at)));
    for (const one of path) state[one] = DONE;
  }
  for (const one of cyclic) parents[one] = -1;
  return cyclic;
}

function childrenOf(parents: Int32Array): { children: Int32Array; first: Int32Array } {
  const count = parents.length;
  const first = new Int32Array(count + 1);
  for (const parent of parents) if (parent >= 0) first[parent + 1] = (first[parent + 1] ?? 0) + 1;
  for (let i = 0; i < count; i++) first[i + 1] = (first[i + 1] ?? 0) + (first[i] ?? 0);
  const next = first.slice();
  const children = new Int32Array(first[count] ?? 0);
  // Rows are in the order of their starts, and so are the children of each.
  for (let i = 0; i < count; i++) {
    const parent = parents[i] ?? -1;
    if (parent < 0) continue;
    children[next[parent] ?? 0] = i;
    next[parent] = (next[parent] ?? 0) + 1;
  }
  return { children, first };
}

type Times = Pick<Tree, "starts" | "ends" | "durationSeconds">;

async function timesOf(rows: readonly LeanRow[], turns: Turns): Promise<Times> {
  const [starts, ends] = [new Float64Array(rows.length), new Float64Array(rows.length)];
  const originNs = rows[0]?.startNs ?? "0";
  let durationSeconds = 0;
  for (const [i, row] of rows.entries()) {
    const start = secondsBetween(originNs, row.startNs);
    starts[i] = start;
    ends[i] = start + row.durationNs / 1e9;
    durationSeconds = Math.max(durationSeconds, start + row.durationNs / 1e9);
    if (turns.isLong) await turns.next();
  }
  return { starts, ends, durationSeconds };
}

type Parents = Pick<Tree, "parents" | "missingParents">;

async function parentsOf(rows: readonly LeanRow[], turns: Turns): Promise<Parents> {
  const places = new Map<string, number>();
  for (const [i, { spanId }] of rows.entries()) {
    places.set(spanId, i);
    if (turns.isLong) await turns.next();
  }
  const parents = new Int32Array(rows.length).fill(-1);
  const missingParents: number[] = [];
  for (const [i, { parentSpanId }] of rows.entries()) {
    const parent = places.get(parentSpanId);
    if (parent !== undefined) parents[i] = parent;
    else if (parentSpanId !== "") missingParents.push(i);
    if (turns.isLong) await turns.next();
  }
  return { parents, missingParents };
}

/** Goes down from the roots, and hands the agents on. */
async function walk(
  tree: Omit<Tree, "order" | "agents">,
  turns: Turns,
): Promise<Pick<Tree, "order" | "agents">> {
  const { rows, roots, parents, children, first } = tree;
  const order = new Int32Array(rows.length);
  order.set(roots);
  let filled = roots.length;
  const agents: string[] = Array.from({ length: rows.length }, () => "");
  for (let done = 0; done < filled; done++) {
    const at = order[done] ?? 0;
    agents[at] = rows[at]?.agent || (agents[parents[at] ?? -1] ?? "");
    const own = children.subarray(first[at], first[at + 1]);
    order.set(own, filled);
    filled += own.length;
    if (turns.isLong) await turns.next();
  }
  return { order, agents };
}

/** @param rows by start */
export async function treeOf(rows: readonly LeanRow[], turns = new Turns()): Promise<Tree> {
  const times = await timesOf(rows, turns);
  const { parents, missingParents } = await parentsOf(rows, turns);
  const cyclic = await withoutCircles(parents, turns);
  const roots: number[] = [];
  for (const [i, parent] of parents.entries()) if (parent < 0) roots.push(i);
  const tree = { rows, ...times, parents, ...childrenOf(parents), roots, missingParents, cyclic };
  return { ...tree, ...(await walk(tree, turns)) };
}

/** Children of a span, by start. */
export const below = ({ children, first }: Tree, place: number): Int32Array =>
  children.subarray(first[place] ?? 0, first[place + 1] ?? 0);
