import type { TraceDifferences, TraceFacets, TraceHeatmap } from "@fleetlight/contract";

import { isoTime } from "#lib";
import type { SpanStore, TraceQuery, ValueCount } from "#store";

const ROWS_PER_DECADE = 4;
const MAX_VALUES = 50;
/** Traces of each side that are compared. */
const MAX_COMPARED = 2000;
const MAX_DIFFERENCES = 100;

/** Names of facets on the wire. */
const WIRE = { errorType: "error_type" } as const;
const STATUSES = ["unset", "ok", "error"];
const nameOf = (facet: string): string => WIRE[facet as keyof typeof WIRE] ?? facet;
const valueOf = (facet: string, value: string): string =>
  facet === "status" ? (STATUSES[Number(value)] ?? value) : value;

export async function facetsOf(
  spans: SpanStore,
  tenant: string,
  query: TraceQuery,
): Promise<TraceFacets> {
  const counts = await spans.analytics.facets(tenant, query, MAX_VALUES + 1);
  const byName = new Map<string, TraceFacets["facets"][number]>();
  for (const { facet, value, traces, spans: count } of counts) {
    const name = nameOf(facet) as TraceFacets["facets"][number]["name"];
    const one = byName.get(name) ?? { name, values: [], truncated: false };
    byName.set(name, one);
    if (one.values.length >= MAX_VALUES) one.truncated = true;
    else one.values.push({ value: valueOf(facet, value), traces, spans: count });
  }
  return { facets: [...byName.values()] };
}

/** Where row `index` of the grid begins, in seconds: rows are counted from one nanosecond. */
const boundOf = (index: number): number => 10 ** (index / ROWS_PER_DECADE) / 1e9;

export async function heatmapOf(
  spans: SpanStore,
  tenant: string,
  query: TraceQuery,
  columns: number,
): Promise<TraceHeatmap> {
  const stepMs = Math.max(1, Math.ceil((query.endMs - query.startMs) / columns));
  const grid = { startMs: query.startMs, stepMs, columns, rowsPerDecade: ROWS_PER_DECADE };
  const cells = await spans.analytics.grid(tenant, query, grid);
  const [low, high] = cells.reduce(
    ([least, most], { row }) => [Math.min(least, row), Math.max(most, row)],
    [Infinity, -Infinity],
  );
  const rows = cells.length === 0 ? 0 : high - low + 1;
  const sum = (of: "traces" | "errors") => cells.reduce((total, cell) => total + cell[of], 0);
  return {
    start: isoTime(query.startMs),
    end: isoTime(query.endMs),
    step_seconds: stepMs / 1000,
    columns,
    duration_bounds: Array.from({ length: rows === 0 ? 0 : rows + 1 }, (_, i) => boundOf(low + i)),
    cells: cells.map((cell) => ({ ...cell, row: cell.row - low })),
    traces: sum("traces"),
    errors: sum("errors"),
  };
}

/** `observed * ln(observed / expected)`, which is 0 for nothing. */
const term = (observed: number, expected: number): number =>
  observed <= 0 || expected <= 0 ? 0 : observed * Math.log(observed / expected);

/**
 * The G statistic of a table of two by two: with the value and without, inside and outside. It is twice the logarithm of
 * the ratio of likelihoods, and follows chi-squared with one degree of freedom when the value has nothing to do with it.
 */
export function gStatistic(
  { inside, outside }: Pick<ValueCount, "inside" | "outside">,
  totals: { inside: number; outside: number },
): number {
  const all = totals.inside + totals.outside;
  const having = inside + outside;
  const lacking = all - having;
  return (
    2 *
    (term(inside, (having * totals.inside) / all) +
      term(outside, (having * totals.outside) / all) +
      term(totals.inside - inside, (lacking * totals.inside) / all) +
      term(totals.outside - outside, (lacking * totals.outside) / all))
  );
}

/** A part of the heat map. */
export interface BrushedRegion {
  startMs: number;
  endMs: number;
  minDurationNs: number;
  maxDurationNs: number;
}

/** What is found more often among runs of a region than among the others that match. */
export async function differencesOf(
  spans: SpanStore,
  tenant: string,
  query: TraceQuery,
  region: BrushedRegion,
): Promise<TraceDifferences> {
  const compared = await spans.analytics.compare(tenant, query, region, MAX_COMPARED);
  const { inside: insides, outside: outsides } = compared;
  const differences = compared.values
    .map(({ kind, name, value, inside, outside }) => ({
      name: kind === "facet" ? nameOf(name) : name,
      value: kind === "facet" ? valueOf(name, value) : value,
      kind,
      inside,
      outside,
      inside_share: Math.min(1, inside / Math.max(1, insides)),
      outside_share: Math.min(1, outside / Math.max(1, outsides)),
      score: gStatistic({ inside, outside }, { inside: insides, outside: outsides }),
    }))
    .filter(({ inside_share, outside_share }) => inside_share > outside_share)
    .toSorted((a, b) => b.score - a.score)
    .slice(0, MAX_DIFFERENCES);
  return {
    differences,
    inside: insides,
    outside: outsides,
    sampled: insides >= MAX_COMPARED || outsides >= MAX_COMPARED,
  };
}
