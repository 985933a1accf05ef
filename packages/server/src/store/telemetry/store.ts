import { join } from "node:path";

import { describeError, type Now } from "#lib";

import { Exemplars } from "./exemplars.ts";
import { MemoryTables } from "./memory-tables.ts";
import { takeImage, writeImage, type KeptImage } from "./head-file.ts";
import { Metrics } from "./metrics.ts";
import { RollupHours } from "./rollup-hours.ts";
import { NO_ROLLUPS } from "./rollups.ts";
import { Retention, type RetentionLimits } from "./retention.ts";
import { createActivities } from "./activities/index.ts";
import { startFilling } from "./hours/index.ts";
import { Edges } from "./edges/index.ts";
import { Logs } from "./logs/index.ts";
import { Spans, TailSampler, type SamplingPolicy } from "./spans/index.ts";
import { SqlTables } from "./sql-tables.ts";
import type { Tables } from "./tables.ts";
import type {
  EventQuery,
  EventRecord,
  EventStore,
  MetricStore,
  TelemetryStats,
  TelemetryStore,
} from "./types.ts";
import { draftBatch } from "./wal-records.ts";
import { WriteAheadLog } from "./wal.ts";
import { BatchWriter, ROWS_PER_RECORD } from "./writer.ts";

/** How long a closing server goes on trying to insert; what remains is in the log. */
const CLOSE_FLUSH_MS = 3000;
/** Exemplars that are put into memory at start. */
const MAX_LOADED_EXEMPLARS = 100_000;
/** Samples this old are put into the head at start, so that instant questions are answered at once. */
const RECOVER_MS = 5 * 60_000;

export interface TelemetryOptions {
  flushIntervalMs: number;
  flushRows: number;
  maxPendingRows: number;
  headMaxBytes: number;
  headWindowMs: number;
  maxSeries: number;
  retention: () => RetentionLimits;
  /** Which traces are kept; undefined, or nothing of it, when all are. */
  sampling?: () => SamplingPolicy | undefined;
  now: Now;
  onError(message: string): void;
}

interface Parts {
  tables: Tables;
  wal: WriteAheadLog | undefined;
  /** For spans that wait until it is decided whether they are kept. */
  samplingWal?: WriteAheadLog;
  /** Where the head is kept between a stop and the next start; nobody else may write to the tables then. */
  headFile?: string;
}

class Events implements EventStore {
  private readonly tables: Tables;
  private readonly writer: BatchWriter;
  private readonly retention: Retention;
  private readonly listeners = new Set<(tenant: string, events: readonly EventRecord[]) => void>();

  constructor(tables: Tables, writer: BatchWriter, retention: Retention) {
    this.tables = tables;
    this.writer = writer;
    this.retention = retention;
  }

  async append(tenant: string, events: readonly EventRecord[]): Promise<void> {
    if (events.length === 0) return;
    await this.writer.write(draftBatch({ tenant, events }), () => false);
    for (const listener of this.listeners) listener(tenant, events);
  }

  async query(tenant: string, query: EventQuery): Promise<EventRecord[]> {
    const startMs = Math.max(query.startMs ?? 0, this.retention.cutoffMs("events"));
    // What waits is taken before the tables are read: an insert in between makes doubles, which are removed, not gaps.
    const waiting = this.writer
      .pendingEvents(tenant)
      .filter(
        (event) =>
          event.timeMs >= startMs &&
          event.timeMs <= (query.endMs ?? Infinity) &&
          (query.service === undefined || event.service === query.service) &&
          (query.types === undefined || query.types.includes(event.type)),
      );
    const stored = await this.tables.readEvents(tenant, { ...query, startMs });
    const byId = new Map([...stored, ...waiting].map((event) => [event.id, event]));
    return [...byId.values()].toSorted((a, b) => b.timeMs - a.timeMs).slice(0, query.limit);
  }

