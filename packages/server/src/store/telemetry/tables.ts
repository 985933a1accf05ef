import type { ActivityTables } from "./activities/index.ts";
import type { Columns } from "./join.ts";
import type { RollupName } from "./rollup-columns.ts";
import type { RollupTables } from "./rollup-tables.ts";
import type { EdgeTables } from "./edges/index.ts";
import type { LogTables } from "./logs/index.ts";
import type { SpanTables } from "./spans/index.ts";
import type { EventQuery, EventRecord, MetricMetadata } from "./types.ts";

/** One series as the tables keep it. */
export interface SeriesRow {
  tenant: string;
  id: bigint;
  labels: Readonly<Record<string, string>>;
  /** Unix milliseconds. */
  firstSeenMs: number;
  lastSeenMs: number;
}

export interface MetadataRow extends MetricMetadata {
  tenant: string;
  metric: string;
  updatedAtMs: number;
}

/** One native histogram of a series, encoded by @fleetlight/promql. */
export interface HistogramRow {
  id: bigint;
  /** Unix milliseconds. */
  timeMs: number;
  bytes: Uint8Array;
}

export interface ExemplarRow {
  tenant: string;
  /** The series'. */
  id: bigint;
  timeMs: number;
  value: number;
  labels: Readonly<Record<string, string>>;
}

/** Three columns of equal length. */
export interface SampleColumns {
  ids: BigUint64Array;
  /** Unix milliseconds. */
  times: Float64Array;
  values: Float64Array;
}

export interface RecentSamples {
  /** From when on nothing is missing: what was asked, or later where there is too much. */
  fromMs: number;
  /** By the place of each series in what was asked. */
  series: (Columns | undefined)[];
}

export interface BucketRows {
  startMs: number;
  rows: number;
}

export type Signal = "metrics" | "events" | "traces" | "contents" | "logs" | RollupName;

/** One partition that can be dropped whole. */
export interface Partition {
  signal: Signal;
  table: string;
  id: string;
  newestMs: number;
  bytes: number;
}

/**
 * The tables behind the live head: an adapter per kind of store.
 *
 * Inserts carry a token. Inserting again with the token of an insert that succeeded MUST change nothing: that is how a
 * write-ahead segment is replayed after a crash without doubling its rows. Inserts MUST be durable when they resolve.
 */
export interface Tables {
  readonly rollups: RollupTables;
  readonly spans: SpanTables;
  readonly activities: ActivityTables;
  readonly logs: LogTables;
  readonly edges: EdgeTables;
  migrate(): Promise<void>;
  insertSeries(rows: readonly SeriesRow[], token: string): Promise<void>;
  /** The columns of all parts, one after the other. */
  insertSamples(tenant: string, parts: readonly SampleColumns[], token: string): Promise<void>;
  insertHistograms(tenant: string, rows: readonly HistogramRow[], token: string): Promise<void>;
  insertExemplars(rows: readonly ExemplarRow[], token: string): Promise<void>;
  insertMetadata(rows: readonly MetadataRow[], token: string): Promise<void>;
  insertEvents(tenant: string, events: readonly EventRecord[], token: string): Promise<void>;
  /** Series seen since then, at most `limit`, newest last_seen first. */
  loadSeries(sinceMs: number, limit: number): Promise<SeriesRow[]>;
  loadMetadata(): Promise<MetadataRow[]>;
  /**
   * Samples of these series, which MUST be distinct, with startMs <= time <= endMs: by the place of each in `ids`, undefined for
   * those without, ascending by time; doubles are possible.
   */
  readSamples(
    tenant: string,
    ids: readonly bigint[],
    startMs: number,
    endMs: number,
  ): Promise<(Columns | undefined)[]>;
  /** As `readSamples`, of the newest samples of a tenant that has these series, about `limit` in all at most. */
  readRecent(
    tenant: string,
    ids: readonly bigint[],
    sinceMs: number,
    limit: number,
  ): Promise<RecentSamples>;
  /** Rows of all tenants by two-hour bucket, the newest first; buckets without rows are left out. */
  countSamples(startMs: number, endMs: number): Promise<BucketRows[]>;
  /** Histograms of these series with startMs <= time <= endMs, ordered by id and time; doubles are possible. */
  readHistograms(
    tenant: string,
    ids: readonly bigint[],
    startMs: number,
    endMs: number,
  ): Promise<HistogramRow[]>;
  /** Exemplars of all tenants since then, oldest first; of more than `limit` the newest. */
  loadExemplars(sinceMs: number, limit: number): Promise<ExemplarRow[]>;
  /** Newest first. */
  readEvents(tenant: string, query: EventQuery): Promise<EventRecord[]>;
  partitions(): Promise<Partition[]>;
  dropPartition(partition: Partition): Promise<void>;
  /** Removes rows older than the cut inside partitions that also hold newer ones. */
  deleteBefore(signal: Signal, cutoffMs: number): Promise<void>;
  /** Forgets series that were last seen before the cut. */
  deleteSeriesBefore(cutoffMs: number): Promise<void>;
  /** A text that differs after every insert of samples, for whoever keeps what he read; undefined when there is none. */
  fingerprint(): Promise<string | undefined>;
  ping(timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}
