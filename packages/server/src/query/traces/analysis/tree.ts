import { halvesOf, IdTable, Turns } from "#lib";
import { NO_SPAN_SHAPE, spanFlags, type SpanColumns, type SpanShape } from "@fleetlight/contract";

/** Spans of one trace as a forest. Spans are known by their places in `columns`; -1 is none. */
export interface Tree {
  columns: SpanColumns;
  /** Seconds since the start of the trace. */
  starts: Float64Array;
  ends: Float64Array;
  parents: Int32Array;
  /** Children of each span, by start; those of place `i` are `children[first[i]]` to `children[first[i + 1]]`, exclusive. */
  children: Int32Array;
  first: Int32Array;
  roots: Int32Array;
  /** Places in an order in which parents come before their children. */
  order: Int32Array;
  /** The shape that has the agent of each span: its own, or that of the nearest span above with one. */
  agentShapes: Int32Array;
  durationSeconds: number;
  missingParents: readonly number[];
  cyclic: readonly number[];
}

export const shapeAt = ({ columns }: Pick<Tree, "columns">, place: number): SpanShape =>
  columns.shapes[columns.shapeOf[place] ?? 0] ?? NO_SPAN_SHAPE;

export const agentAt = ({ columns, agentShapes }: Tree, place: number): string =>
  columns.shapes[agentShapes[place] ?? -1]?.agent ?? "";

export const hasFailed = ({ columns }: Tree, place: number): boolean =>
  spanFlags.status(columns.flags[place] ?? 0) === 2;

/** An id with all of its sixteen digits. */
export const hexOf = (id: bigint): string => id.toString(16).padStart(16, "0");

export const idAt = ({ columns }: Pick<Tree, "columns">, place: number): string =>
  hexOf(columns.spanIds[place] ?? 0n);

/** Cuts circles of parents open: each span of a circle stands at the top. */
async function withoutCircles(parents: Int32Array, turns: Turns): Promise<number[]> {
  const SEEN = 1;
  const DONE = 2;
  const state = new Uint8Array(parents.length);
  const cyclic: number[] = [];
  for (let start = 0; start < parents.length; start++) {
    let at = start;
    for (; at >= 0 && state[at] === 0; at = parents[at] ?? -1) {
      state[at] = SEEN;
      if (turns.isDue) await turns.next();
    }
    if (at >= 0 && state[at] === SEEN) {
      let one = at;
      do {
        cyclic.push(one);
        one = parents[one] ?? -1;
      } while (one !== at && one >= 0);
    }
    for (let one = start; one >= 0 && state[one] === SEEN; one = parents[one] ?? -1)
      state[one] = DONE;
  }
  for (const one of cyclic) parents[one] = -1;
  return cyclic;
}

async function childrenOf(
  parents: Int32Array,
  turns: Turns,
): Promise<{ children: Int32Array; first: Int32Array }> {
  const count = parents.length;
  const first = new Int32Array(count + 1);
  for (const parent of parents) if (parent >= 0) first[parent + 1] = (first[parent + 1] ?? 0) + 1;
  for (let i = 0; i < count; i++) first[i + 1] = (first[i + 1] ?? 0) + (first[i] ?? 0);
  if (turns.isLong) await turns.next();
  const next = first.slice();
  const children = new Int32Array(first[count] ?? 0);
  // Spans are in the order of their starts, and so are the children of each.
  for (let i = 0; i < count; i++) {
    const parent = parents[i] ?? -1;
    if (parent < 0) continue;
    children[next[parent] ?? 0] = i;
    next[parent] = (next[parent] ?? 0) + 1;
    if (turns.isDue) await turns.next();
  }
  return { children, first };
}

type Times = Pick<Tree, "starts" | "ends" | "durationSeconds">;

/** Nanoseconds of two starts as a number: their difference within one trace is small. */
async function timesOf({ starts: ns, durations }: SpanColumns, turns: Turns): Promise<Times> {
  const [starts, ends] = [new Float64Array(ns.length), new Float64Array(ns.length)];
  const originNs = ns[0] ?? 0n;
  let durationSeconds = 0;
  for (let i = 0; i < ns.length; i++) {
    const start = Number((ns[i] ?? 0n) - originNs) / 1e9;
    const end = start + (durations[i] ?? 0) / 1e9;
    starts[i] = start;
    ends[i] = end;
    if (end > durationSeconds) durationSeconds = end;
    if (turns.isDue) await turns.next();
  }
  return { starts, ends, durationSeconds };
}

type Parents = Pick<Tree, "parents" | "missingParents">;

async function parentsOf({ spanIds, parentIds }: SpanColumns, turns: Turns): Promise<Parents> {
  const places = new IdTable(spanIds);
  for (let i = 0; i < spanIds.length; i++) {
    places.add(i);
    if (turns.isDue) await turns.next();
  }
  const halves = halvesOf(parentIds);
  const parents = new Int32Array(spanIds.length).fill(-1);
  const missingParents: number[] = [];
  for (let i = 0; i < spanIds.length; i++) {
    if (halves[2 * i] !== 0 || halves[2 * i + 1] !== 0) {
      const parent = places.find(halves, i);
      parents[i] = parent;
      if (parent < 0) missingParents.push(i);
    }
    if (turns.isDue) await turns.next();
  }
  return { parents, missingParents };
}

/** Goes down from the roots, and hands the agents on. */
async function walk(
  tree: Omit<Tree, "order" | "agentShapes">,
  turns: Turns,
): Promise<Pick<Tree, "order" | "agentShapes">> {
  const { columns, roots, parents, children, first } = tree;
  const order = new Int32Array(parents.length);
  order.set(roots);
  let filled = roots.length;
  const isAgent = Uint8Array.from(columns.shapes, ({ agent }) => (agent === "" ? 0 : 1));
  const agentShapes = new Int32Array(parents.length).fill(-1);
  for (let done = 0; done < filled; done++) {
    const at = order[done] ?? 0;
    const own = columns.shapeOf[at] ?? 0;
    const parent = parents[at] ?? -1;
    agentShapes[at] = isAgent[own] === 1 ? own : parent < 0 ? -1 : (agentShapes[parent] ?? -1);
    const end = first[at + 1] ?? 0;
    for (let next = first[at] ?? 0; next < end; next++) order[filled++] = children[next] ?? 0;
    if (turns.isDue) await turns.next();
  }
  return { order, agentShapes };
}

/** @param columns by start */
export async function treeOf(columns: SpanColumns, turns = new Turns()): Promise<Tree> {
  const times = await timesOf(columns, turns);
  const { parents, missingParents } = await parentsOf(columns, turns);
  const cyclic = await withoutCircles(parents, turns);
  let top = 0;
  const roots = new Int32Array(parents.length);
  for (let i = 0; i < parents.length; i++) if ((parents[i] ?? -1) < 0) roots[top++] = i;
  const tree = {
    columns,
    ...times,
    parents,
    ...(await childrenOf(parents, turns)),
    roots: roots.subarray(0, top),
    missingParents,
    cyclic,
  };
  return { ...tree, ...(await walk(tree, turns)) };
}

/** Children of a span, by start. */
export const below = ({ children, first }: Tree, place: number): Int32Array =>
  children.subarray(first[place] ?? 0, first[place + 1] ?? 0);

export const hasChildren = ({ first }: Tree, place: number): boolean =>
  (first[place + 1] ?? 0) > (first[place] ?? 0);
