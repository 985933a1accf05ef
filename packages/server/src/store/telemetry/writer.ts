import { describeError, overloaded } from "#lib";

import { RecordPool } from "./record-pool.ts";
import type { EdgeRow } from "./edges/index.ts";
import type { LogRow } from "./logs/index.ts";
import type { SpanBlock } from "./spans/index.ts";
import type { HistogramRow, SampleColumns, Tables } from "./tables.ts";
import type { EventRecord } from "./types.ts";
import { sealRecord, type Batch } from "./wal-records.ts";
import type { Segment, WriteAheadLog } from "./wal.ts";

/** Longest pause between two tries to insert while the store fails. */
const MAX_RETRY_MS = 10_000;
/**
 * Rows per INSERT: bounds the memory of one insert when much has piled up (the engine takes some 200 bytes per row meanwhile).
 */
const MAX_INSERT_ROWS = 350_000;
/** Spans or log lines per INSERT; each span is some forty columns. */
const MAX_INSERT_SPANS = 30_000;
const MAX_INSERT_TEXT_BYTES = 64 << 20;
/** A span or a log line weighs as much as so many samples, in memory and for the engine: this many fewer wait. */
export const ROWS_PER_RECORD = 10;
/** Memory of inserted records that waits for the next ones. */
const MAX_POOL_BYTES = 16 << 20;

interface WriterOptions {
  tables: Tables;
  /** Absent when nothing has to outlive the process. */
  wal: WriteAheadLog | undefined;
  flushIntervalMs: number;
  flushRows: number;
  maxPendingRows: number;
  onError(message: string): void;
  /** Called before samples go into the tables. */
  beforeSamples?: (tenant: string, parts: readonly SampleColumns[]) => Promise<void>;
}

interface WriteOptions {
  /** Rows that come in further batches of the same request: what does not fit as a whole is refused at its beginning. */
  following?: number;
  /** Runs once the batch is on its way into the log. */
  begun?: (() => void) | undefined;
}

const rowsOf = (batch: Batch): number =>
  batch.series.length +
  batch.metadata.length +
  batch.events.length +
  ROWS_PER_RECORD * (batch.spans?.count ?? 0) +
  ROWS_PER_RECORD * batch.logs.length +
  batch.edges.length +
  batch.exemplars.length +
  batch.histograms.length +
  (batch.samples?.ids.length ?? 0);

/** What one segment of the log will insert. */
class Load {
  readonly batches: Batch[] = [];
  /** Samples that readers do not find in the head, although they are older than what it has. */
  readonly late: { tenant: string; samples: SampleColumns }[] = [];
  rows = 0;

  add(batch: Batch): void {
    this.batches.push(batch);
    this.rows += rowsOf(batch);
  }
}

/**
 * Takes batches, makes them durable in the log, and inserts them into the tables in large pieces: when enough rows wait
 * or the oldest has waited long enough. One load is inserted at a time, in order. A load that fails is tried again
 * for as long as it takes; meanwhile new batches are taken until `maxPendingRows` wait, then refused.
 */
export class BatchWriter {
  private readonly options: WriterOptions;
  /** Loads by the segment that holds their records; the last one is still growing. */
  private readonly loads = new Map<string, Load>();
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> | undefined;
  private inserting: Load | undefined;
  private reservedRows = 0;
  private waitingRows = 0;
  private memorySegment = 0;
  private closed = false;
  /** Where records come from: see `wal-records.ts`. */
  readonly pool = new RecordPool(MAX_POOL_BYTES);
  rowsInserted = 0;
  insertSeconds = 0;
  insertErrors = 0;
  refusedRows = 0;

  constructor(options: WriterOptions) {
    this.options = options;
  }

  get pendingRows(): number {
    return this.waitingRows + (this.inserting?.rows ?? 0) + this.reservedRows;
  }

  /** What is not in the tables yet, oldest first. */
  private pendingLoads(): Load[] {
    return [...(this.inserting === undefined ? [] : [this.inserting]), ...this.loads.values()];
  }

  /** Events that readers do not find in the tables yet. */
  pendingEvents(tenant: string): EventRecord[] {
    return this.pendingLoads()
      .flatMap((load) => load.batches)
      .flatMap((batch) => (batch.tenant === tenant ? batch.events : []));
  }

