import { STRIDE, type Steps } from "./slices.ts";
import type { SpanTree } from "./span-tree.ts";

/** Spans with the same names above them, drawn as one box. */
export interface Frame {
  name: string;
  agent: string;
  /** How many spans it stands for, and how many of them failed. */
  spans: number;
  errors: number;
  /** Seconds in the spans themselves, and in all that is below them. */
  self: number;
  value: number;
  /** One of the spans. */
  spanId: string;
  depth: number;
  parent: Frame | null;
  children: Map<string, Frame>;
}

/** More boxes than this are no picture; what comes after them is counted in the box above. */
const MAX_FRAMES = 20_000;
const MAX_DEPTH = 200;

const frameOf = (name: string, agent: string, parent: Frame | null, spanId: string): Frame => ({
  name,
  agent,
  spans: 0,
  errors: 0,
  self: 0,
  value: 0,
  spanId,
  depth: parent === null ? 0 : parent.depth + 1,
  parent,
  children: new Map(),
});

/**
 * Where time goes: spans of one name below the same names are added up. A box is as wide as the seconds that its spans and
 * those below them worked themselves, so work that goes on side by side counts each time, and boxes fit into one another.
 */
export function* flameSteps(tree: SpanTree): Steps<Frame> {
  const root = frameOf("the whole run", "", null, "");
  const above: Frame[] = [];
  let frames = 1;
  for (let line = 0; line < tree.spanOf.length; line++) {
    if (line % STRIDE === 0) yield;
    const place = tree.spanOf[line] ?? 0;
    const { name } = tree.spans.shape(place);
    const depth = Math.min(tree.depthOf[line] ?? 0, MAX_DEPTH);
    const parent = depth === 0 ? root : (above[depth - 1] ?? root);
    const agent = tree.agentOf[place] ?? "";
    const key = `${agent}\n${name}`;
    let frame = parent.children.get(key);
    if (frame === undefined && frames < MAX_FRAMES) {
      frame = frameOf(name, agent, parent, tree.spans.idOf(place));
      parent.children.set(key, frame);
      frames += 1;
    }
    const into = frame ?? parent;
    above[depth] = into;
    into.spans += 1;
    if (tree.spans.hasFailed(place)) into.errors += 1;
    into.self += tree.selfOf[place] ?? 0;
  }
  yield* addUp(root);
  return root;
}

/** Values of boxes, those below first. */
function* addUp(root: Frame): Steps<void> {
  const all = [root];
  for (let at = 0; at < all.length; at++) {
    for (const child of all[at]?.children.values() ?? []) all.push(child);
    if (at % STRIDE === 0) yield;
  }
  for (const frame of all.toReversed()) {
    frame.value += frame.self;
    if (frame.parent !== null) frame.parent.value += frame.value;
  }
}

/** A box of the picture, as shares of its width. */
export interface Box {
  frame: Frame;
  left: number;
  width: number;
  row: number;
}

/** Boxes that are too narrow to be seen are left out, and with them what is above them. */
const LEAST_SHARE = 0.0006;

/** The picture of a box and what is above it, the widest first; the way down to the whole run lies below it. */
export function boxesOf(zoomed: Frame): Box[] {
  const boxes: Box[] = [];
  const way: Frame[] = [];
  for (let at = zoomed.parent; at !== null; at = at.parent) way.unshift(at);
  for (const [row, frame] of way.entries()) boxes.push({ frame, left: 0, width: 1, row });
  const open: Box[] = [{ frame: zoomed, left: 0, width: 1, row: way.length }];
  for (let box = open.pop(); box !== undefined; box = open.pop()) {
    boxes.push(box);
    const { frame, left, row } = box;
    const total = Math.max(frame.value, Number.MIN_VALUE);
    let from = left;
    const children = [...frame.children.values()].sort((a, b) => b.value - a.value);
    for (const child of children) {
      const width = (child.value / total) * box.width;
      if (width >= LEAST_SHARE) open.push({ frame: child, left: from, width, row: row + 1 });
      from += width;
    }
  }
  return boxes;
}

/** Boxes that take most themselves. */
export function heaviest(root: Frame, most: number): Frame[] {
  const all = [root];
  for (let at = 0; at < all.length; at++)
    for (const child of all[at]?.children.values() ?? []) all.push(child);
  return all
    .filter(({ self, parent }) => self > 0 && parent !== null)
    .sort((a, b) => b.self - a.self)
    .slice(0, most);
}
