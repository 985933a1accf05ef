import type { PlanNode } from "../../promql/client.ts";

/** A node of a plan with its place in the tree. */
export interface PlanRow {
  node: PlanNode;
  depth: number;
  /** Positions from the root, e.g. `0.1`. */
  path: string;
}

/** Nodes of a plan that are listed; an expression of more parts is no one's to read. */
export const MAX_NODES = 500;

/** A plan as rows, parents before children, at most `MAX_NODES`. */
export const flatten = (plan: PlanNode): PlanRow[] => {
  const rows: PlanRow[] = [];
  const open: PlanRow[] = [{ node: plan, depth: 0, path: "0" }];
  while (open.length > 0 && rows.length < MAX_NODES) {
    const row = open.pop();
    if (row === undefined) break;
    rows.push(row);
    const below = row.node.children.map((node, index) => ({
      node,
      depth: row.depth + 1,
      path: `${row.path}.${index}`,
    }));
    open.push(...below.toReversed());
  }
  return rows;
};
