import type { FleetGraph, FleetReplay } from "@fleetlight/contract";

import { isoTime } from "#lib";
import type { EdgeSum } from "#store";

import { GraphTallies, workOf, type GraphRange } from "./graph-of.ts";
import type { Tally } from "./tally.ts";

type Moment = FleetReplay["frames"][number]["nodes"][number];

function momentsOf<T>(
  places: ReadonlyMap<string, number>,
  things: ReadonlyMap<string, T>,
  tallyOf: (thing: T) => Tally,
): Moment[] {
  const moments: Moment[] = [];
  for (const [id, thing] of things) {
    const at = places.get(id);
    const { calls, errors, meanSeconds } = tallyOf(thing);
    if (at !== undefined && calls > 0)
      moments.push({ at, calls, errors, mean_seconds: meanSeconds });
  }
  return moments.toSorted((a, b) => a.at - b.at);
}

const placesOf = (things: readonly { id: string }[]): Map<string, number> =>
  new Map(things.map(({ id }, at) => [id, at]));

/** What there was of a graph in each step of its range. */
export function framesOf(
  graph: Pick<FleetGraph, "nodes" | "edges">,
  sums: Iterable<EdgeSum>,
  { startMs, endMs }: GraphRange,
  stepMs: number,
): FleetReplay["frames"] {
  const bySteps = new Map<number, GraphTallies>();
  for (const sum of sums) {
    let tallies = bySteps.get(sum.step);
    if (tallies === undefined) bySteps.set(sum.step, (tallies = new GraphTallies()));
    tallies.add(sum);
  }
  const nodes = placesOf(graph.nodes);
  const edges = placesOf(graph.edges);
  const frames: FleetReplay["frames"] = [];
  for (let step = 0; startMs + step * stepMs < endMs; step++) {
    const tallies = bySteps.get(step) ?? new GraphTallies();
    frames.push({
      start: isoTime(startMs + step * stepMs),
      nodes: momentsOf(nodes, tallies.nodes, workOf),
      edges: momentsOf(edges, tallies.edges, ({ tally }) => tally),
    });
  }
  return frames;
}
