import type { SpanColumns } from "@fleetlight/contract";

import type { SpanAnalytics } from "./analytics.ts";
import { byPlace, holdsAll, leanOf, unique } from "./lean.ts";
import { matches, startMsOf } from "./matches.ts";
import { namesOf, newestOf } from "./memory-spans.ts";
import { MergedAnalytics } from "./merged-analytics.ts";
import { tracesSaying, withSaid, type SaidRow } from "./said.ts";
import { RowAnalytics } from "./row-analytics.ts";
import { plain, type SpanBlock } from "./span-block.ts";
import type { SpanTables } from "./span-tables.ts";
import { mergeColumns } from "./trace-columns.ts";
import { waitingColumns } from "./waiting-columns.ts";
import type {
  LeanRow,
  ListedRow,
  SpanContent,
  SpanCursor,
  SpanListener,
  SpanRecord,
  SpanRow,
  SpanStore,
  TraceHit,
  TraceQuery,
} from "./types.ts";

/** Times that the tables can be asked for, Unix milliseconds: 1970 to 2200. */
const LATEST_MS = 7_258_118_400_000;
/** Pairs of service and span name that are listed. */
const MAX_NAMES = 10_000;
/** Traces of which a part waits that are handed on unsorted. */
const MAX_WAITING_HITS = 500;
/** How far back texts are searched at first; each further look goes twice as far. */
const FIRST_LOOK_MS = 3_600_000;

interface SpansOptions {
  tables: SpanTables;
  /** Resolves when the spans are durable; `begun` runs once they are on their way into the log and cannot be refused any more. */
  write(
    tenant: string,
    spans: readonly SpanRecord[],
    following: number,
    begun: (block?: SpanBlock) => void,
  ): Promise<void>;
  /** Spans that are durable and that readers do not find in the tables yet. */
  pending(tenant: string): { blocks: readonly SpanBlock[]; records: readonly SpanRecord[] };
  /** What log lines said that readers do not find in the tables yet. */
  pendingSaid(tenant: string): readonly SaidRow[];
  /** Nothing older is answered. */
  cutoffMs(): number;
  /** The same for contents. */
  contentCutoffMs(): number;
}

/** Spans of all tenants: those in the tables, and those that still wait for their insert. */
export class Spans implements SpanStore {
  private readonly options: SpansOptions;
  private readonly listeners = new Set<SpanListener>();

  readonly analytics: SpanAnalytics;

  constructor(options: SpansOptions) {
    this.options = options;
    const waiting = new RowAnalytics((tenant) => [...this.waiting(tenant)]);
    this.analytics = new MergedAnalytics(options.tables.analytics, waiting, (query) => ({
      ...query,
      ...this.bounded(query),
    }));
  }

  append(tenant: string, spans: readonly SpanRecord[], following = 0): Promise<void> {
    if (spans.length === 0) return Promise.resolve();
    // While the log is written: the spans are garbage before the disk has answered, and so never grow old in the heap.
    let untold: readonly SpanRecord[] = spans;
    return this.options.write(tenant, spans, following, (block) => {
      for (const listener of this.listeners) listener(tenant, untold, block);
      untold = [];
    });
  }

  trace(tenant: string, traceId: string, limit: number): Promise<SpanRow[]> {
    return this.traces(tenant, [traceId], limit);
  }

  async traces(tenant: string, traceIds: readonly string[], limit: number): Promise<SpanRow[]> {
    // What waits is taken before the tables are read: an insert in between makes doubles, not gaps.
    const wanted = new Set(traceIds);
    const waiting = this.waitingOf(tenant, (row) => wanted.has(row.traceId));
    const stored = await this.options.tables.read(tenant, traceIds, limit);
    return this.fresh([...stored, ...waiting]).slice(0, limit);
  }

  async lean(
    tenant: string,
    traceId: string,
    after: SpanCursor | undefined,
    limit: number,
  ): Promise<LeanRow[]> {
    const waiting = this.waitingOf(tenant, (row) => row.traceId === traceId)
      .map(leanOf)
      .filter((row) => after === undefined || byPlace(row, after) > 0);
    const stored = await this.options.tables.lean(tenant, traceId, after, limit);
    return this.fresh([...stored, ...waiting]).slice(0, limit);
  }

  async columns(
    tenant: string,
    traceId: string,
    after: SpanCursor | undefined,
    limit: number,
  ): Promise<SpanColumns> {
    const oldestMs = Math.max(0, Math.trunc(this.options.cutoffMs()));
    const behind = after ?? { startNs: `${oldestMs}000000`, spanId: "" };
    const waiting = await waitingColumns(() => this.options.pending(tenant), traceId);
    const stored = await this.options.tables.columns(tenant, traceId, behind, limit);
    return mergeColumns(stored, waiting, { after: behind, limit });
  }

  async leanOf(
    tenant: string,
    traceIds: readonly string[],
    limit: number,
    perTrace = limit,
  ): Promise<ListedRow[]> {
    const room = new Map(traceIds.map((id) => [id, perTrace]));
    const isWanted = ({ traceId }: SpanRow): boolean => {
      const left = room.get(traceId) ?? 0;
      if (left > 0) room.set(traceId, left - 1);
      return left > 0;
    };
    const waiting = this.waitingOf(tenant, isWanted).map(leanOf);
    const stored = await this.options.tables.leanOf(tenant, traceIds, limit, perTrace);
    return this.fresh([...stored, ...waiting]).slice(0, limit);
  }

  async span(tenant: string, traceId: string, spanId: string): Promise<SpanRow | undefined> {
    const waiting = this.waitingOf(
      tenant,
      (row) => row.traceId === traceId && row.spanId === spanId,
    );
    const stored = await this.options.tables.readSpan(tenant, traceId, spanId);
    return this.fresh([...stored, ...waiting])[0];
  }

