import type { TraceAnalysisReport } from "@fleetlight/contract";

import type { LeanRow } from "#store";

import { bottlenecksOf, type UsualSeconds } from "./bottlenecks.ts";
import { clockSkew } from "./skew.ts";
import { largestOf } from "./sort.ts";
import { criticalPath, selfSeconds, type Step } from "./times.ts";
import { treeOf, Turns, type Tree } from "./tree.ts";

const MAX_STEPS = 5000;
const MAX_GROUPS = 100;
const MAX_SPAN_TIMES = 5000;
const MAX_LISTED = 100;

const identity = ({ rows, agents }: Tree, place: number) => {
  const row = rows[place];
  return {
    name: row?.name ?? "",
    service: row?.service ?? "",
    agent: agents[place] ?? "",
    operation: row?.operation ?? "",
    tool: row?.tool ?? "",
    model: row?.model ?? "",
  };
};

type SelfTimes = TraceAnalysisReport["self_times"];

/** Spans of one kind together. */
async function selfTimesOf(
  tree: Tree,
  self: Float64Array,
  path: readonly Step[],
  turns: Turns,
): Promise<SelfTimes> {
  const critical = new Float64Array(tree.rows.length);
  for (const { place, from, to } of path) critical[place] = (critical[place] ?? 0) + to - from;
  const groups = new Map<string, SelfTimes[number]>();
  for (const [place, row] of tree.rows.entries()) {
    const who = identity(tree, place);
    const key = JSON.stringify(who);
    let group = groups.get(key);
    if (group === undefined) {
      const none = { spans: 0, errors: 0, total_seconds: 0, self_seconds: 0 };
      group = { ...who, ...none, critical_seconds: 0, critical_share: 0 };
      groups.set(key, group);
    }
    group.spans++;
    if (row.status === 2) group.errors++;
    group.total_seconds += row.durationNs / 1e9;
    group.self_seconds += self[place] ?? 0;
    group.critical_seconds += critical[place] ?? 0;
    if (turns.isLong) await turns.next();
  }
  for (const group of groups.values())
    group.critical_share = group.critical_seconds / (tree.durationSeconds || 1);
  return [...groups.values()]
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
  return Object.fromEntries(
    places.map((place) => [tree.rows[place]?.spanId ?? "", self[place] ?? 0]),
  );
}

/**
 * Everything about where the time of one trace went. Long traces are looked at in turns.
 * @param rows by start, each once
 * @param usual how long calls of the models in it take usually
 */
export async function reportOf(
  rows: readonly LeanRow[],
  usual: UsualSeconds,
  truncated: boolean,
): Promise<TraceAnalysisReport> {
  const turns = new Turns();
  const tree = await treeOf(rows, turns);
  const path = await criticalPath(tree, turns);
  const self = await selfSeconds(tree, turns);
  const idOf = (place: number): string => rows[place]?.spanId ?? "";
  return {
    trace_id: rows[0]?.traceId ?? "",
    spans: rows.length,
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
        parent_span_id: rows[place]?.parentSpanId ?? "",
      })),
    },
    cyclic_parents: {
      count: tree.cyclic.length,
      span_ids: tree.cyclic.slice(0, MAX_LISTED).map(idOf),
    },
  };
}
