import type { FleetEdge, FleetEdgeKind } from "@fleetlight/contract";
import { MarkerType, type Edge } from "@xyflow/react";

import { EDGE_WORDS } from "./fleet-words.ts";

/** Kinds are told apart by their dashes, and between agents by a word. */
const DASHES: Readonly<Partial<Record<FleetEdgeKind, string>>> = {
  message: "2 5",
  wait: "10 6",
  tool: "6 3",
  model: "1 4",
};
const AMONG_AGENTS: ReadonlySet<FleetEdgeKind> = new Set([
  "handoff",
  "delegation",
  "message",
  "wait",
]);

const colourOf = ({ calls, error_share }: FleetEdge): string => {
  if (calls === 0) return "var(--fl-line)";
  if (error_share === 0) return "var(--fl-unknown)";
  const share = Math.round(35 + Math.min(1, error_share * 2) * 65);
  return `color-mix(in srgb, var(--fl-unhealthy) ${share}%, var(--fl-unknown))`;
};

/** An edge as it is drawn: as wide as it is busy, as red as it fails. */
export function edgeLook(edge: FleetEdge, busiest: number, picked: boolean): Edge {
  const share = Math.log1p(edge.calls) / Math.log1p(Math.max(1, busiest));
  const stroke = picked ? "var(--fl-accent)" : colourOf(edge);
  const dash = DASHES[edge.kind];
  return {
    id: edge.id,
    source: edge.source,
    target: edge.target,
    ...(AMONG_AGENTS.has(edge.kind) && { label: EDGE_WORDS[edge.kind] }),
    style: {
      stroke,
      strokeWidth: 1.2 + share * 4 + (picked ? 1 : 0),
      ...(dash !== undefined && { strokeDasharray: dash }),
    },
    labelStyle: { fill: "var(--fl-dim)", fontSize: 11 },
    labelBgStyle: { fill: "var(--fl-panel)" },
    markerEnd: {
      type: MarkerType.ArrowClosed,
      color: stroke,
      width: 20,
      height: 20,
      markerUnits: "userSpaceOnUse",
    },
  };
}
