import type { FleetChange, FleetEdge, FleetEdgeKind, FleetNodeKind } from "@fleetlight/contract";

import { formatValue } from "../../format/units.ts";

export const KIND_WORDS: Readonly<Record<FleetNodeKind, string>> = {
  agent: "Agent",
  tool: "Tool",
  model: "Model",
  service: "Service",
  external: "Outside",
};

/** What the one does with the other. */
export const EDGE_WORDS: Readonly<Record<FleetEdgeKind, string>> = {
  handoff: "hands over to",
  delegation: "asks",
  message: "tells",
  wait: "waits for",
  tool: "uses",
  model: "calls",
  call: "calls",
};

export const CHANGE_WORDS: Readonly<Record<FleetChange["change"], string>> = {
  appeared: "New",
  vanished: "Gone",
  slower: "Slower",
  faster: "Faster",
  failing: "Fails more",
  recovered: "Fails less",
};

/** `agent:lead` without its kind. */
export const nameOf = (id: string): string => id.slice(id.indexOf(":") + 1);

export const edgeTitle = ({ kind, source, target }: FleetEdge): string =>
  `${nameOf(source)} ${EDGE_WORDS[kind]} ${nameOf(target)}`;

/** Few calls are better told by the minute than by a thousandth of a second. */
export const rateOf = (perSecond: number): string =>
  perSecond === 0 || perSecond >= 1
    ? formatValue(perSecond, "per_second")
    : `${formatValue(perSecond * 60, "none")}/min`;

export function changeFigures({ change, before, after }: FleetChange): string {
  const write = (value: number) =>
    change === "slower" || change === "faster"
      ? formatValue(value, "seconds")
      : change === "failing" || change === "recovered"
        ? formatValue(value, "ratio")
        : rateOf(value);
  if (change === "appeared") return write(after);
  return change === "vanished" ? `was ${write(before)}` : `${write(before)} → ${write(after)}`;
}
