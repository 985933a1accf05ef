import type { FleetEdge, FleetNode, FleetReplay } from "@fleetlight/contract";

import type { FleetSearch } from "../../app/fleet-search.ts";

type Thing = FleetNode | FleetEdge;
type Moment = FleetReplay["frames"][number]["nodes"][number];

export interface Shown {
  nodes: FleetNode[];
  edges: FleetEdge[];
}

const DEGRADED = 0.05;
const UNHEALTHY = 0.25;

const stateOf = ({ calls, errors }: Moment): FleetNode["state"] => {
  const share = errors / Math.max(1, calls);
  if (calls === 0) return "idle";
  if (share >= UNHEALTHY) return "unhealthy";
  return share >= DEGRADED ? "degraded" : "healthy";
};

function at<T extends Thing>(things: T[], moments: readonly Moment[], seconds: number): T[] {
  const byPlace = new Map(moments.map((moment) => [moment.at, moment]));
  return things.map((thing, place) => {
    const { calls, errors, mean_seconds } = byPlace.get(place) ?? {
      calls: 0,
      errors: 0,
      mean_seconds: null,
    };
    return {
      ...thing,
      calls,
      errors,
      mean_seconds,
      error_share: errors / Math.max(1, calls),
      calls_per_second: calls / seconds,
      p50_seconds: null,
      p95_seconds: null,
      ...("state" in thing && { state: stateOf({ at: place, calls, errors, mean_seconds }) }),
    };
  });
}

/** The step of the replay that holds a moment; undefined when the moment is not in it. */
export function frameAt({ frames, step_seconds }: FleetReplay, seconds: number | undefined) {
  if (seconds === undefined) return undefined;
  return frames.findIndex(({ start }) => {
    const from = Date.parse(start) / 1000;
    return seconds >= from && seconds < from + step_seconds;
  });
}

/** The fleet in one step, with everything of the range in its place; the whole range without a step. */
export function shownAt(replay: FleetReplay, frame: number | undefined): Shown {
  const found = frame === undefined ? undefined : replay.frames[frame];
  if (found === undefined) return replay;
  return {
    nodes: at(replay.nodes, found.nodes, replay.step_seconds),
    edges: at(replay.edges, found.edges, replay.step_seconds),
  };
}

/** Nodes of the kinds that are wanted whose name, or a neighbour's, is looked for; and the edges between them. */
export function filtered({ nodes, edges }: Shown, { q, without }: FleetSearch): Shown {
  const left = new Set(without?.split(",") ?? []);
  const words = (q ?? "").toLowerCase().trim();
  const ofKind = nodes.filter(({ kind }) => !left.has(kind));
  const found = new Set(
    ofKind.filter(({ name }) => name.toLowerCase().includes(words)).map(({ id }) => id),
  );
  const known = new Set(ofKind.map(({ id }) => id));
  const between = edges.filter(
    ({ source, target }) =>
      known.has(source) && known.has(target) && (found.has(source) || found.has(target)),
  );
  const near = new Set([...found, ...between.flatMap(({ source, target }) => [source, target])]);
  return { nodes: ofKind.filter(({ id }) => near.has(id)), edges: between };
}

/** Calls of one node or edge in each step, for a sparkline. */
export function callsOver(replay: FleetReplay, id: string) {
  const isNode = replay.nodes.some((node) => node.id === id);
  const place = (isNode ? replay.nodes : replay.edges).findIndex((one) => one.id === id);
  return {
    timestamps: replay.frames.map(({ start }) => Date.parse(start)),
    values: replay.frames.map(
      (frame) => (isNode ? frame.nodes : frame.edges).find((one) => one.at === place)?.calls ?? 0,
    ),
  };
}
