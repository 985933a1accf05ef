import "@xyflow/react/dist/base.css";

import type { FleetChange } from "@fleetlight/contract";
import { Button } from "@mantine/core";
import { IconLayoutDistributeHorizontal } from "@tabler/icons-react";
import { Controls, Panel, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { useEffect, useMemo, useRef, useState } from "react";

import { edgeLook } from "./edge-look.ts";
import { CHANGE_WORDS } from "./fleet-words.ts";
import classes from "./fleet.module.css";
import { GraphNode, type FlowNode } from "./GraphNode.tsx";
import { NODE_HEIGHT, NODE_WIDTH, placed, type Place } from "./layout.ts";
import type { Shown } from "./shown.ts";

const NODE_TYPES = { fleet: GraphNode };

interface GraphViewProps {
  shown: Shown;
  picked: string | undefined;
  changes: readonly FleetChange[];
  onPick: (id: string | undefined) => void;
}

/** Places that stay from one answer to the next, until somebody wants them anew. */
function usePlaces(shown: Shown, round: number): ReadonlyMap<string, Place> {
  const known = useRef<{ round: number; places: ReadonlyMap<string, Place> }>({
    round,
    places: new Map(),
  });
  const shape = shown.nodes
    .map(({ id }) => id)
    .toSorted()
    .join("\n");
  return useMemo(() => {
    const before = known.current.round === round ? known.current.places : new Map<string, Place>();
    const places = placed(shown, before);
    // Nodes that a filter hides come back where they were.
    known.current = { round, places: new Map([...before, ...places]) };
    return places;
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- figures change every few seconds, places only with the nodes
  }, [shape, round]);
}

const Flow = ({ shown, picked, changes, onPick }: GraphViewProps) => {
  const [round, setRound] = useState(0);
  const places = usePlaces(shown, round);
  const { fitView } = useReactFlow();
  useEffect(() => void fitView({ maxZoom: 1.1, padding: 0.08 }), [places, fitView]);
  const marks = useMemo(
    () => new Map(changes.map(({ id, change }) => [id, CHANGE_WORDS[change]])),
    [changes],
  );
  const nodes = shown.nodes.map((node): FlowNode => {
    const mark = marks.get(node.id);
    return {
      id: node.id,
      type: "fleet",
      position: places.get(node.id) ?? { x: 0, y: 0 },
      width: NODE_WIDTH,
      height: NODE_HEIGHT,
      data: { node, picked: node.id === picked, ...(mark !== undefined && { mark }) },
    };
  });
  const busiest = Math.max(1, ...shown.edges.map(({ calls }) => calls));
  const edges = shown.edges.map((edge) => edgeLook(edge, busiest, edge.id === picked));
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_TYPES}
      onNodeClick={(_, { id }) => onPick(id)}
      onEdgeClick={(_, { id }) => onPick(id)}
      onPaneClick={() => onPick(undefined)}
      nodesDraggable={false}
      nodesConnectable={false}
      nodesFocusable={false}
      edgesFocusable={false}
      elementsSelectable={false}
      deleteKeyCode={null}
      minZoom={0.15}
      maxZoom={2}
      preventScrolling={false}
      zoomOnScroll={false}
      panOnScroll={false}
      fitView
    >
      <Controls showInteractive={false} position="bottom-left" />
      <Panel position="top-right">
        <Button
          size="compact-xs"
          variant="default"
          leftSection={<IconLayoutDistributeHorizontal size={14} />}
          onClick={() => setRound(round + 1)}
        >
          Tidy up
        </Button>
      </Panel>
    </ReactFlow>
  );
};

/** The fleet as a picture; the list says the same in words. */
export const GraphView = (props: GraphViewProps) => (
  <section className={classes["canvas"]} aria-label="Graph of the fleet">
    <ReactFlowProvider>
      <Flow {...props} />
    </ReactFlowProvider>
  </section>
);
