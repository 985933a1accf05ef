import { sortedBy, STRIDE, type Steps } from "./slices.ts";
import type { SpanTree } from "./span-tree.ts";

/** A stretch in which an agent is at work; seconds from the start of the run. */
export interface Stretch {
  from: number;
  to: number;
  failed: boolean;
  running: boolean;
  spanId: string;
  spans: number;
}

export interface Lane {
  name: string;
  isAgent: boolean;
  stretches: Stretch[];
  /** Seconds at work, overlapping work counted once. */
  busy: number;
  spans: number;
  errors: number;
}

/** One agent sets another to work. */
export interface Arrow {
  from: number;
  to: number;
  at: number;
  spanId: string;
}

export interface Lanes {
  lanes: Lane[];
  arrows: Arrow[];
  /** Agents and arrows that were too many to be drawn. */
  hiddenLanes: number;
  hiddenArrows: number;
}

const MAX_LANES = 60;
const MAX_ARROWS = 150;
/** Stretches that are nearer than this share of the run are drawn as one. */
const NEAR = 1 / 800;

/** Both are agents, and not the same. */
const isAsked = (before: string, lane: string): boolean =>
  before !== lane && !lane.startsWith("\n") && !before.startsWith("\n");

/** Agents are named as they are; services without one stand behind a line break, which no name has. */
const laneOf = (agent: string, service: string): string => (agent === "" ? `\n${service}` : agent);

/** Numbers that become more. */
class Growing {
  #numbers = new Int32Array(1024);
  length = 0;

  push(number: number): void {
    if (this.length === this.#numbers.length) {
      const longer = new Int32Array(this.length * 2);
      longer.set(this.#numbers);
      this.#numbers = longer;
    }
    this.#numbers[this.length++] = number;
  }

  all(): Int32Array {
    return this.#numbers.subarray(0, this.length);
  }
}

interface Work {
  /** Spans of each lane. */
  byLane: Map<string, Growing>;
  /** Spans with which an agent set another to work, and the lane of each line. */
  asked: Growing;
  laneOf: (line: number) => string;
}

/** Spans with which an agent begins to work, and those that let it: what is below one with the same agent adds nothing. */
function* workOf(tree: SpanTree): Steps<Work> {
  const byLane = new Map<string, Growing>();
  const asked = new Growing();
  const laneAt = (line: number): string => {
    const place = tree.spanOf[line] ?? 0;
    return laneOf(tree.agentOf[place] ?? "", tree.spans.shape(place).service);
  };
  const above: string[] = [];
  for (let line = 0; line < tree.spanOf.length; line++) {
    if (line % STRIDE === 0) yield;
    const place = tree.spanOf[line] ?? 0;
    const depth = tree.depthOf[line] ?? 0;
    const lane = laneAt(line);
    const before = depth === 0 ? undefined : above[depth - 1];
    above[depth] = lane;
    if (before === lane && !tree.spans.hasFailed(place)) continue;
    let own = byLane.get(lane);
    if (own === undefined) byLane.set(lane, (own = new Growing()));
    own.push(place);
    if (before !== undefined && isAsked(before, lane)) asked.push(line);
  }
  return { byLane, asked, laneOf: laneAt };
}

/** Spans by start. */
function* byStart(tree: SpanTree, places: Int32Array): Steps<Int32Array> {
  const order = yield* sortedBy(Float64Array.from(places, (place) => tree.startOf[place] ?? 0));
  return order.map((at) => places[at] ?? 0);
}

/** Stretches that touch become one; those that failed are a layer of their own, above the others. */
function* joined(
  tree: SpanTree,
  places: Int32Array,
  near: number,
): Steps<Pick<Lane, "stretches" | "busy" | "errors">> {
  const layers: [Stretch[], Stretch[]] = [[], []];
  let [busy, errors, done] = [0, 0, 0];
  let reached = Number.NEGATIVE_INFINITY;
  for (const place of places) {
    if (done++ % STRIDE === 0) yield;
    const from = tree.startOf[place] ?? 0;
    const to = from + tree.spans.seconds(place);
    const failed = tree.spans.hasFailed(place);
    const running = tree.spans.goesOn(place);
    busy += Math.max(0, to - Math.max(from, reached));
    reached = Math.max(reached, to);
    if (failed) errors += 1;
    const layer = layers[failed ? 1 : 0];
    const last = layer.at(-1);
    if (last !== undefined && from <= last.to + near) {
      last.to = Math.max(last.to, to);
      last.running ||= running;
      last.spans += 1;
    } else layer.push({ from, to, failed, running, spanId: tree.spans.idOf(place), spans: 1 });
  }
  return { stretches: layers.flat(), busy, errors };
}

/** Who set whom to work, the earliest first. */
function* arrowsOf(
  tree: SpanTree,
  { asked, laneOf: laneAt }: Work,
  shown: ReadonlyMap<string, number>,
): Steps<Pick<Lanes, "arrows" | "hiddenArrows">> {
  const lines = asked.all();
  const order = yield* sortedBy(
    Float64Array.from(lines, (line) => tree.startOf[tree.spanOf[line] ?? 0] ?? 0),
  );
  const arrows: Arrow[] = [];
  let [count, done] = [0, 0];
  for (const at of order) {
    if (done++ % STRIDE === 0) yield;
    const line = lines[at] ?? 0;
    const place = tree.spanOf[line] ?? 0;
    const parent = tree.parentOf[place] ?? -1;
    const [from, to] = [shown.get(laneAt(tree.lineOf[parent] ?? 0)), shown.get(laneAt(line))];
    if (from === undefined || to === undefined) continue;
    count += 1;
    if (arrows.length < MAX_ARROWS)
      arrows.push({ from, to, at: tree.startOf[place] ?? 0, spanId: tree.spans.idOf(place) });
  }
  return { arrows, hiddenArrows: count - arrows.length };
}

/** A lane for each agent, in the order in which they began; services without an agent come last. */
export function* laneSteps(tree: SpanTree): Steps<Lanes> {
  const work = yield* workOf(tree);
  const lanes: (Lane & { key: string; began: number })[] = [];
  for (const [key, own] of work.byLane) {
    const places = yield* byStart(tree, own.all());
    lanes.push({
      key,
      name: key.replace("\n", ""),
      isAgent: !key.startsWith("\n"),
      ...(yield* joined(tree, places, tree.lengthSeconds * NEAR)),
      spans: places.length,
      began: tree.startOf[places[0] ?? 0] ?? 0,
    });
  }
  lanes.sort((a, b) => Number(b.isAgent) - Number(a.isAgent) || a.began - b.began);
  const shown = lanes.slice(0, MAX_LANES);
  const places = new Map(shown.map(({ key }, place) => [key, place]));
  return {
    lanes: shown,
    ...(yield* arrowsOf(tree, work, places)),
    hiddenLanes: lanes.length - shown.length,
  };
}
