/** One agent cannot go on before another one has. */
export interface WaitEdge {
  from: string;
  to: string;
  /** Says so itself, or has an open span below its own. */
  kind: "wait" | "delegation";
  sinceMs: number;
  traceId: string;
  spanId: string;
}

/** Waits of one scope from which circles are looked for. */
const MAX_WAITS = 500;

/** The shortest way from one agent to another; empty when there is none. */
function wayBetween(
  start: string,
  goal: string,
  edgesOf: ReadonlyMap<string, readonly WaitEdge[]>,
): WaitEdge[] {
  const cameBy = new Map<string, WaitEdge | undefined>([[start, undefined]]);
  const queue = [start];
  for (const agent of queue) {
    for (const edge of edgesOf.get(agent) ?? []) {
      if (cameBy.has(edge.to)) continue;
      cameBy.set(edge.to, edge);
      if (edge.to === goal) {
        const way: WaitEdge[] = [];
        for (let at = cameBy.get(goal); at !== undefined; at = cameBy.get(at.from)) way.unshift(at);
        return way;
      }
      queue.push(edge.to);
    }
  }
  return [];
}

/**
 * Circles of agents that wait for one another, of any length, each once by its members. A circle has a wait in it: calls
 * within calls alone are a stack, which comes to its end.
 */
export function waitCycles(edges: readonly WaitEdge[]): WaitEdge[][] {
  const edgesOf = new Map<string, WaitEdge[]>();
  for (const edge of edges) {
    const known = edgesOf.get(edge.from);
    if (known === undefined) edgesOf.set(edge.from, [edge]);
    else known.push(edge);
  }
  const cycles = new Map<string, WaitEdge[]>();
  const waits = edges.filter(({ kind }) => kind === "wait").slice(0, MAX_WAITS);
  for (const wait of waits) {
    const way = wait.from === wait.to ? [] : wayBetween(wait.to, wait.from, edgesOf);
    if (way.length === 0 && wait.from !== wait.to) continue;
    const cycle = [wait, ...way];
    const key = JSON.stringify(cycle.map(({ from }) => from).toSorted());
    if (!cycles.has(key)) cycles.set(key, cycle);
  }
  return [...cycles.values()];
}
