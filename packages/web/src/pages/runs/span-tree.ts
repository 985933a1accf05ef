import { IdIndex } from "./id-index.ts";
import type { RunSpan, RunSpans } from "./run-spans.ts";
import { sortedBy, STRIDE, type Steps } from "./slices.ts";

/** Why a span that names a parent has none in the picture. */
export const PARENT_MISSING = 1;
export const IN_A_CIRCLE = 2;

/**
 * A run as columns: a million spans are a few arrays of numbers. `line` counts spans in the order in which they are
 * drawn, each below its parent and siblings by start; `span` is the place in `spans`.
 */
export interface SpanTree {
  spans: RunSpans;
  /** By id; of two spans with one id the first. */
  placeOf: IdIndex;
  /** By line: which span, how deep, and the first line that is not below it. */
  spanOf: Int32Array;
  depthOf: Int32Array;
  endOf: Int32Array;
  /** By span: the one above it (-1 of those at the top), its line, seconds from the start of the run, seconds in none of its children, why it is a root. */
  parentOf: Int32Array;
  lineOf: Int32Array;
  startOf: Float64Array;
  selfOf: Float64Array;
  oddOf: Uint8Array;
  /** By span: its own agent, or that of the nearest span above with one. */
  agentOf: readonly string[];
  lengthSeconds: number;
  /** Unix milliseconds of the first start. */
  startMs: number;
}

/** Seconds from the first start: nanoseconds of today do not fit into a number, their differences within a run do. */
function* startsOf({ columns }: RunSpans): Steps<{ starts: Float64Array; baseMs: number }> {
  const { starts: ns } = columns;
  const starts = new Float64Array(ns.length);
  let least = ns[0] ?? 0n;
  for (let at = 0; at < ns.length; at++) {
    const start = ns[at] ?? 0n;
    if (start < least) least = start;
    if (at % STRIDE === 0) yield;
  }
  for (let at = 0; at < ns.length; at++) {
    starts[at] = Number((ns[at] ?? 0n) - least) / 1e9;
    if (at % STRIDE === 0) yield;
  }
  return { starts, baseMs: Number(least / 1000n) / 1000 };
}

interface Family {
  placeOf: IdIndex;
  first: Int32Array;
  next: Int32Array;
  parent: Int32Array;
  /** First of the spans without a parent. */
  root: number;
  odd: Uint8Array;
}

/** Children of each span as a chain in the order of their starts. */
function* familyOf({ columns, length }: RunSpans, byStart: Int32Array): Steps<Family> {
  const { parentIds } = columns;
  const placeOf = new IdIndex(columns.spanIds);
  for (let at = 0; at < length; at++) {
    placeOf.add(at);
    if (at % STRIDE === 0) yield;
  }
  const chain = () => new Int32Array(length).fill(-1);
  const family: Family = {
    placeOf,
    first: chain(),
    next: chain(),
    parent: chain(),
    root: -1,
    odd: new Uint8Array(length),
  };
  // From the last to the first, so that each is put before the ones that began later.
  for (let at = byStart.length - 1; at >= 0; at--) {
    const own = byStart[at] ?? 0;
    const named = parentIds[own] ?? 0n;
    const parent = named === 0n ? undefined : placeOf.of(named);
    if (parent === undefined) {
      if (named !== 0n) family.odd[own] = PARENT_MISSING;
      family.next[own] = family.root;
      family.root = own;
    } else {
      family.parent[own] = parent;
      family.next[own] = family.first[parent] ?? -1;
      family.first[parent] = own;
    }
    if (at % STRIDE === 0) yield;
  }
  return family;
}

/** Puts spans on lines. What no root leads to runs in a circle, and begins where its earliest span does. */
function* linesOf(family: Family, byStart: Int32Array): Steps<Omit<Lines, "count">> {
  const size = byStart.length;
  const lines: Lines = {
    spanOf: new Int32Array(size),
    depthOf: new Int32Array(size),
    endOf: new Int32Array(size),
    lineOf: new Int32Array(size).fill(-1),
    count: 0,
  };
  for (let root = family.root; root !== -1; root = family.next[root] ?? -1)
    yield* walk(family, root, lines);
  for (let at = 0; at < size; at++) {
    if (at % STRIDE === 0) yield;
    const own = byStart[at] ?? 0;
    if (lines.lineOf[own] !== -1) continue;
    family.odd[own] = IN_A_CIRCLE;
    family.parent[own] = -1;
    yield* walk(family, own, lines);
  }
  return lines;
}

interface Lines extends Pick<SpanTree, "spanOf" | "depthOf" | "endOf" | "lineOf"> {
  count: number;
}

