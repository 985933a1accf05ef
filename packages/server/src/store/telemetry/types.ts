import type { MetricType } from "@fleetlight/contract";

import type { LabelSet, Selector } from "#lib";

/**
 * Number of a series in this process: an index into the live head's columns. It stays the same for as long as
 * the process runs; the store knows the series by its 64-bit id.
 */
export type SeriesRef = number;

export type MetricKind = MetricType;

/** What a source says about a metric (`# TYPE`, `# UNIT`, `# HELP`). */
export interface MetricMetadata {
  type: MetricKind;
  unit: string;
  help: string;
}

/**
 * Collects the samples of one source (one scrape, one round of checks) and commits them together.
 *
 * - `series` finds or creates a series. Labels MUST hold `__name__`, MUST be valid (the caller checks limits), empty
 *   values count as absent. Throws `limit_reached` when `storage.max_series` is full; the caller counts and goes on.
 * - `append` takes a sample into the batch; nothing is visible before `commit`.
 * - `commit` resolves when the batch is durable (in the write-ahead file) and visible to readers; it rejects with
 *   `overloaded` when the store is too far behind, and then nothing of the batch was taken.
 * - A sample that is not newer than the newest of its series is stored too (if `storage.retention.metrics` allows its
 *   age), but an equal time never replaces a sample in the head: the first one wins.
 * An appender is used by one caller at a time and may be used again after `commit` or `rollback`.
 */
export interface Appender {
  series(labels: LabelSet): SeriesRef;
  append(ref: SeriesRef, timeMs: number, value: number): void;
  /** Marks the series as ended at that time, as Prometheus does with its stale marker. */
  appendStale(ref: SeriesRef, timeMs: number): void;
  /** Samples in the batch. */
  readonly size: number;
  commit(): Promise<void>;
  rollback(): void;
}

/** One series with two columns of equal length. A stale marker is kept as its bits; see `isStale` of `#lib`. */
export interface SeriesSamples {
  ref: SeriesRef;
  /** Unix milliseconds, ascending, no duplicates. */
  times: Float64Array;
  values: Float64Array;
}

export interface LatestSample {
  ref: SeriesRef;
  timeMs: number;
  value: number;
}

/** Everything about samples and series. All calls are per tenant. */
export interface MetricStore {
  /** A fresh appender for one source. */
  appender(tenant: string): Appender;
  /** Remembers what a source said of a metric; cheap when nothing changed. */
  describe(tenant: string, metric: string, metadata: MetricMetadata): void;
  metadata(tenant: string, metric: string): MetricMetadata | undefined;

  labels(ref: SeriesRef): LabelSet;
  /** The 64-bit id under which the store keeps the series, as 16 hexadecimal digits. */
  seriesId(ref: SeriesRef): string;
  /** Series that match, in no order; at most `limit` when given. Answers from memory. */
  select(tenant: string, selector: Selector, limit?: number): SeriesRef[];
  /** Metric names with the number of their series. */
  metricNames(tenant: string): Map<string, number>;

  /** Newest sample in the live head that is not a stale marker and not older than `notBeforeMs`; from memory. */
  latest(ref: SeriesRef, notBeforeMs: number): LatestSample | undefined;
  /** Samples since then that the live head still has, as two columns; from memory. */
  recent(ref: SeriesRef, sinceMs: number): { times: Float64Array; values: Float64Array };
  /** Samples with startMs <= time <= endMs, of head and tables joined without doubles; series without samples are left out. */
  range(
    tenant: string,
    refs: readonly SeriesRef[],
    startMs: number,
    endMs: number,
  ): Promise<SeriesSamples[]>;

  /**
   * Calls back after each commit with the watched series that got samples (in batch order, a series may repeat).
   * `watch` marks a series; whoever watches asks `onSeries` to learn of new series.
   */
  watch(ref: SeriesRef): void;
  unwatch(ref: SeriesRef): void;
  onWatched(listener: (refs: readonly SeriesRef[]) => void): () => void;
  onSeries(listener: (tenant: string, ref: SeriesRef, labels: LabelSet) => void): () => void;
}

/** One business or life-cycle event on its way into the store. */
export interface EventRecord {
  /** UUID; made by the sender so that a delivery that is repeated stays one event. */
  id: string;
  timeMs: number;
  type: string;
  service: string;
  attributes: Readonly<Record<string, string>>;
}

export interface EventQuery {
  types?: readonly string[];
  service?: string;
  startMs?: number;
  endMs?: number;
  limit: number;
}

export interface EventStore {
  /** Resolves when durable and visible; rejects with `overloaded` when the store is too far behind. */
  append(tenant: string, events: readonly EventRecord[]): Promise<void>;
  /** Newest first. */
  query(tenant: string, query: EventQuery): Promise<EventRecord[]>;
  onEvents(listener: (tenant: string, events: readonly EventRecord[]) => void): () => void;
}

/** Figures of the store itself, for `/metrics`, `/health` and the overview. */
export interface TelemetryStats {
  samplesTotal: number;
  series: number;
  headBytes: number;
  headEvictedSamples: number;
  pendingRows: number;
  walBytes: number;
  /** Bytes of the tables on disk at the latest count; 0 until then. */
  storeBytes: number;
  rowsInserted: number;
  insertSeconds: number;
  insertErrors: number;
  refusedRows: number;
  seriesRefused: number;
}

export interface TelemetryStore {
  readonly metrics: MetricStore;
  readonly events: EventStore;
  stats(): TelemetryStats;
  /** Asks the store a trivial question; rejects when it does not answer within `timeoutMs`. */
  ping(timeoutMs: number): Promise<void>;
  /** Writes everything that waits into the tables. */
  flush(): Promise<void>;
  /** Flushes and closes; the process may exit afterwards. */
  close(): Promise<void>;
}
