import { Turns } from "#lib";
import type { SpanColumns, TraceAnalysisReport } from "@fleetlight/contract";

import { bottlenecksOf, type UsualSeconds } from "./bottlenecks.ts";
import { clockSkew } from "./skew.ts";
import { largestOf } from "./largest.ts";
import { criticalPath, selfSeconds, type Step } from "./times.ts";
import { agentAt, hasFailed, hexOf, idAt, shapeAt, treeOf, type Tree } from "./tree.ts";

const MAX_STEPS = 5000;
const MAX_GROUPS = 100;
const MAX_SPAN_TIMES = 5000;
const MAX_LISTED = 100;

const identity = (tree: Tree, place: number) => {
  const { name, service, operation, tool, model } = shapeAt(tree, place);
  return { name, service, agent: agentAt(tree, place), operation, tool, model };
};

type SelfTimes = TraceAnalysisReport["self_times"];
type SelfTime = SelfTimes[number];

/** Groups of one kind of span as numbers of shapes: those of one span and of the one that its agent is from. */
class Kinds {
  private readonly byShape: Map<number, SelfTime>[] = [];
  private readonly byWords = new Map<string, SelfTime>();

  /** The group of a span. Shapes that differ only in what is not shown share one. */
  of(tree: Tree, place: number): SelfTime {
    const shape = tree.columns.shapeOf[place] ?? 0;
    const agent = tree.agentShapes[place] ?? -1;
    const known = this.byShape[shape]?.get(agent);
    if (known !== undefined) return known;
    const who = identity(tree, place);
    const words = JSON.stringify(who);
    const none = { spans: 0, errors: 0, total_seconds: 0, self_seconds: 0 };
    const group = this.byWords.get(words) ?? {
      ...who,
      ...none,
      critical_seconds: 0,
      critical_share: 0,
    };
    this.byWords.set(words, group);
    (this.byShape[shape] ??= new Map()).set(agent, group);
    return group;
  }

  groups(): SelfTime[] {
    return [...this.byWords.values()];
  }
}

/** Spans of one kind together. */
async function selfTimesOf(
  tree: Tree,
  self: Float64Array,
  path: readonly Step[],
  turns: Turns,
): Promise<SelfTimes> {
  const critical = new Float64Array(self.length);
  for (const { place, from, to } of path) critical[place] = (critical[place] ?? 0) + to - from;
  const kinds = new Kinds();
  for (let place = 0; place < self.length; place++) {
    const group = kinds.of(tree, place);
    group.spans++;
    if (hasFailed(tree, place)) group.errors++;
    group.total_seconds += (tree.columns.durations[place] ?? 0) / 1e9;
    group.self_seconds += self[place] ?? 0;
    group.critical_seconds += critical[place] ?? 0;
    if (turns.isDue) await turns.next();
  }
  const groups = kinds.groups();
  for (const group of groups)
    group.critical_share = group.critical_seconds / (tree.durationSeconds || 1);
  return groups
    .toSorted((a, b) => b.critical_seconds - a.critical_seconds || b.self_seconds - a.self_seconds)
    .slice(0, MAX_GROUPS);
}

/** The spans that take most themselves. */
async function largest(
  tree: Tree,
  self: Float64Array,
  turns: Turns,
): Promise<Record<string, number>> {
  const places = await largestOf(self, MAX_SPAN_TIMES, turns);
  return Object.fromEntries(places.map((place) => [idAt(tree, place), self[place] ?? 0]));
}

/** The trace that is looked at. */
interface Asked {
  traceId: string;
  /** Whether there are more spans than these. */
  truncated: boolean;
}

/**
 * Everything about where the time of one trace went. Long traces are looked at in turns.
 * @param columns by start, each span once
 * @param usual how long calls of the models in it take usually
 */
export async function reportOf(
  columns: SpanColumns,
  usual: UsualSeconds,
  { traceId, truncated }: Asked,
): Promise<TraceAnalysisReport> {
  const turns = new Turns();
  const tree = await treeOf(columns, turns);
  const path = await criticalPath(tree, turns);
  const self = await selfSeconds(tree, turns);
  const idOf = (place: number): string => idAt(tree, place);
  return {
    trace_id: traceId,
    spans: self.length,
    duration_seconds: tree.durationSeconds,
    truncated,
    critical_path: path.slice(0, MAX_STEPS).map(({ place, from, to }) => ({
      span_id: idOf(place),
      ...identity(tree, place),
      offset_seconds: from,
      seconds: to - from,
    })),
    critical_seconds: path.reduce((sum, { from, to }) => sum + to - from, 0),
    self_times: await selfTimesOf(tree, self, path, turns),
    span_self_seconds: await largest(tree, self, turns),
    bottlenecks: await bottlenecksOf({ tree, path, self, usual, turns }),
    clock_skew: await clockSkew(tree, turns),
    missing_parents: {
      count: tree.missingParents.length,
      spans: tree.missingParents.slice(0, MAX_LISTED).map((place) => ({
        span_id: idOf(place),
        parent_span_id: hexOf(columns.parentIds[place] ?? 0n),
      })),
    },
    cyclic_parents: {
      count: tree.cyclic.length,
      span_ids: tree.cyclic.slice(0, MAX_LISTED).map(idOf),
    },
  };
}
