import dagre from "@dagrejs/dagre";

import type { Shown } from "./shown.ts";

export const NODE_WIDTH = 196;
export const NODE_HEIGHT = 58;
const GAP = 22;

export interface Place {
  x: number;
  y: number;
}

type Graph = Pick<Shown, "nodes" | "edges">;

/** Places from left to right, along who asks whom. */
function layered({ nodes, edges }: Graph): Map<string, Place> {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: GAP, ranksep: 110, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of nodes.toSorted((a, b) => (a.id < b.id ? -1 : 1)))
    graph.setNode(id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const { id, source, target } of edges)
    if (source !== target) graph.setEdge(source, target, {}, id);
  dagre.layout(graph);
  return new Map(
    nodes.map(({ id }) => {
      const { x, y } = graph.node(id) as Place;
      return [id, { x: Math.round(x - NODE_WIDTH / 2), y: Math.round(y - NODE_HEIGHT / 2) }];
    }),
  );
}

const overlaps = (a: Place, b: Place): boolean =>
  Math.abs(a.x - b.x) < NODE_WIDTH + GAP && Math.abs(a.y - b.y) < NODE_HEIGHT + GAP / 2;

/** Places for all nodes: those that have one keep it, so that nothing moves under a hand; new ones go where there is room. */
export function placed(graph: Graph, known: ReadonlyMap<string, Place>): Map<string, Place> {
  const wanted = layered(graph);
  const places = new Map<string, Place>();
  for (const { id } of graph.nodes) {
    const place = known.get(id);
    if (place !== undefined) places.set(id, place);
  }
  if (places.size === 0) return wanted;
  for (const { id } of graph.nodes) {
    if (places.has(id)) continue;
    let place = wanted.get(id) ?? { x: 0, y: 0 };
    while ([...places.values()].some((other) => overlaps(other, place)))
      place = { ...place, y: place.y + NODE_HEIGHT + GAP };
    places.set(id, place);
  }
  return places;
}
