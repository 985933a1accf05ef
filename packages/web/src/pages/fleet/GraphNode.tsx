import type { FleetNode } from "@fleetlight/contract";
import { VisuallyHidden } from "@mantine/core";
import { Handle, Position, type Node, type NodeProps } from "@xyflow/react";

import { formatValue } from "../../format/units.ts";
import { StateIcon } from "../../ui/state.tsx";
import { KIND_WORDS, rateOf } from "./fleet-words.ts";
import classes from "./fleet.module.css";
import { KindIcon, stateMarkOf } from "./KindIcon.tsx";

export type FlowNode = Node<{ node: FleetNode; picked: boolean; mark?: string }, "fleet">;

/** One node as a card: kind by icon and shape, state by icon and colour, then rate and errors. */
export const GraphNode = ({ data: { node, picked, mark } }: NodeProps<FlowNode>) => (
  <>
    <Handle type="target" position={Position.Left} isConnectable={false} />
    <button
      type="button"
      className={classes["node"]}
      data-kind={node.kind}
      data-state={node.state}
      aria-pressed={picked}
    >
      <span className={classes["nodeHead"]}>
        <KindIcon kind={node.kind} />
        <VisuallyHidden>{KIND_WORDS[node.kind]}</VisuallyHidden>
        <span className={classes["nodeName"]}>{node.name}</span>
        <VisuallyHidden>{node.state}</VisuallyHidden>
        {node.active > 0 && <span className={classes["active"]} title="at work now" />}
        <StateIcon state={stateMarkOf(node.state)} size={14} />
      </span>
      <span className={classes["nodeFigures"]}>
        <span>{rateOf(node.calls_per_second)}</span>
        {node.errors > 0 && (
          <span className={classes["bad"]}>
            {formatValue(node.error_share, "ratio")}
            {mark === undefined && " errors"}
          </span>
        )}
        {mark !== undefined && <span className={classes["changed"]}>{mark}</span>}
      </span>
    </button>
    <Handle type="source" position={Position.Right} isConnectable={false} />
  </>
);
