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

/** Nodes one above the other; more of one rank get a column of their own beside it. */
const MAX_ROWS = 9;
const COLUMN = NODE_WIDTH + 36;

/** Breaks ranks that are too high to be read at once into columns, and moves what is behind them. */
function folded(places: ReadonlyMap<string, Place>): Map<string, Place> {
  const ranks = new Map<number, [string, Place][]>();
  for (const [id, place] of places) {
    const rank = ranks.get(place.x);
    if (rank === undefined) ranks.set(place.x, [[id, place]]);
    else rank.push([id, place]);
  }
  if ([...ranks.values()].every(({ length }) => length <= MAX_ROWS)) return new Map(places);
  const result = new Map<string, Place>();
  let shift = 0;
  for (const [, rank] of [...ranks].toSorted(([a], [b]) => a - b)) {
    const columns = Math.ceil(rank.length / MAX_ROWS);
    const rows = Math.ceil(rank.length / columns);
    for (const [i, [id, { x }]] of rank.toSorted(([, a], [, b]) => a.y - b.y).entries()) {
      const row = Math.floor(i / columns) + (MAX_ROWS - rows) / 2;
      const y = Math.round(row * (NODE_HEIGHT + GAP));
      result.set(id, { x: x + shift + (i % columns) * COLUMN, y });
    }
    shift += (columns - 1) * COLUMN;
  }
  return result;
}

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
  return folded(
    new Map(
      nodes.map(({ id }) => {
        const { x, y } = graph.node(id) as Place;
        return [id, { x: Math.round(x - NODE_WIDTH / 2), y: Math.round(y - NODE_HEIGHT / 2) }];
      }),
    ),
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