  /** Spans that readers do not find in the tables yet. */
  pendingSpans(tenant: string): SpanBlock[] {
    return this.pendingLoads()
      .flatMap((load) => load.batches)
      .flatMap(({ tenant: owner, spans }) =>
        owner === tenant && spans !== undefined ? spans : [],
      );
  }

  /** Edges that readers do not find in the tables yet, oldest first. */
  pendingEdges(tenant: string): EdgeRow[] {
    return this.pendingLoads()
      .flatMap((load) => load.batches)
      .flatMap((batch) => (batch.tenant === tenant ? batch.edges : []));
  }

  /** Log lines that readers do not find in the tables yet. */
  pendingLogs(tenant: string): LogRow[] {
    return this.pendingLoads()
      .flatMap((load) => load.batches)
      .flatMap((batch) => (batch.tenant === tenant ? batch.logs : []));
  }

  /** Samples that readers find neither in the head, because they came late, nor in the tables yet. */
  pendingLateSamples(tenant: string): SampleColumns[] {
    return this.pendingLoads()
      .flatMap((load) => load.late)
      .flatMap((late) => (late.tenant === tenant ? late.samples : []));
  }

  /** Histograms that are not in the tables yet. */
  pendingHistograms(tenant: string): HistogramRow[] {
    return this.pendingLoads()
      .flatMap((load) => load.batches)
      .flatMap((batch) => (batch.tenant === tenant ? batch.histograms : []));
  }

  /**
   * Resolves when the batch is durable; `show` runs at that moment and says whether some of its samples came late.
   * @throws FleetlightError `overloaded` when too many rows wait.
   */
  async write(
    batch: Batch,
    show: () => boolean,
    { following = 0, begun }: WriteOptions = {},
  ): Promise<void> {
    const rows = rowsOf(batch);
    if (this.closed) throw overloaded("the store is closing");
    if (this.pendingRows + rows + following > this.options.maxPendingRows) {
      this.refusedRows += rows + following;
      throw overloaded(
        "the store is behind: too many rows wait to be inserted; try again in a few seconds",
      );
    }
    const written = (segment: string) => {
      const load = this.loads.get(segment) ?? new Load();
      this.loads.set(segment, load);
      load.add(batch);
      this.waitingRows += rows;
      if (show() && batch.samples !== undefined)
        load.late.push({ tenant: batch.tenant, samples: batch.samples });
      this.schedule();
    };
    if (this.options.wal === undefined) {
      written(`memory-${this.memorySegment}`);
      begun?.();
      return;
    }
    this.reservedRows += rows;
    try {
      const durable = this.options.wal.append(sealRecord(batch.record), written);
      begun?.();
      await durable;
    } finally {
      this.reservedRows -= rows;
    }
  }

  /** Inserts everything that waits now. */
  async flush(): Promise<void> {
    while (this.flushing !== undefined) await this.flushing;
    if (this.waitingRows === 0) return;
    this.flushing = this.insertLoad().finally(() => {
      this.flushing = undefined;
      this.schedule();
    });
    await this.flushing;
  }

  /** Inserts what a former process left in the log, under the same tokens as it would have used. */
  async replay(segment: Segment, batches: readonly Batch[]): Promise<void> {
    const load = new Load();
    for (const batch of batches) load.add(batch);
    await this.insert(load, segment.name);
    await this.options.wal?.remove(segment);
  }

