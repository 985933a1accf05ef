import type { MetricType } from "@fleetlight/contract";

import type { Buckets, Labels } from "@fleetlight/promql";

import type { LabelSet, Selector } from "#lib";

import type { EdgeStore } from "./edges/index.ts";
import type { LogStore } from "./logs/index.ts";
import type { ActivityStore } from "./activities/index.ts";
import type { SamplingStats, SpanStore } from "./spans/index.ts";

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
  /** Takes a native histogram, encoded by `encodeHistogram` of @fleetlight/promql. The bytes are copied. */
  appendHistogram(ref: SeriesRef, timeMs: number, bytes: Uint8Array): void;
  /** Samples in the batch. */
  readonly size: number;
  /** Samples for which there is memory. */
  readonly capacity: number;
  commit(): Promise<void>;
  rollback(): void;
}

/**
 * One series with two columns of equal length. A stale marker is kept as its bits; see `isStale` of `#lib`. Where a
 * native histogram stands, the value is the NaN with the bits 0x7ff0000000000004 and `histograms` has its bytes.
 */
export interface SeriesSamples {
  ref: SeriesRef;
  /** Unix milliseconds, ascending, no duplicates. */
  times: Float64Array;
  values: Float64Array;
  /** Encoded histograms by the same index; absent when the series has none in the range. */
  histograms?: (Uint8Array | undefined)[];
}

/** A sample that points to a trace, or to whatever its labels say. */
export interface Exemplar {
  ref: SeriesRef;
  labels: LabelSet;
  timeMs: number;
  value: number;
}

export interface SeriesExemplars {
  ref: SeriesRef;
  /** Oldest first. */
  exemplars: Exemplar[];
}

/** The newest exemplars of each tenant, bounded by count; durable like samples. */
export interface ExemplarStore {
  /**
   * Resolves when durable and visible. One that its series already has at that time with the same value and labels is
   * left out silently; one that is older than the series' newest, or whose labels have more than 128 characters, is left
   * out and counted.
   * @returns how many were refused.
   */
  append(tenant: string, exemplars: readonly Exemplar[]): Promise<number>;
  /** Of these series (see `MetricStore.select`), startMs <= time <= endMs; series without any are left out. */
  query(
    tenant: string,
    refs: readonly SeriesRef[],
    startMs: number,
    endMs: number,
  ): SeriesExemplars[];
}

export interface LatestSample {
  ref: SeriesRef;
  timeMs: number;
  value: number;
}

/** Unix milliseconds, both ends included. */
export interface TimeRange {
  startMs: number;
  endMs: number;
}

/** How many series a tenant has, and by what; each list is ordered by its count, largest first. */
export interface Cardinality {
  series: number;
  /** Distinct pairs of a label's name and a value. */
  labelPairs: number;
  seriesByMetric: { name: string; count: number }[];
  /** Labels with the number of their values. */
  valuesByLabel: { name: string; count: number }[];
  /** Labels with the length of their values, summed over series. */
  bytesByLabel: { name: string; count: number }[];
  /** Pairs as `name=value`. */
  seriesByPair: { name: string; count: number }[];
}

export interface SelectOptions {
  limit?: number | undefined;
  range?: TimeRange | undefined;
  signal?: AbortSignal | undefined;
}

/** Series that may have samples in a range, for as long as somebody waits. */
export interface Alive {
  range: TimeRange;
  signal?: AbortSignal | undefined;
}

/** How a scan hands out what it reads. */
export interface ScanOptions {
  /** The columns of a batch are used again for the next one: whoever scans copies what is to stay. */
  reuse?: boolean | undefined;
}

/** What is asked of a function of a range at every step. */
export interface BucketQuestion {
  /** Name of the PromQL function. */
  function: string;
  /** Samples with startMs < time <= endMs are in some window, the first of which begins at startMs. */
  startMs: number;
  endMs: number;
  rangeMs: number;
  /** 0 when there is one step. */
  stepMs: number;
}

export interface BucketBatch {
  series: { ref: SeriesRef; times: Float64Array; buckets: Buckets }[];
  /** Of these the samples have to be read. */
  fromSamples: SeriesRef[];
  /** Whether samples of one of those are gone, though there are rollups. */
  incomplete: boolean;
}

/** Long ranges in buckets. */
export interface RollupStore {
  /**
   * Series in buckets, each at most once: where every window is made of whole ones, long ranges are answered from rollups.
   * Undefined where `MetricStore.scan` is to be asked instead.
   */
  scan(
    tenant: string,
    refs: readonly SeriesRef[],
    question: BucketQuestion,
    signal: AbortSignal,
  ): AsyncIterable<BucketBatch> | undefined;
  /** Whether samples of a range that begins then are gone of which there may still be rollups. */
  isGone(startMs: number): boolean;
}