  async searchText(
    tenant: string,
    words: readonly string[],
    asked: { startMs: number; endMs: number },
    limit: number,
    deadlineMs: number,
  ): Promise<{ traceIds: string[]; searchedFromMs: number }> {
    const { startMs: boundedMs, endMs } = this.bounded(asked);
    const startMs = Math.max(boundedMs, this.options.contentCutoffMs());
    const said = this.options.pendingSaid(tenant);
    const found = new Set(tracesSaying(said, words, { startMs, endMs }));
    for (const { row, content } of this.waitingContents(tenant))
      if (matches(row, { startMs, endMs, limit }) && holdsAll(content, words))
        found.add(row.traceId);
    let untilMs = endMs;
    for (let step = FIRST_LOOK_MS; untilMs > startMs; step *= 2) {
      if (found.size >= limit || performance.now() > deadlineMs) break;
      const fromMs = Math.max(startMs, untilMs - step);
      const range = { startMs: fromMs, endMs: untilMs };
      for (const id of await this.options.tables.searchText(tenant, words, range, limit))
        found.add(id);
      untilMs = fromMs;
    }
    return { traceIds: [...found].slice(0, limit), searchedFromMs: untilMs };
  }

  async content(
    tenant: string,
    traceId: string,
    spanId?: string,
  ): Promise<ReadonlyMap<string, readonly SpanContent[]>> {
    const oldestMs = this.options.contentCutoffMs();
    const isKept = (ns: string) => startMsOf({ startNs: ns }) >= oldestMs;
    const isMeant = (row: { traceId: string; spanId: string }) =>
      row.traceId === traceId && (spanId ?? row.spanId) === row.spanId;
    const waiting = new Map<string, readonly SpanContent[]>();
    for (const { row, content } of this.waitingContents(tenant))
      if (isMeant(row) && isKept(row.startNs)) waiting.set(row.spanId, content);
    const said = this.options
      .pendingSaid(tenant)
      .filter((row) => isMeant(row) && isKept(row.timeNs));
    const all = await this.options.tables.readContent(tenant, traceId, spanId);
    const stored = all.filter(({ timeNs }) => isKept(timeNs));
    const own = stored.filter(({ seq }) => seq === 0);
    const found = new Map(own.map(({ spanId: id, content }) => [id, content]));
    const inLines = [...stored.filter(({ seq }) => seq > 0), ...said];
    return withSaid(new Map([...found, ...waiting]), inLines);
  }

  async find(tenant: string, query: TraceQuery): Promise<TraceHit[]> {
    const bounded = { ...query, ...this.bounded(query) };
    const waiting = newestOf(
      [...this.waiting(tenant)].filter((row) => matches(row, bounded)),
      query.trace === undefined ? query.limit : MAX_WAITING_HITS,
    );
    const stored = await this.options.tables.find(tenant, bounded);
    const hits = new Map(stored.map((hit) => [hit.traceId, hit]));
    for (const hit of waiting) {
      const known = hits.get(hit.traceId);
      if (known === undefined || known.newestMs < hit.newestMs) hits.set(hit.traceId, hit);
    }
    // A trace of which a part waits has no order by its sums yet: it comes besides the others.
    if (query.trace !== undefined) return [...hits.values()];
    return [...hits.values()].toSorted((a, b) => b.newestMs - a.newestMs).slice(0, query.limit);
  }

  async names(tenant: string, asked: { startMs: number; endMs: number }) {
    const range = this.bounded(asked);
    const waiting = namesOf(
      [...this.waiting(tenant)].filter(
        (row) => startMsOf(row) >= range.startMs && startMsOf(row) <= range.endMs,
      ),
    );
    const stored = await this.options.tables.names(tenant, range, MAX_NAMES);
    return namesOf([...stored, ...waiting]).slice(0, MAX_NAMES);
  }

  onSpans(listener: SpanListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Each span once and by start, without those that are too old. */
  private fresh<T extends ListedRow>(rows: readonly T[]): T[] {
    const cutoffMs = this.options.cutoffMs();
    return unique(rows).filter((row) => startMsOf(row) >= cutoffMs);
  }

  /** Nothing that is too old, and nothing that no clock shows. */
  private bounded({ startMs, endMs }: { startMs: number; endMs: number }) {
    const clamp = (ms: number) => Math.min(LATEST_MS, Math.max(0, ms));
    return { startMs: clamp(Math.max(startMs, this.options.cutoffMs())), endMs: clamp(endMs) };
  }

  /** What waits, read where it lies: what outlives this turn MUST be made plain. */
  private *waiting(tenant: string): Generator<SpanRow> {
    const { blocks, records } = this.options.pending(tenant);
    for (const block of blocks) yield* block.rows();
    for (const { row } of records) yield row;
  }

  private waitingOf(tenant: string, isWanted: (row: SpanRow) => boolean): SpanRow[] {
    const found: SpanRow[] = [];
    for (const row of this.waiting(tenant)) if (isWanted(row)) found.push(plain(row));
    return found;
  }

  /** Those of what waits that have contents. */
  private *waitingContents(
    tenant: string,
  ): Generator<{ row: SpanRow; content: readonly SpanContent[] }> {
    const { blocks, records } = this.options.pending(tenant);
    for (const block of blocks) {
      if (!block.has("content")) continue;
      let index = 0;
      for (const row of block.rows()) {
        const content = block.content(index++);
        if (content.length > 0) yield { row, content };
      }
    }
    for (const record of records) if (record.content.length > 0) yield record;
  }
}