  onEvents(listener: (tenant: string, events: readonly EventRecord[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** What is rolled up so far; undefined when the configuration wants no rollups. */
async function loadRollups(tables: Tables, { retention, now }: TelemetryOptions) {
  const { rollups5mMs, rollups1hMs } = retention();
  if (rollups5mMs === undefined && rollups1hMs === undefined) return undefined;
  const hours = new RollupHours(tables.rollups, now);
  await hours.load();
  return hours;
}

/** Fills the head behind the doors that are open already. @returns a function that ends it and waits for its end. */
function startRebuild(metrics: Metrics, { onError }: TelemetryOptions): () => Promise<void> {
  const stop = new AbortController();
  const ended = metrics
    .rebuild(stop.signal)
    .catch((error: unknown) =>
      onError(`older samples are read from the tables only: ${describeError(error)}`),
    );
  return async () => {
    stop.abort();
    await ended;
  };
}

/** The head as it was at the last stop; undefined when it is unknown, or when the tables are not as they were. */
async function takeHead(
  { tables, headFile }: Parts,
  { onError }: TelemetryOptions,
): Promise<KeptImage | undefined> {
  if (headFile === undefined) return undefined;
  try {
    const kept = await takeImage(headFile);
    return kept !== undefined && kept.fingerprint === (await tables.fingerprint())
      ? kept
      : undefined;
  } catch (error) {
    onError(`recent samples are read from the tables: ${headFile}: ${describeError(error)}`);
    return undefined;
  }
}

/** Keeps what the head holds for the next start, which is much faster so. Everything is in tables or log anyway. */
async function keepHead(
  { tables, headFile }: Parts,
  metrics: Metrics,
  { onError }: TelemetryOptions,
): Promise<void> {
  if (headFile === undefined) return;
  try {
    const fingerprint = await tables.fingerprint();
    if (fingerprint !== undefined) await writeImage(headFile, metrics.keep(fingerprint));
  } catch (error) {
    onError(`the next start will be slower: ${headFile}: ${describeError(error)}`);
  }
}

// oxlint-disable-next-line max-lines-per-function -- the parts of the store, one after the other
async function assemble(parts: Parts, options: TelemetryOptions): Promise<TelemetryStore> {
  const { tables, wal } = parts;
  await tables.migrate();
  const kept = await takeHead(parts, options);
  const rollups = await loadRollups(tables, options);
  const writer = new BatchWriter({
    ...options,
    tables,
    wal,
    ...(rollups && {
      beforeSamples: (tenant, parts) => rollups.beforeInsert(tenant, parts),
    }),
  });
  for (const { segment, batches, tornBytes } of (await wal?.recover()) ?? []) {
    if (tornBytes > 0)
      options.onError(
        `${segment.name}: ignored ${tornBytes} bytes of a write that a crash cut off (it was not acknowledged)`,
      );
    await writer.replay(segment, batches);
  }
  const retention = new Retention(tables, options);
  const metrics = new Metrics({ ...options, tables, writer, retention, rollups });
  await metrics.rollups?.load();
  const startMs = options.now();
  const refs = await metrics.load(retention.seriesCutoffMs, startMs - RECOVER_MS, kept);
  const events = new Events(tables, writer, retention);
  const sampler = new TailSampler({
    policy: () => options.sampling?.(),
    write: (tenant, rows, following, begun) => {
      const batch = draftBatch({ tenant, spans: rows });
      return writer.write(batch, () => false, {
        following: following * ROWS_PER_RECORD,
        begun: () => begun?.(batch.spans),
      });
    },
    wal: parts.samplingWal,
    now: options.now,
    onError: options.onError,
  });
  await sampler.start();
  const spans = new Spans({
    tables: tables.spans,
    write: (tenant, rows, following, begun) => sampler.offer(tenant, rows, following, begun),
    pending: (tenant) => ({
      blocks: writer.pendingSpans(tenant),
      records: sampler.pending(tenant),
    }),
    pendingSaid: (tenant) =>
      writer
        .pendingLogs(tenant)
        .flatMap((row) => (row.content === undefined ? [] : [{ ...row, content: row.content }])),
    cutoffMs: () => retention.cutoffMs("traces"),
    contentCutoffMs: () => retention.cutoffMs("contents"),
  });
  const edges = new Edges({
    tables: tables.edges,
    write: (tenant, rows) => writer.write(draftBatch({ tenant, edges: rows }), () => false),
    pending: (tenant) => writer.pendingEdges(tenant),
    cutoffMs: () => retention.cutoffMs("traces"),
  });
  const logs = new Logs({
    tables: tables.logs,
    write: (tenant, rows, following) =>
      writer.write(draftBatch({ tenant, logs: rows }), () => false, {
        following: following * ROWS_PER_RECORD,
      }),
    pending: (tenant) => writer.pendingLogs(tenant),
    cutoffMs: () => retention.cutoffMs("logs"),
    now: options.now,
  });
  await logs.load();
  const exemplars = new Exemplars({
    idOf: (ref) => metrics.idOf(ref),
    write: (tenant, rows) => writer.write(draftBatch({ tenant, exemplars: rows }), () => false),
  });
  exemplars.load(
    await tables.loadExemplars(retention.cutoffMs("metrics"), MAX_LOADED_EXEMPLARS),
    (tenant, id) => refs.get(tenant)?.get(id),
  );
  const stopRetention = retention.start();
  const expiry = setInterval(() => metrics.expire(), 60_000).unref();
  const stopRebuild = startRebuild(metrics, options);
  const stopRollups = metrics.rollups?.start();
  const figures = [tables.edges, tables.activities];
  const stopFilling = startFilling(figures, (message) => options.onError(message));

  return {
    metrics: metrics as MetricStore,
    exemplars,
    events,
    spans,
    edges,
    activities: createActivities(tables.activities, () => retention.cutoffMs("traces")),
    logs,
    stats: (): TelemetryStats => ({
      ...metrics.stats(),
      rollups: metrics.rollups?.stats() ?? NO_ROLLUPS,
      pendingRows: writer.pendingRows,
      walBytes: wal?.bytes ?? 0,
      storeBytes: retention.storeBytes,
      rowsInserted: writer.rowsInserted,
      insertSeconds: writer.insertSeconds,
      insertErrors: writer.insertErrors,
      refusedRows: writer.refusedRows,
      sampling: sampler.stats(),
    }),
    ping: (timeoutMs) => tables.ping(timeoutMs),
    rollUp: async () => {
      await metrics.rollups?.fill();
      const { signal } = new AbortController();
      const rules = { closedAfterMs: 0, quietMs: 0, signal };
      for (const filler of figures) while (((await filler.fillHours?.(rules)) ?? 0) > 0);
    },
    flush: () => writer.flush(),
    close: async () => {
      clearInterval(expiry);
      await stopRebuild();
      await stopRollups?.();
      await stopFilling();
      await stopRetention();
      await sampler.stop();
      await writer.close(CLOSE_FLUSH_MS);
      await keepHead(parts, metrics, options);
      await tables.close();
    },
  };
}

/**
 * Opens the telemetry store: embedded in `dataDir`, or on a ClickHouse server when `url` is given (the write-ahead log
 * stays in `dataDir`). Resolves when everything that was acknowledged before is readable again.
 */
export async function createTelemetryStore(
  where: { dataDir: string; url?: string | undefined },
  options: TelemetryOptions,
): Promise<TelemetryStore> {
  const driver =
    where.url === undefined
      ? // Each is loaded only where it is used: nobody should pay for the other.
        (await import("./drivers/chdb.ts")).openChdb(join(where.dataDir, "telemetry"))
      : (await import("./drivers/clickhouse.ts")).openClickHouse(where.url);
  try {
    return await assemble(
      {
        tables: new SqlTables(driver, options.now),
        wal: new WriteAheadLog(join(where.dataDir, "wal")),
        samplingWal: new WriteAheadLog(join(where.dataDir, "sampling")),
        ...(where.url === undefined ? { headFile: join(where.dataDir, "head.image") } : {}),
      },
      options,
    );
  } catch (error) {
    await driver.close();
    throw new Error(`failed to open the telemetry store: ${describeError(error)}`, {
      cause: error,
    });
  }
}

/** A store that keeps nothing after the process; every limit has a generous default. */
export function createMemoryTelemetry(
  options: Partial<TelemetryOptions> = {},
): Promise<TelemetryStore> {
  return assemble(
    { tables: new MemoryTables(), wal: undefined },
    {
      flushIntervalMs: 1000,
      flushRows: 10_000,
      maxPendingRows: 1_000_000,
      headMaxBytes: 64 << 20,
      headWindowMs: 2 * 3_600_000,
      maxSeries: 100_000,
      retention: () => ({
        metricsMs: 15 * 86_400_000,
        eventsMs: 400 * 86_400_000,
        tracesMs: 30 * 86_400_000,
        logsMs: 14 * 86_400_000,
        maxBytes: undefined,
      }),
      now: Date.now,
      onError: () => {},
      ...options,
    },
  );
}