/** Everything about samples and series. All calls are per tenant. */
export interface MetricStore {
  /** Absent when nothing is rolled up. */
  readonly rollups: RollupStore | undefined;
  /** A fresh appender for one source. */
  appender(tenant: string): Appender;
  /** Remembers what a source said of a metric; cheap when nothing changed. */
  describe(tenant: string, metric: string, metadata: MetricMetadata): void;
  metadata(tenant: string, metric: string): MetricMetadata | undefined;
  /** Everything that is remembered of a tenant's metrics, by name, in no order. */
  metadataOf(tenant: string): Iterable<[string, MetricMetadata]>;

  /** The series with exactly these labels; empty values count as absent. */
  find(tenant: string, labels: LabelSet): SeriesRef | undefined;
  /** Series of a tenant; cheap. */
  seriesCount(tenant: string): number;
  labels(ref: SeriesRef): LabelSet;
  /** Unix milliseconds of the newest sample that memory knows of; -Infinity when it knows none. */
  newestTime(ref: SeriesRef): number;
  /**
   * Compares what memory has of a series at a time with a number's two halves (low, high) or with a histogram's bytes.
   * `absent` also when only the tables would know.
   */
  compareAt(
    ref: SeriesRef,
    timeMs: number,
    content: Uint32Array | Uint8Array,
  ): "absent" | "same" | "other";
  /** The 64-bit id under which the store keeps the series, as 16 hexadecimal digits. */
  seriesId(ref: SeriesRef): string;
  /** The labels in PromQL's form: one object per series, made once, whose strings are shared between series. */
  labelsOf(ref: SeriesRef): Labels;
  /**
   * Series that match, in no order; at most `limit` when given. Answers from memory. With a range, series that are known
   * to have no samples in it are left out; one that is answered may have none all the same.
   */
  select(tenant: string, selector: Selector, limit?: number, range?: TimeRange): SeriesRef[];
  /**
   * What `select` answers, searched in turns of a few milliseconds: for what users ask, which may be a thousand regular
   * expressions over a million series. Answers nothing when the signal ends it.
   */
  selectInTurns(tenant: string, selector: Selector, options?: SelectOptions): Promise<SeriesRef[]>;
  /** Names of labels, ascending by bytes: of all series, or of those given. From memory. */
  labelNames(tenant: string, refs?: readonly SeriesRef[]): string[];
  /** Values of a label in no order: of all series, or of those given. From memory. */
  labelValues(tenant: string, name: string, refs?: readonly SeriesRef[]): string[];
  /**
   * Names of labels of the series that `select` would answer for the range, in no order. From memory, in turns as
   * `selectInTurns`.
   */
  labelNamesIn(tenant: string, alive: Alive): Promise<string[]>;
  /** Values of a label, likewise. */
  labelValuesIn(tenant: string, name: string, alive: Alive): Promise<string[]>;
  /** Where the series of a tenant come from; at most `limit` entries per list. From memory. */
  cardinality(tenant: string, limit: number): Cardinality;
  /** Metric names with the number of their series. */
  metricNames(tenant: string): Map<string, number>;

  /** Newest sample in the live head that is not a stale marker and not older than `notBeforeMs`; from memory. */
  latest(ref: SeriesRef, notBeforeMs: number): LatestSample | undefined;
  /** Samples since then that the live head still has, as two columns; from memory. */
  recent(ref: SeriesRef, sinceMs: number): { times: Float64Array; values: Float64Array };
  /**
   * Every series with samples in startMs <= time <= endMs exactly once, in any order, in batches that are small enough to
   * be held in memory and that the store forgets. Head and tables are joined as in `range`. Stops soon after `signal`
   * aborts, without an error.
   */
  scan(
    tenant: string,
    refs: readonly SeriesRef[],
    startMs: number,
    endMs: number,
    signal: AbortSignal,
    options?: ScanOptions,
  ): AsyncIterable<readonly SeriesSamples[]>;
  /** As `scan`, all at once: for few series, or a short range. */
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
  /** Calls back whenever samples became visible, with the time of the oldest of them: answers from there on may differ. */
  onWrite(listener: (tenant: string, earliestMs: number) => void): () => void;
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
  rollups: RollupStats;
  sampling: SamplingStats;
}

export interface RollupStats {
  /** Hours that wait to be rolled up, the current one included. */
  hoursWaiting: number;
  hoursFilled: number;
  hoursRefused: number;
  rowsInserted: number;
  seconds: number;
  errors: number;
  /** Selectors that were answered from rollups, and series of these that were read as samples all the same. */
  answered: number;
  seriesFromSamples: number;
}

export interface TelemetryStore {
  readonly metrics: MetricStore;
  readonly exemplars: ExemplarStore;
  readonly events: EventStore;
  readonly spans: SpanStore;
  readonly activities: ActivityStore;
  readonly logs: LogStore;
  readonly edges: EdgeStore;
  stats(): TelemetryStats;
  /** Asks the store a trivial question; rejects when it does not answer within `timeoutMs`. */
  ping(timeoutMs: number): Promise<void>;
  /** Rolls up every hour that is over, at once. */
  rollUp(): Promise<void>;
  /** Writes everything that waits into the tables. */
  flush(): Promise<void>;
  /** Flushes and closes; the process may exit afterwards. */
  close(): Promise<void>;
}
