import type { RouteExplained, RouteNode } from "@fleetlight/contract";

import { formatDuration } from "../../format/time.ts";

/** A node of the tree as a row. */
export interface RouteRow {
  node: RouteNode;
  depth: number;
  /** `leaf`: an alert of the tested labels is told of here; `passed`: it only goes through. */
  lit: "leaf" | "passed" | null;
  /** What would keep it quiet here now. */
  mutedBy: string[];
}

const depthOf = ({ id }: RouteNode): number => id.split("/").length - 1;

/** The tree as rows, with the ways that an explanation names lit. */
export const routeRows = (
  nodes: readonly RouteNode[],
  explained: RouteExplained | undefined,
): RouteRow[] => {
  const passed = new Set(explained?.paths.flatMap(({ routes }) => routes));
  const leaves = new Map(explained?.paths.map((path) => [path.routes.at(-1) ?? "", path]));
  return nodes.map((node) => ({
    node,
    depth: depthOf(node),
    lit: leaves.has(node.id) ? "leaf" : passed.has(node.id) ? "passed" : null,
    mutedBy: leaves.get(node.id)?.muted_by ?? [],
  }));
};

/** Only the rows on the way, for a place where the whole tree is too much. */
export const litRows = (rows: readonly RouteRow[]): RouteRow[] =>
  rows.filter(({ lit }) => lit !== null);

const seconds = (value: number): string => formatDuration(value * 1000);

/** When a node tells, in words. */
export const timingText = (node: RouteNode): string => {
  const by = node.group_by_all
    ? "each alert alone"
    : node.group_by.length === 0
      ? "all together"
      : `together by ${node.group_by.join(", ")}`;
  return `${by} · first after ${seconds(node.group_wait_seconds)}, news after ${seconds(node.group_interval_seconds)}, again after ${seconds(node.repeat_interval_seconds)}`;
};
