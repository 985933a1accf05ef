import { STRIDE, type Steps } from "./slices.ts";
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

interface Work extends Stretch {
  lane: string;
}

/** Agents are named as they are; services without one stand behind a line break, which no name has. */
const laneOf = (agent: string, service: string): string => (agent === "" ? `\n${service}` : agent);

/** Spans with which an agent begins to work, and those that let it: what is below one with the same agent adds nothing. */
function* workOf(
  tree: SpanTree,
): Steps<{ work: Work[]; asked: (Arrow & { who: string; whom: string })[] }> {
  const work: Work[] = [];
  const asked: (Arrow & { who: string; whom: string })[] = [];
  const above: string[] = [];
  for (let line = 0; line < tree.spanOf.length; line++) {
    if (line % STRIDE === 0) yield;
    const place = tree.spanOf[line] ?? 0;
    const depth = tree.depthOf[line] ?? 0;
    const agent = tree.agentOf[place] ?? "";
    const lane = laneOf(agent, tree.spans.shape(place).service);
    const before = depth === 0 ? undefined : above[depth - 1];
    above[depth] = lane;
    const from = tree.startOf[place] ?? 0;
    const failed = tree.spans.hasFailed(place);
    if (before === lane && !failed) continue;
    const spanId = tree.spans.idOf(place);
    work.push({
      lane,
      from,
      to: from + tree.spans.seconds(place),
      failed,
      running: tree.spans.goesOn(place),
      spanId,
      spans: 1,
    });
    if (before !== undefined && isAsked(before, lane))
      asked.push({ who: before, whom: lane, from: 0, to: 0, at: from, spanId });
  }
  return { work, asked };
}

/** Stretches that touch become one, unless one of them failed and the other did not. */
function joined(work: readonly Work[], near: number): { stretches: Stretch[]; busy: number } {
  const stretches: Stretch[] = [];
  let busy = 0;
  let reached = Number.NEGATIVE_INFINITY;
  for (const { lane: _, ...one } of work) {
    busy += Math.max(0, one.to - Math.max(one.from, reached));
    reached = Math.max(reached, one.to);
    const last = stretches.at(-1);
    if (last !== undefined && one.from <= last.to + near && one.failed === last.failed) {
      last.to = Math.max(last.to, one.to);
      last.running ||= one.running;
      last.spans += 1;
    } else stretches.push({ ...one });
  }
  return { stretches, busy };
}

/** A lane for each agent, in the order in which they began; services without an agent come last. */
export function* laneSteps(tree: SpanTree): Steps<Lanes> {
  const { work, asked } = yield* workOf(tree);
  const byLane = new Map<string, Work[]>();
  for (const one of work) {
    const own = byLane.get(one.lane);
    if (own === undefined) byLane.set(one.lane, [one]);
    else own.push(one);
  }
  const lanes: (Lane & { key: string; began: number })[] = [];
  for (const [key, own] of byLane) {
    own.sort((a, b) => a.from - b.from);
    lanes.push({
      key,
      name: key.replace("\n", ""),
      isAgent: !key.startsWith("\n"),
      ...joined(own, tree.lengthSeconds * NEAR),
      spans: own.length,
      errors: own.filter(({ failed }) => failed).length,
      began: own[0]?.from ?? 0,
    });
    yield;
  }
  lanes.sort((a, b) => Number(b.isAgent) - Number(a.isAgent) || a.began - b.began);
  const shown = lanes.slice(0, MAX_LANES);
  const places = new Map(shown.map(({ key }, place) => [key, place]));
  const arrows = asked
    .flatMap(({ who, whom, at, spanId }) => {
      const [from, to] = [places.get(who), places.get(whom)];
      return from === undefined || to === undefined ? [] : [{ from, to, at, spanId }];
    })
    .sort((a, b) => a.at - b.at);
  return {
    lanes: shown,
    arrows: arrows.slice(0, MAX_ARROWS),
    hiddenLanes: lanes.length - shown.length,
    hiddenArrows: Math.max(0, arrows.length - MAX_ARROWS),
  };
}
