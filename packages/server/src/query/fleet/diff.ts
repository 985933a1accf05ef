import type { FleetChange, FleetEdge, FleetGraph, FleetNode } from "@fleetlight/contract";

/** Calls in each range below which times and errors are not compared: few calls differ by chance. */
const MIN_CALLS = 5;
/** Factor between the p95 of both ranges from which on it is told of; buckets alone make 1.19. */
const TIMES = 1.5;
/** Points between the shares of errors of both ranges. */
const POINTS = 0.05;
const MAX_CHANGES = 500;

type Thing = FleetNode | FleetEdge;

interface Weighed extends FleetChange {
  weight: number;
}

function compared(what: FleetChange["what"], before: Thing, after: Thing): Weighed[] {
  if (before.calls < MIN_CALLS || after.calls < MIN_CALLS) return [];
  const found: Weighed[] = [];
  const { id } = after;
  const points = after.error_share - before.error_share;
  if (Math.abs(points) >= POINTS)
    found.push({
      id,
      what,
      before: before.error_share,
      after: after.error_share,
      change: points > 0 ? "failing" : "recovered",
      weight: Math.abs(points) * 100,
    });
  const [from, to] = [before.p95_seconds ?? 0, after.p95_seconds ?? 0];
  if (from > 0 && to > 0 && (to / from >= TIMES || from / to >= TIMES))
    found.push({
      id,
      what,
      before: from,
      after: to,
      change: to > from ? "slower" : "faster",
      weight: Math.abs(Math.log2(to / from)) * 10,
    });
  return found;
}

function changesOf(
  what: FleetChange["what"],
  before: readonly Thing[],
  after: readonly Thing[],
): Weighed[] {
  const known = new Map(before.map((one) => [one.id, one]));
  const found: Weighed[] = [];
  for (const one of after) {
    const earlier = known.get(one.id);
    known.delete(one.id);
    if (earlier !== undefined) found.push(...compared(what, earlier, one));
    else
      found.push({
        id: one.id,
        what,
        before: 0,
        after: one.calls_per_second,
        change: "appeared",
        weight: 50,
      });
  }
  for (const one of known.values())
    found.push({
      id: one.id,
      what,
      before: one.calls_per_second,
      after: 0,
      change: "vanished",
      weight: 60,
    });
  return found;
}

/** What appeared, vanished, got slower or failed more between two ranges, and the opposite; the weightiest first. */
export function diffOf(before: FleetGraph, after: FleetGraph): FleetChange[] {
  const all = [
    ...changesOf("node", before.nodes, after.nodes),
    ...changesOf("edge", before.edges, after.edges),
  ];
  return all
    .toSorted((a, b) => b.weight - a.weight || (a.id < b.id ? -1 : 1))
    .slice(0, MAX_CHANGES)
    .map(({ weight: _weight, ...change }) => change);
}
