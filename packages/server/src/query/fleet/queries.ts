import type { FleetDiff, FleetGraph, FleetReplay } from "@fleetlight/contract";

import type { Now } from "#lib";
import { edgeKeyOf, EdgeSums, type EdgePart, type EdgeStore, type EdgeSum } from "#store";

import { diffOf } from "./diff.ts";
import { graphOf, type GraphRange } from "./graph-of.ts";
import { framesOf } from "./replay.ts";

const MINUTE_MS = 60_000;
/** Edges of one answer. */
const MAX_EDGES = 2000;
/** Sums that are read for one answer, those of all steps together: bounds what is parsed in one go. */
const MAX_SUMS = 12_000;
export const MAX_FRAMES = 240;
/** A range that ends this far back or later is about now. */
const NOW_MS = 2 * MINUTE_MS;

/** The minutes that are counted right now. */
export interface LiveGraph {
  /** @returns the parts that were added, and whether nothing of the range is elsewhere. */
  addTo(
    tenant: string,
    sums: EdgeSums,
    startMs: number,
    endMs: number,
  ): { parts: EdgePart[]; complete: boolean };
  activeAgents(tenant: string): ReadonlyMap<string, number>;
}

export interface GraphFilter {
  /** Only what spans of this service showed. */
  service?: string | undefined;
}

/** Questions about who reaches whom. Ranges are widened to whole minutes. */
export interface FleetQueries {
  graph(tenant: string, range: GraphRange, filter: GraphFilter): Promise<FleetGraph>;
  diff(
    tenant: string,
    before: GraphRange,
    after: GraphRange,
    filter: GraphFilter,
  ): Promise<FleetDiff>;
  replay(
    tenant: string,
    range: GraphRange,
    stepMs: number,
    filter: GraphFilter,
  ): Promise<FleetReplay>;
}

interface Options {
  edges: EdgeStore;
  live: LiveGraph;
  now: Now;
  /** Whether others write to the same tables. */
  sharesStore: () => boolean;
}

const wholeMinutes = ({ startMs, endMs }: GraphRange): GraphRange => ({
  startMs: Math.floor(startMs / MINUTE_MS) * MINUTE_MS,
  endMs: Math.ceil(endMs / MINUTE_MS) * MINUTE_MS,
});

/** What the service's own spans showed, and calls of the service, which the other side showed. */
const concerns = (sum: EdgeSum, service: string): boolean =>
  sum.service === service || (sum.sourceKind === "service" && sum.source === service);

export function createFleetQueries({ edges, live, now, sharesStore }: Options): FleetQueries {
  const read = async (
    tenant: string,
    range: GraphRange,
    stepMs: number,
    buckets: boolean,
    { service }: GraphFilter,
  ): Promise<EdgeSum[]> => {
    const query = { ...range, stepMs, buckets };
    const sums = new EdgeSums(query);
    const { parts, complete } = live.addTo(tenant, sums, range.startMs, range.endMs);
    if (!complete || sharesStore())
      for (const sum of await edges.read(tenant, { ...query, without: parts, limit: MAX_SUMS }))
        sums.add(sum.step, sum, edgeKeyOf(sum));
    const found = sums.list(MAX_SUMS);
    return service === undefined ? found : found.filter((sum) => concerns(sum, service));
  };

  const graph = async (
    tenant: string,
    asked: GraphRange,
    filter: GraphFilter,
  ): Promise<FleetGraph> => {
    const range = wholeMinutes(asked);
    const sums = await read(tenant, range, range.endMs - range.startMs, true, filter);
    const active = range.endMs >= now() - NOW_MS ? live.activeAgents(tenant) : new Map();
    // What is under way belongs to the seconds that have passed, not to the rest of the last minute.
    const endMs = Math.max(range.startMs + 1000, Math.min(range.endMs, now()));
    return graphOf(sums, { ...range, endMs }, { active, maxEdges: MAX_EDGES });
  };

  return {
    graph,
    diff: async (tenant, first, second, filter) => {
      const [before, after] = [
        await graph(tenant, first, filter),
        await graph(tenant, second, filter),
      ];
      return { before, after, changes: diffOf(before, after) };
    },
    replay: async (tenant, asked, stepMs, filter) => {
      const range = wholeMinutes(asked);
      const wholeStepMs = Math.max(MINUTE_MS, Math.ceil(stepMs / MINUTE_MS) * MINUTE_MS);
      const whole = await graph(tenant, range, filter);
      const sums = await read(tenant, range, wholeStepMs, false, filter);
      const frames = framesOf(whole, sums, range, wholeStepMs);
      return { ...whole, step_seconds: wholeStepMs / 1000, frames };
    },
  };
}
