import { laterOf, matches, startMsOf } from "./matches.ts";
import { namesOf, newestOf } from "./memory-spans.ts";
import type { SpanTables } from "./span-tables.ts";
import type { SpanContent, SpanRecord, SpanRow, SpanStore, TraceHit, TraceQuery } from "./types.ts";

/** Times that the tables can be asked for, Unix milliseconds: 1970 to 2200. */
const LATEST_MS = 7_258_118_400_000;
/** Pairs of service and span name that are listed. */
const MAX_NAMES = 10_000;

interface SpansOptions {
  tables: SpanTables;
  /** Resolves when the spans are durable. */
  write(tenant: string, spans: readonly SpanRecord[], following: number): Promise<void>;
  /** Spans that are durable and that readers do not find in the tables yet. */
  pending(tenant: string): readonly SpanRecord[];
  /** Nothing older is answered. */
  cutoffMs(): number;
}

const byStart = (a: SpanRow, b: SpanRow): number => {
  const difference = BigInt(a.startNs) - BigInt(b.startNs);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};

/** Each span once, by start. */
function unique(rows: readonly SpanRow[]): SpanRow[] {
  const byId = new Map<string, SpanRow>();
  for (const row of rows) {
    const key = row.traceId + row.spanId;
    const known = byId.get(key);
    byId.set(key, known === undefined ? row : laterOf(known, row));
  }
  return [...byId.values()].toSorted(byStart);
}

/** Spans of all tenants: those in the tables, and those that still wait for their insert. */
export class Spans implements SpanStore {
  private readonly options: SpansOptions;
  private readonly listeners = new Set<(tenant: string, spans: readonly SpanRecord[]) => void>();

  constructor(options: SpansOptions) {
    this.options = options;
  }

  async append(tenant: string, spans: readonly SpanRecord[], following = 0): Promise<void> {
    if (spans.length === 0) return;
    await this.options.write(tenant, spans, following);
    for (const listener of this.listeners) listener(tenant, spans);
  }

  trace(tenant: string, traceId: string, limit: number): Promise<SpanRow[]> {
    return this.traces(tenant, [traceId], limit);
  }

  async traces(tenant: string, traceIds: readonly string[], limit: number): Promise<SpanRow[]> {
    // What waits is taken before the tables are read: an insert in between makes doubles, not gaps.
    const wanted = new Set(traceIds);
    const waiting = this.waiting(tenant).filter(({ row }) => wanted.has(row.traceId));
    const stored = await this.options.tables.read(tenant, traceIds, limit);
    const cutoffMs = this.options.cutoffMs();
    return unique([...stored, ...waiting.map(({ row }) => row)])
      .filter((row) => startMsOf(row) >= cutoffMs)
      .slice(0, limit);
  }

  async content(
    tenant: string,
    traceId: string,
  ): Promise<ReadonlyMap<string, readonly SpanContent[]>> {
    const waiting = this.waiting(tenant).filter(
      ({ row, content }) => row.traceId === traceId && content.length > 0,
    );
    const stored = await this.options.tables.readContent(tenant, traceId);
    const found = new Map(stored.map(({ spanId, content }) => [spanId, content]));
    for (const { row, content } of waiting) found.set(row.spanId, content);
    return found;
  }

  async find(tenant: string, query: TraceQuery): Promise<TraceHit[]> {
    const bounded = { ...query, ...this.bounded(query) };
    const waiting = this.waiting(tenant).map(({ row }) => row);
    const stored = await this.options.tables.find(tenant, bounded);
    const hits = new Map(stored.map((hit) => [hit.traceId, hit]));
    for (const hit of newestOf(
      waiting.filter((row) => matches(row, bounded)),
      query.limit,
    )) {
      const known = hits.get(hit.traceId);
      if (known === undefined || known.newestMs < hit.newestMs) hits.set(hit.traceId, hit);
    }
    return [...hits.values()].toSorted((a, b) => b.newestMs - a.newestMs).slice(0, query.limit);
  }

  async names(tenant: string, asked: { startMs: number; endMs: number }) {
    const range = this.bounded(asked);
    const waiting = this.waiting(tenant)
      .map(({ row }) => row)
      .filter((row) => startMsOf(row) >= range.startMs && startMsOf(row) <= range.endMs);
    const stored = await this.options.tables.names(tenant, range, MAX_NAMES);
    return namesOf([...stored, ...waiting]).slice(0, MAX_NAMES);
  }

  onSpans(listener: (tenant: string, spans: readonly SpanRecord[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Nothing that is too old, and nothing that no clock shows. */
  private bounded({ startMs, endMs }: { startMs: number; endMs: number }) {
    const clamp = (ms: number) => Math.min(LATEST_MS, Math.max(0, ms));
    return { startMs: clamp(Math.max(startMs, this.options.cutoffMs())), endMs: clamp(endMs) };
  }

  private waiting(tenant: string): readonly SpanRecord[] {
    return this.options.pending(tenant);
  }
}