  /** Refuses new batches and inserts what waits; gives up after the time, what is in the log stays there. */
  async close(timeoutMs: number): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await Promise.race([
      this.flush(),
      new Promise((resolve) => setTimeout(resolve, timeoutMs).unref()),
    ]);
    clearTimeout(this.timer);
  }

  private schedule(): void {
    if (this.closed || this.waitingRows === 0 || this.flushing !== undefined) return;
    if (this.waitingRows >= this.options.flushRows) {
      clearTimeout(this.timer);
      this.timer = undefined;
      void this.flush();
    } else {
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        void this.flush();
      }, this.options.flushIntervalMs);
    }
  }

  private async insertLoad(): Promise<void> {
    // Sealing waits for writes under way, which still add to this segment's load.
    const segment = await this.options.wal?.seal();
    const token = segment?.name ?? `memory-${this.memorySegment++}`;
    const load = this.loads.get(token);
    if (load === undefined) return;
    this.loads.delete(token);
    this.waitingRows -= load.rows;
    this.inserting = load;
    for (let retryMs = 250; ; retryMs = Math.min(retryMs * 2, MAX_RETRY_MS)) {
      try {
        await this.insert(load, token);
        break;
      } catch (error) {
        this.insertErrors++;
        this.options.onError(
          `failed to insert ${load.rows} rows, trying again in ${retryMs} ms: ${describeError(error)}`,
        );
        if (this.closed) return;
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
    if (segment !== undefined) await this.options.wal?.remove(segment);
    this.inserting = undefined;
    // Readers may still hold views of the samples that came late.
    if (load.late.length > 0) return;
    for (const { record, spans } of load.batches) if (spans === undefined) this.pool.give(record);
  }

  private async insert(load: Load, token: string): Promise<void> {
    const start = performance.now();
    const { tables } = this.options;
    const all = <T>(batches: readonly Batch[], pick: (batch: Batch) => readonly T[]): T[] =>
      batches.flatMap(pick);
    const { batches } = load;
    await tables.insertSeries(
      all(batches, ({ series }) => series),
      `${token}-series`,
    );
    await tables.insertMetadata(
      all(batches, ({ metadata }) => metadata),
      `${token}-metadata`,
    );
    await tables.insertExemplars(
      all(batches, ({ exemplars }) => exemplars),
      `${token}-exemplars`,
    );
    for (const [i, tenant] of [...new Set(batches.map((batch) => batch.tenant))].entries()) {
      const own = batches.filter((batch) => batch.tenant === tenant);
      // Bytes before their markers: a reader that finds a marker in the tables finds its histogram there.
      await tables.insertHistograms(
        tenant,
        all(own, ({ histograms }) => histograms),
        `${token}-histograms-${i}`,
      );
      for (const [part, samples] of cutSamples(own).entries()) {
        await this.options.beforeSamples?.(tenant, samples);
        await tables.insertSamples(tenant, samples, `${token}-samples-${i}-${part}`);
      }
      await tables.insertEvents(
        tenant,
        all(own, ({ events }) => events),
        `${token}-events-${i}`,
      );
      await tables.edges.insert(
        tenant,
        all(own, ({ edges }) => edges),
        `${token}-edges-${i}`,
      );
      for (const [part, spans] of cutSpans(own).entries())
        await tables.spans.insert(tenant, spans, `${token}-spans-${i}-${part}`);
      for (const [part, logs] of cut(all(own, (batch) => batch.logs)).entries())
        await tables.logs.insert(tenant, logs, `${token}-logs-${i}-${part}`);
    }
    this.rowsInserted += load.rows;
    this.insertSeconds += (performance.now() - start) / 1000;
  }
}

/** Blocks of spans in pieces that the engine takes at once; the same ones always give the same pieces. */
function cutSpans(batches: readonly Batch[]): SpanBlock[][] {
  const pieces: SpanBlock[][] = [];
  let [spans, bytes] = [Infinity, 0];
  for (const { spans: block } of batches) {
    if (block === undefined) continue;
    if (spans + block.count > MAX_INSERT_SPANS || bytes + block.textBytes > MAX_INSERT_TEXT_BYTES) {
      pieces.push([]);
      [spans, bytes] = [0, 0];
    }
    pieces.at(-1)?.push(block);
    spans += block.count;
    bytes += block.textBytes;
  }
  return pieces;
}

/** Log lines in pieces that the engine takes at once; the same ones always give the same pieces. */
function cut<T>(rows: readonly T[]): T[][] {
  const pieces: T[][] = [];
  for (let start = 0; start < rows.length; start += MAX_INSERT_SPANS)
    pieces.push(rows.slice(start, start + MAX_INSERT_SPANS));
  return pieces;
}

/** The samples of all batches in pieces of much the same size; the same batches always give the same pieces. */
function cutSamples(batches: readonly Batch[]): SampleColumns[][] {
  const pieces: SampleColumns[][] = [];
  const total = batches.reduce((sum, { samples }) => sum + (samples?.ids.length ?? 0), 0);
  const most = total / Math.ceil(total / MAX_INSERT_ROWS);
  let rows = Infinity;
  for (const { samples } of batches) {
    if (samples === undefined) continue;
    if (rows >= most) {
      pieces.push([]);
      rows = 0;
    }
    pieces.at(-1)?.push(samples);
    rows += samples.ids.length;
  }
  return pieces;
}
