import type { FleetEdge, FleetGraph, FleetNode, FleetNodeKind } from "@fleetlight/contract";

import { isoTime } from "#lib";
import type { EdgeSum } from "#store";

import { knownCost, Tally } from "./tally.ts";

/** Shares of errors from which on a node is not well. */
const DEGRADED = 0.05;
const UNHEALTHY = 0.25;

export interface GraphRange {
  startMs: number;
  endMs: number;
}

const nodeId = (kind: string, name: string): string => `${kind}:${name}`;

interface NodeTally {
  kind: FleetNodeKind;
  name: string;
  /** Where it works itself; where that is not known, who else's spans speak of it. */
  services: Set<string>;
  seen: Set<string>;
  /** Its own work, and what others asked of it: the former says more where there is any. */
  own: Tally;
  asked: Tally;
  used: Tally;
}

interface EdgeTally {
  kind: string;
  source: string;
  target: string;
  tally: Tally;
}

/** Adds up rows by node and edge. */
export class GraphTallies {
  readonly nodes = new Map<string, NodeTally>();
  readonly edges = new Map<string, EdgeTally>();

  add(sum: EdgeSum): void {
    // A delegation is seen at the agent that was asked, all else where it was begun.
    const isSeenAtTarget = sum.kind === "delegation";
    const source = this.node(sum.sourceKind, sum.source, isSeenAtTarget ? "" : sum.service);
    if (sum.targetKind === "") {
      source.services.add(sum.service);
      source.own.addCalls(sum);
      source.used.addUsage(sum);
      return;
    }
    const isElsewhere = sum.targetKind === "agent" && !isSeenAtTarget;
    const target = this.node(sum.targetKind, sum.target, isElsewhere ? "" : sum.service);
    target.asked.addCalls(sum);
    if (sum.kind === "model") {
      source.used.addUsage(sum);
      target.used.addUsage(sum);
    }
    const ids = [nodeId(sum.sourceKind, sum.source), nodeId(sum.targetKind, sum.target)] as const;
    const id = [sum.kind, ...ids].join("|");
    let edge = this.edges.get(id);
    if (edge === undefined) {
      edge = { kind: sum.kind, source: ids[0], target: ids[1], tally: new Tally() };
      this.edges.set(id, edge);
    }
    edge.tally.addCalls(sum);
    edge.tally.addUsage(sum);
  }

  private node(kind: string, name: string, service: string): NodeTally {
    const id = nodeId(kind, name);
    let node = this.nodes.get(id);
    if (node === undefined) {
      node = {
        kind: kind as FleetNodeKind,
        name,
        services: new Set(),
        seen: new Set(),
        own: new Tally(),
        asked: new Tally(),
        used: new Tally(),
      };
      this.nodes.set(id, node);
    }
    if (kind === "service") node.services.add(name);
    else if (service !== "") node.seen.add(service);
    return node;
  }
}

const stateOf = ({ calls, errorShare }: Tally): FleetNode["state"] => {
  if (calls === 0) return "idle";
  if (errorShare >= UNHEALTHY) return "unhealthy";
  return errorShare >= DEGRADED ? "degraded" : "healthy";
};

/** What counts as the calls of a node. */
export const workOf = ({ own, asked }: Pick<NodeTally, "own" | "asked">): Tally =>
  own.calls > 0 ? own : asked;

/** Nodes and edges in the order of their calls, then of their names. */
export function graphOf(
  sums: Iterable<EdgeSum>,
  { startMs, endMs }: GraphRange,
  options: { active: ReadonlyMap<string, number>; maxEdges: number },
): FleetGraph {
  const tallies = new GraphTallies();
  for (const sum of sums) tallies.add(sum);
  const seconds = Math.max(1, (endMs - startMs) / 1000);
  const byCalls = (a: { calls: number; id: string }, b: { calls: number; id: string }) =>
    b.calls - a.calls || (a.id < b.id ? -1 : 1);
  const nodes = [...tallies.nodes].map(([id, node]): FleetNode => {
    const work = workOf(node);
    const { inputTokens, outputTokens } = node.used;
    return {
      id,
      kind: node.kind,
      name: node.name,
      services: [...(node.services.size > 0 ? node.services : node.seen)].toSorted(),
      state: stateOf(work),
      active: node.kind === "agent" ? (options.active.get(node.name) ?? 0) : 0,
      ...work.figures(seconds),
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      cost_usd: knownCost(node.used),
    };
  });
  const edges = [...tallies.edges].map(([id, { kind, source, target, tally }]): FleetEdge => {
    return { id, kind: kind as FleetEdge["kind"], source, target, ...tally.figures(seconds) };
  });
  const shown = edges.toSorted(byCalls).slice(0, options.maxEdges);
  return {
    start: isoTime(startMs),
    end: isoTime(endMs),
    nodes: nodes.toSorted(byCalls).slice(0, options.maxEdges),
    edges: shown,
    truncated: edges.length > shown.length || nodes.length > options.maxEdges,
  };
}