/** Down to the first child, on to the next sibling, up where there is none: no stack, however deep it goes. */
function* walk({ first, next, parent }: Family, root: number, lines: Lines): Steps<void> {
  const { spanOf, depthOf, endOf, lineOf } = lines;
  const unseen = (from: number): number => {
    let at = from;
    while (at !== -1 && lineOf[at] !== -1) at = next[at] ?? -1;
    return at;
  };
  let depth = 0;
  for (let own = root; ;) {
    lineOf[own] = lines.count;
    spanOf[lines.count] = own;
    depthOf[lines.count] = depth;
    lines.count += 1;
    if (lines.count % STRIDE === 0) yield;
    let following = unseen(first[own] ?? -1);
    if (following !== -1) depth += 1;
    while (following === -1) {
      endOf[lineOf[own] ?? 0] = lines.count;
      if (own === root) return;
      following = unseen(next[own] ?? -1);
      if (following !== -1) break;
      own = parent[own] ?? root;
      depth -= 1;
    }
    own = following;
  }
}

/** Seconds of each span in which none of its children was at work; children that overlap count once. */
function* selfTimes(
  spans: RunSpans,
  starts: Float64Array,
  { first, next }: Family,
): Steps<Float64Array> {
  const self = new Float64Array(spans.length);
  for (let own = 0; own < spans.length; own++) {
    const seconds = spans.seconds(own);
    const from = starts[own] ?? 0;
    const to = from + seconds;
    let covered = 0;
    let reached = from;
    for (let child = first[own] ?? -1; child !== -1; child = next[child] ?? -1) {
      const start = Math.max(starts[child] ?? 0, reached);
      const end = Math.min((starts[child] ?? 0) + spans.seconds(child), to);
      if (end <= start) continue;
      covered += end - start;
      reached = end;
    }
    self[own] = Math.max(0, seconds - covered);
    if (own % STRIDE === 0) yield;
  }
  return self;
}

/** Agents come down from the spans above; lines have those first. */
function* agentsOf(
  spans: RunSpans,
  { spanOf }: Pick<SpanTree, "spanOf">,
  { parent }: Family,
): Steps<string[]> {
  const agents: string[] = Array.from({ length: spans.length }, () => "");
  for (let line = 0; line < spanOf.length; line++) {
    const own = spanOf[line] ?? 0;
    agents[own] = spans.shape(own).agent || (agents[parent[own] ?? -1] ?? "");
    if (line % STRIDE === 0) yield;
  }
  return agents;
}

/** Makes the tree of a run, a slice at a time. */
export function* treeSteps(spans: RunSpans): Steps<SpanTree> {
  const { starts, baseMs } = yield* startsOf(spans);
  const byStart = yield* sortedBy(starts);
  const family = yield* familyOf(spans, byStart);
  const lines = yield* linesOf(family, byStart);
  const self = yield* selfTimes(spans, starts, family);
  const agentOf = yield* agentsOf(spans, lines, family);
  let lengthSeconds = 1e-9;
  for (let at = 0; at < spans.length; at++) {
    lengthSeconds = Math.max(lengthSeconds, (starts[at] ?? 0) + spans.seconds(at));
    if (at % STRIDE === 0) yield;
  }
  const { spanOf, depthOf, endOf, lineOf } = lines;
  return {
    spans,
    placeOf: family.placeOf,
    spanOf,
    depthOf,
    endOf,
    parentOf: family.parent,
    lineOf,
    startOf: starts,
    selfOf: self,
    oddOf: family.odd,
    agentOf,
    lengthSeconds,
    startMs: baseMs,
  };
}

/** Lines that are drawn while what is below `folded` spans is hidden. */
export function visibleLines(tree: SpanTree, folded: ReadonlySet<string>): Int32Array {
  const { spanOf, endOf, placeOf } = tree;
  const lines = new Int32Array(spanOf.length);
  const hides = new Uint8Array(spanOf.length);
  for (const id of folded) hides[placeOf.get(id) ?? spanOf.length] = 1;
  let count = 0;
  for (let line = 0; line < spanOf.length;) {
    lines[count] = line;
    count += 1;
    line = hides[spanOf[line] ?? 0] === 1 ? (endOf[line] ?? line + 1) : line + 1;
  }
  return lines.subarray(0, count);
}

/** How many spans are below the one on a line. */
export const belowOf = (tree: SpanTree, line: number): number =>
  Math.max(0, (tree.endOf[line] ?? line + 1) - line - 1);

/** The spans above another, nearest first. */
export function ancestorsOf(tree: SpanTree, line: number): RunSpan[] {
  const above: RunSpan[] = [];
  let depth = tree.depthOf[line] ?? 0;
  for (let at = line - 1; at >= 0 && depth > 0; at--) {
    if ((tree.depthOf[at] ?? 0) >= depth) continue;
    depth = tree.depthOf[at] ?? 0;
    const span = tree.spans.at(tree.spanOf[at] ?? -1);
    if (span !== undefined) above.push(span);
  }
  return above;
}
