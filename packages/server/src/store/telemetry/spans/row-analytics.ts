import {
  FACETS,
  type Compared,
  type FacetCount,
  type FacetName,
  type Failure,
  type Grid,
  type GridCell,
  type Latency,
  type ModelUsage,
  type Region,
  type SpanAnalytics,
  type ValueCount,
} from "./analytics.ts";
import { groupBy } from "./lean.ts";
import { matches, matchesTrace, startMsOf } from "./matches.ts";
import { plain } from "./span-block.ts";
import type { SpanRow, TraceQuery } from "./types.ts";

const MAX_VALUE_CHARACTERS = 200;

const textOf = (row: SpanRow, facet: FacetName): string =>
  facet === "status" ? String(row.status) : row[facet];

const isRoot = (row: SpanRow): boolean => row.parentSpanId === "" && row.ended;

/** The same counts as in the tables, over rows in memory. */
export class RowAnalytics implements SpanAnalytics {
  private readonly rows: (tenant: string) => readonly SpanRow[];

  constructor(rows: (tenant: string) => readonly SpanRow[]) {
    this.rows = rows;
  }

  private traces(tenant: string, query: TraceQuery): Map<string, SpanRow[]> {
    const traces = new Map<string, SpanRow[]>();
    for (const row of this.rows(tenant)) {
      const startMs = startMsOf(row);
      if (startMs < query.startMs || startMs > query.endMs) continue;
      const trace = traces.get(row.traceId);
      if (trace === undefined) traces.set(row.traceId, [row]);
      else trace.push(row);
    }
    for (const [id, rows] of traces)
      if (!rows.some((row) => matches(row, query)) || !matchesTrace(rows, query)) traces.delete(id);
    return traces;
  }

  private matching(tenant: string, query: TraceQuery): SpanRow[] {
    return [...this.traces(tenant, query).values()]
      .flat()
      .filter((row) => row.ended && matches(row, query));
  }

  async facets(tenant: string, query: TraceQuery, limit: number): Promise<FacetCount[]> {
    const matching = this.matching(tenant, query);
    return FACETS.flatMap((facet) => {
      const byValue = new Map<string, { traces: Set<string>; spans: number }>();
      for (const row of matching) {
        const value = textOf(row, facet);
        if (value === "") continue;
        const known = byValue.get(value) ?? { traces: new Set(), spans: 0 };
        known.traces.add(row.traceId);
        known.spans++;
        byValue.set(value, known);
      }
      return [...byValue]
        .map(([value, { traces, spans }]) => ({ facet, value, traces: traces.size, spans }))
        .toSorted((a, b) => b.spans - a.spans || (a.value < b.value ? -1 : 1))
        .slice(0, limit);
    });
  }

  async grid(tenant: string, query: TraceQuery, grid: Grid): Promise<GridCell[]> {
    const cells = new Map<string, GridCell>();
    for (const row of [...this.traces(tenant, query).values()].flat().filter(isRoot)) {
      const column = Math.floor((startMsOf(row) - grid.startMs) / grid.stepMs);
      if (column < 0 || column >= grid.columns) continue;
      const line = Math.floor(Math.log10(Math.max(row.durationNs, 1)) * grid.rowsPerDecade);
      const key = `${column} ${line}`;
      const cell = cells.get(key) ?? { column, row: line, traces: 0, errors: 0 };
      cell.traces++;
      if (row.status === 2) cell.errors++;
      cells.set(key, cell);
    }
    return [...cells.values()].toSorted((a, b) => a.column - b.column || a.row - b.row);
  }

  async compare(
    tenant: string,
    query: TraceQuery,
    region: Region,
    limit: number,
  ): Promise<Compared> {
    const sides: { inside: SpanRow[][]; outside: SpanRow[][] } = { inside: [], outside: [] };
    for (const trace of [...this.traces(tenant, query).values()].reverse()) {
      const root = trace.find(isRoot);
      if (root === undefined) continue;
      const side = liesIn(root, region) ? sides.inside : sides.outside;
      if (side.length < limit) side.push(trace);
    }
    const counts = new Map<string, ValueCount>();
    for (const [name, traces] of Object.entries(sides) as ["inside" | "outside", SpanRow[][]][])
      for (const trace of traces)
        for (const [key, count] of valuesOf(trace)) {
          const known = counts.get(key) ?? count;
          known[name]++;
          counts.set(key, known);
        }
    return {
      inside: sides.inside.length,
      outside: sides.outside.length,
      values: [...counts.values()].filter(({ inside }) => inside >= 2),
    };
  }

  async failures(tenant: string, query: TraceQuery, limit: number): Promise<Failure[]> {
    return this.matching(tenant, query)
      .filter(({ status }) => status === 2)
      .toSorted((a, b) => Number(BigInt(b.startNs) - BigInt(a.startNs)))
      .slice(0, limit)
      .map(plain);
  }

  async latencies(
    tenant: string,
    query: TraceQuery,
    by: Exclude<FacetName, "status">,
    quantiles: readonly number[],
  ): Promise<Latency[]> {
    const byValue = groupBy(this.matching(tenant, query), (row) => row[by]);
    return [...byValue]
      .map(([value, rows]) => {
        const durations = rows.map(({ durationNs }) => durationNs).toSorted((a, b) => a - b);
        const at = (q: number) =>
          durations[Math.min(durations.length - 1, Math.floor(q * durations.length))] ?? 0;
        return { value, spans: rows.length, durationsNs: quantiles.map(at) };
      })
      .toSorted((a, b) => b.spans - a.spans)
      .slice(0, query.limit);
  }

  async usage(tenant: string, range: { startMs: number; endMs: number }): Promise<ModelUsage[]> {
    const found = new Map<string, ModelUsage>();
    for (const row of this.matching(tenant, { ...range, limit: 0 })) {
      const isCall = row.operation === "chat" || row.operation === "embeddings";
      if (!isCall || row.inputTokens + row.outputTokens === 0) continue;
      const { provider, model, costSource } = row;
      const key = JSON.stringify([provider, model, costSource]);
      const none = { calls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0, lastMs: 0 };
      const usage = found.get(key) ?? { provider, model, costSource, ...none };
      usage.calls++;
      usage.inputTokens += row.inputTokens;
      usage.outputTokens += row.outputTokens;
      usage.costUsd += row.costUsd;
      usage.lastMs = Math.max(usage.lastMs, startMsOf(row));
      found.set(key, usage);
    }
    return [...found.values()];
  }
}

const liesIn = (row: SpanRow, region: Region): boolean => {
  const startMs = startMsOf(row);
  return (
    startMs >= region.startMs &&
    startMs <= region.endMs &&
    row.durationNs >= region.minDurationNs &&
    row.durationNs <= region.maxDurationNs
  );
};

/** Each value of a trace once. */
function valuesOf(trace: readonly SpanRow[]): Map<string, ValueCount> {
  const values = new Map<string, ValueCount>();
  const add = (kind: ValueCount["kind"], name: string, value: string) => {
    if (value !== "" && value.length <= MAX_VALUE_CHARACTERS)
      values.set(JSON.stringify([kind, name, value]), { kind, name, value, inside: 0, outside: 0 });
  };
  for (const row of trace) {
    for (const facet of FACETS) add("facet", facet, textOf(row, facet));
    for (const map of [row.attributes, row.resource, row.numbers])
      for (const [name, value] of Object.entries(map)) add("attribute", name, String(value));
  }
  return values;
}
