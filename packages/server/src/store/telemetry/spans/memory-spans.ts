import type { SpanColumns } from "@fleetlight/contract";

import { byPlace, groupBy, holdsAll, leanOf, unique } from "./lean.ts";
import { matches, matchesTrace, startMsOf } from "./matches.ts";
import { tracesSaying, type SaidRow } from "./said.ts";
import type { SpanBlock } from "./span-block.ts";
import { RowAnalytics } from "./row-analytics.ts";
import type { SpanTables, StoredContent } from "./span-tables.ts";
import { columnsOf } from "./trace-columns.ts";
import type { LeanRow, SpanCursor, SpanRecord, SpanRow, TraceHit, TraceQuery } from "./types.ts";

interface Kept extends SpanRecord {
  tenant: string;
}

/** The newest span of each trace, the newest trace first. */
export function newestOf(rows: Iterable<SpanRow>, limit: number): TraceHit[] {
  const newest = new Map<string, number>();
  for (const row of rows)
    newest.set(row.traceId, Math.max(newest.get(row.traceId) ?? 0, startMsOf(row)));
  return [...newest]
    .map(([traceId, newestMs]) => ({ traceId, newestMs }))
    .toSorted((a, b) => b.newestMs - a.newestMs)
    .slice(0, limit);
}

/** Each service, name and kind once. */
export function namesOf(
  rows: readonly { service: string; name: string; kind: number }[],
): { service: string; name: string; kind: number }[] {
  const byKey = new Map(
    rows.map(({ service, name, kind }) => [
      JSON.stringify([service, name, kind]),
      { service, name, kind },
    ]),
  );
  return [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** What a trace is ordered by besides its time. */
function weightOf(
  rows: readonly SpanRow[],
  order: NonNullable<TraceQuery["trace"]>["order"],
): number {
  if (order === undefined) return 0;
  if (order === "costliest") return rows.reduce((sum, { costUsd }) => sum + costUsd, 0);
  const ends = rows.map((row) => startMsOf(row) + row.durationNs / 1e6);
  return Math.max(...ends) - Math.min(...rows.map(startMsOf));
}

/** Spans in a plain array, for tests and short-lived servers. */
export class MemorySpans implements SpanTables {
  private kept: Kept[] = [];
  private readonly tokens = new Set<string>();
  private readonly said: (tenant: string) => Iterable<SaidRow>;

  /** @param said what log lines said of spans */
  constructor(said: (tenant: string) => Iterable<SaidRow>) {
    this.said = said;
  }

  async insert(tenant: string, blocks: readonly SpanBlock[], token: string): Promise<void> {
    if (this.tokens.has(token)) return;
    this.tokens.add(token);
    for (const block of blocks)
      for (const span of block.records()) this.kept.push({ tenant, ...span });
  }

  readonly analytics = new RowAnalytics((tenant) => this.of(tenant).map(({ row }) => row));

  async readSpan(tenant: string, traceId: string, spanId: string): Promise<SpanRow[]> {
    return this.of(tenant)
      .map(({ row }) => row)
      .filter((row) => row.traceId === traceId && row.spanId === spanId);
  }

  async lean(
    tenant: string,
    traceId: string,
    after: SpanCursor | undefined,
    limit: number,
  ): Promise<LeanRow[]> {
    return unique(await this.leanOf(tenant, [traceId], Infinity, Infinity))
      .filter((row) => after === undefined || byPlace(row, after) > 0)
      .slice(0, limit);
  }

  async columns(
    tenant: string,
    traceId: string,
    after: SpanCursor | undefined,
    limit: number,
  ): Promise<SpanColumns> {
    return columnsOf(await this.lean(tenant, traceId, after, limit));
  }

  async leanOf(
    tenant: string,
    traceIds: readonly string[],
    limit: number,
    perTrace: number,
  ): Promise<LeanRow[]> {
    const rows = await this.read(tenant, traceIds, Infinity);
    return [...groupBy(rows, ({ traceId }) => traceId).values()]
      .flatMap((trace) => trace.slice(0, perTrace))
      .slice(0, limit)
      .map(leanOf);
  }

  async searchText(
    tenant: string,
    words: readonly string[],
    range: { startMs: number; endMs: number },
    limit: number,
  ): Promise<string[]> {
    const rows = this.of(tenant)
      .filter(({ content }) => holdsAll(content, words))
      .map(({ row }) => row)
      .filter((row) => startMsOf(row) >= range.startMs && startMsOf(row) <= range.endMs);
    const found = newestOf(rows, limit).map(({ traceId }) => traceId);
    return [...found, ...tracesSaying([...this.said(tenant)], words, range)].slice(0, limit);
  }

  private of(tenant: string): Kept[] {
    return this.kept.filter((one) => one.tenant === tenant);
  }

  async read(tenant: string, traceIds: readonly string[], limit: number): Promise<SpanRow[]> {
    return this.of(tenant)
      .filter(({ row }) => traceIds.includes(row.traceId))
      .slice(0, limit)
      .map(({ row }) => row);
  }

  async readContent(
    tenant: string,
    traceId: string,
    spanId: string | undefined,
  ): Promise<StoredContent[]> {
    const own = this.of(tenant)
      .filter(({ row, content }) => row.traceId === traceId && content.length > 0)
      .map(({ row, content }) => ({ spanId: row.spanId, content, seq: 0, timeNs: row.startNs }));
    const said = [...this.said(tenant)].filter((row) => row.traceId === traceId);
    return [...own, ...said].filter((one) => spanId === undefined || one.spanId === spanId);
  }

  async find(tenant: string, query: TraceQuery): Promise<TraceHit[]> {
    const traces = groupBy(
      this.of(tenant).map(({ row }) => row),
      ({ traceId }) => traceId,
    );
    const order = query.trace?.order;
    const hits = [...traces].flatMap(([traceId, rows]) => {
      const found = rows.filter((row) => matches(row, query));
      if (found.length === 0 || !matchesTrace(rows, query)) return [];
      return {
        traceId,
        newestMs: Math.max(...found.map(startMsOf)),
        weight: weightOf(rows, order),
      };
    });
    return hits
      .toSorted((a, b) => b.weight - a.weight || b.newestMs - a.newestMs)
      .slice(0, query.limit)
      .map(({ traceId, newestMs }) => ({ traceId, newestMs }));
  }

  async names(
    tenant: string,
    { startMs, endMs }: { startMs: number; endMs: number },
    limit: number,
  ) {
    const rows = this.of(tenant)
      .map(({ row }) => row)
      .filter((row) => startMsOf(row) >= startMs && startMsOf(row) <= endMs);
    return namesOf(rows).slice(0, limit);
  }

  deleteContentsBefore(cutoffMs: number): void {
    this.kept = this.kept.map((one) =>
      startMsOf(one.row) >= cutoffMs ? one : { ...one, content: [] },
    );
  }

  deleteBefore(cutoffMs: number): void {
    this.kept = this.kept.filter(({ row }) => startMsOf(row) >= cutoffMs);
  }
}
