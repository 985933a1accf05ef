import { sortInTurns, Turns } from "#lib";
import { below, hasChildren, type Tree } from "./tree.ts";

/** A piece of time in which the run waited for one span. */
export interface Step {
  place: number;
  from: number;
  to: number;
}

/** What each span takes itself: its time without that in which one of its children goes on. Children lie within it. */
export async function selfSeconds(tree: Tree, turns = new Turns()): Promise<Float64Array> {
  const { starts, ends, children, first } = tree;
  const self = new Float64Array(starts.length);
  for (let place = 0; place < self.length; place++) {
    const [start, end] = [starts[place] ?? 0, ends[place] ?? 0];
    let covered = 0;
    let until = start;
    const last = first[place + 1] ?? 0;
    for (let at = first[place] ?? 0; at < last; at++) {
      const child = children[at] ?? 0;
      const from = Math.max(until, starts[child] ?? 0);
      const to = Math.min(end, ends[child] ?? 0);
      if (to > from) covered += to - from;
      until = Math.max(until, Math.min(end, to));
      if (turns.isDue) await turns.next();
    }
    self[place] = Math.max(0, end - start - covered);
    if (turns.isDue) await turns.next();
  }
  return self;
}

const NONE = new Int32Array(0);

/**
 * The chain of spans that made the run as long as it was, from its end backwards: the child that ended last is what its
 * parent waited for, then the one that ended last before that began, and so on; in between it is the parent itself.
 * Children are sorted once, each is looked at once: O(n log n).
 */
export async function criticalPath(tree: Tree, turns = new Turns()): Promise<Step[]> {
  const { starts, ends, roots } = tree;
  const steps: Step[] = [];
  const byEnd = (a: number, b: number): number => (ends[b] ?? 0) - (ends[a] ?? 0);

  interface Frame {
    /** -1 is the trace as a whole, whose children are the roots. */
    place: number;
    /** What is left of its time. */
    from: number;
    until: number;
    /** Where its time ended at first: children that go on beyond it are cut off there. */
    end: number;
    children: Int32Array;
    next: number;
  }
  const frame = async (place: number, from: number, until: number): Promise<Frame> => ({
    place,
    from,
    until,
    end: until,
    children:
      place >= 0 && !hasChildren(tree, place)
        ? NONE
        : await sortInTurns(place < 0 ? roots : below(tree, place), byEnd, turns),
    next: 0,
  });
  const stack = [await frame(-1, 0, tree.durationSeconds)];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    if (turns.isDue) await turns.next();
    const child = top.children[top.next++];
    const [start, end] = [starts[child ?? -1] ?? 0, ends[child ?? -1] ?? 0];
    if (child === undefined) {
      if (top.place >= 0 && top.until > top.from)
        steps.push({ place: top.place, from: top.from, to: top.until });
      stack.pop();
      continue;
    }
    const to = Math.min(end, top.end);
    const from = Math.max(start, top.from);
    // One that went on beside the one that was waited for did not hold up anybody: had it been quicker, nothing had changed.
    if (to > top.until || to <= from) continue;
    if (top.place >= 0 && top.until > to) steps.push({ place: top.place, from: to, to: top.until });
    top.until = from;
    stack.push(await frame(child, from, to));
  }
  return steps.reverse();
}
