import { matches, startMsOf } from "./matches.ts";
import type { SpanTables, StoredContent } from "./span-tables.ts";
import type { SpanRecord, SpanRow, TraceHit, TraceQuery } from "./types.ts";

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

/** Spans in a plain array, for tests and short-lived servers. */
export class MemorySpans implements SpanTables {
  private kept: Kept[] = [];
  private readonly tokens = new Set<string>();

  async insert(tenant: string, spans: readonly SpanRecord[], token: string): Promise<void> {
    if (this.tokens.has(token)) return;
    this.tokens.add(token);
    for (const span of spans) this.kept.push({ tenant, ...span });
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

  async readContent(tenant: string, traceId: string): Promise<StoredContent[]> {
    return this.of(tenant)
      .filter(({ row, content }) => row.traceId === traceId && content.length > 0)
      .map(({ row, content }) => ({ spanId: row.spanId, content }));
  }

  async find(tenant: string, query: TraceQuery): Promise<TraceHit[]> {
    const rows = this.of(tenant).map(({ row }) => row);
    return newestOf(
      rows.filter((row) => matches(row, query)),
      query.limit,
    );
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

  deleteBefore(cutoffMs: number): void {
    this.kept = this.kept.filter(({ row }) => startMsOf(row) >= cutoffMs);
  }
}
