import type { Labels } from "@fleetlight/promql";

import {
  limitReached,
  isStale,
  wordsOf,
  labelKey,
  NAME_LABEL,
  type LabelSet,
  type Now,
  type Selector,
} from "#lib";

import { SampleAppender, type AppenderTarget, type SampleBatch } from "./appender.ts";
import { Head } from "./head.ts";
import { LabelIndex } from "./label-index.ts";
import { MetricReader } from "./metric-reader.ts";
import type { Retention } from "./retention.ts";
import { SeriesIndex } from "./series-index.ts";
import type { MetadataRow, SampleColumns, SeriesRow, Tables } from "./tables.ts";
import type {
  Appender,
  Cardinality,
  LatestSample,
  MetricMetadata,
  MetricStore,
  SeriesRef,
  SeriesSamples,
  TimeRange,
} from "./types.ts";
import type { BatchWriter } from "./writer.ts";

const DAY_MS = 86_400_000;
/** Metadata of at most this many metrics is kept. */
const MAX_METADATA = 100_000;
const ALL_SERIES: Selector = { metric: undefined, matchers: [], matches: () => true };

interface MetricsOptions {
  tables: Tables;
  writer: BatchWriter;
  retention: Retention;
  headMaxBytes: number;
  headWindowMs: number;
  maxSeries: number;
  now: Now;
}

/** Samples and series: an index and a live head in memory, the writer towards the tables, and the tables behind. */
export class Metrics implements MetricStore, AppenderTarget {
  private readonly options: MetricsOptions;
  private readonly index = new SeriesIndex();
  private readonly byLabel = new LabelIndex();
  private readonly head: Head;
  private readonly reader: MetricReader;
  private readonly descriptions = new Map<string, MetricMetadata>();
  private undescribed: MetadataRow[] = [];
  /** Day on which the series' row was last written to the tables, by ref; 0 means never. */
  private seenDays: number[] = [];
  private watched = new Uint8Array(1024);
  private readonly watchListeners = new Set<(refs: readonly SeriesRef[]) => void>();
  private readonly seriesListeners = new Set<
    (tenant: string, ref: SeriesRef, labels: LabelSet) => void
  >();
  private samplesTotal = 0;
  private seriesRefused = 0;

  constructor(options: MetricsOptions) {
    this.options = options;
    this.head = new Head(options.headMaxBytes);
    this.reader = new MetricReader({
      head: this.head,
      tables: options.tables,
      idOf: (ref) => this.index.entry(ref).id,
      pendingLateSamples: (tenant) => options.writer.pendingLateSamples(tenant),
    });
  }

  /** Learns series and metadata from the tables and fills the head with the samples since then. */
  async load(seriesSinceMs: number, samplesSinceMs: number): Promise<void> {
    const { tables, maxSeries } = this.options;
    for (const { tenant, metric, type, unit, help } of await tables.loadMetadata())
      this.descriptions.set(`${tenant}\u0002${metric}`, { type, unit, help });
    const refs = new Map<string, Map<bigint, SeriesRef>>();
    for (const row of await tables.loadSeries(seriesSinceMs, maxSeries)) {
      const ref = this.index.add(row.tenant, labelKey(row.labels), row.labels, row.id);
      this.byLabel.add(row.tenant, ref, row.labels);
      this.head.open(ref, samplesSinceMs);
      this.seenDays[ref] = Math.floor(row.lastSeenMs / DAY_MS);
      const byId = refs.get(row.tenant) ?? new Map<bigint, SeriesRef>();
      refs.set(row.tenant, byId.set(row.id, ref));
    }
    for (const [tenant, byId] of refs)
      this.fill(
        await tables.readRecent(tenant, samplesSinceMs, this.head.capacity),
        byId,
        samplesSinceMs,
      );
  }

  private fill(
    samples: SampleColumns,
    byId: ReadonlyMap<bigint, SeriesRef>,
    sinceMs: number,
  ): void {
    const words = wordsOf(samples.values);
    // Cut by the limit, the newest samples came: what is missing is at the front.
    const cut = samples.ids.length >= this.head.capacity;
    for (const [i, id] of samples.ids.entries()) {
      const ref = byId.get(id);
      if (ref === undefined) continue;
      const timeMs = samples.times[i] ?? 0;
      if (cut && this.head.lastTime(ref) === -Infinity)
        this.head.open(ref, Math.max(sinceMs, timeMs));
      this.head.append(ref, timeMs, samples.values[i] ?? 0, isStale(words, i));
    }
  }

  appender(tenant: string): Appender {
    return new SampleAppender(tenant, this);
  }

  describe(tenant: string, metric: string, metadata: MetricMetadata): void {
    const key = `${tenant}\u0002${metric}`;
    const known = this.descriptions.get(key);
    if (
      known?.type === metadata.type &&
      known.unit === metadata.unit &&
      known.help === metadata.help
    )
      return;
    if (known === undefined && this.descriptions.size >= MAX_METADATA) return;
    this.descriptions.set(key, metadata);
    this.undescribed.push({ tenant, metric, ...metadata, updatedAtMs: this.options.now() });
  }

  metadata(tenant: string, metric: string): MetricMetadata | undefined {
    return this.descriptions.get(`${tenant}\u0002${metric}`);
  }

  resolve(tenant: string, key: string, labels: LabelSet): SeriesRef {
    const known = this.index.find(tenant, key);
    if (known !== undefined) return known;
    if (this.index.size >= this.options.maxSeries) {
      this.seriesRefused++;
      throw limitReached("storage.max_series", `there are ${this.index.size} series already`);
    }
    const ref = this.index.add(tenant, key, labels);
    this.byLabel.add(tenant, ref, labels);
    this.head.open(ref, -Infinity);
    this.seenDays[ref] = 0;
    for (const listener of this.seriesListeners)
      listener(tenant, ref, this.index.entry(ref).labels);
    return ref;
  }

  async commit(tenant: string, batch: SampleBatch): Promise<void> {
    const { writer } = this.options;
    const series = this.newSeries(batch);
    const metadata = this.undescribed;
    this.undescribed = [];
    const samples = {
      ids: new BigUint64Array(batch.size),
      times: batch.times.slice(0, batch.size),
      values: batch.values.slice(0, batch.size),
    };
    for (let i = 0; i < batch.size; i++) samples.ids[i] = this.index.entry(batch.refs[i] ?? 0).id;
    try {
      await writer.write({ tenant, series, metadata, samples, events: [] }, () => this.show(batch));
    } catch (error) {
      for (const { ref } of series) this.seenDays[ref] = 0;
      this.undescribed.unshift(...metadata);
      throw error;
    }
  }

  /** Rows for series that the tables have not seen today. */
  private newSeries(batch: SampleBatch): (SeriesRow & { ref: SeriesRef })[] {
    const rows: (SeriesRow & { ref: SeriesRef })[] = [];
    const now = this.options.now();
    const today = Math.floor(now / DAY_MS);
    for (let i = 0; i < batch.size; i++) {
      const ref = batch.refs[i] ?? 0;
      if (this.seenDays[ref] === today) continue;
      this.seenDays[ref] = today;
      const { tenant, id, labels } = this.index.entry(ref);
      rows.push({ ref, tenant, id, labels, firstSeenMs: now, lastSeenMs: now });
    }
    return rows;
  }

  /**
   * Makes a durable batch visible: into the head, then to those who watch.
   * @returns whether a sample is older than its series' newest, so that the head did not take it.
   */
  private show(batch: SampleBatch): boolean {
    const touched: SeriesRef[] = [];
    let late = false;
    for (let i = 0; i < batch.size; i++) {
      const ref = batch.refs[i] ?? 0;
      const timeMs = batch.times[i] ?? 0;
      const taken = this.head.append(ref, timeMs, batch.values[i] ?? 0, isStale(batch.words, i));
      late ||= !taken && timeMs < this.head.lastTime(ref);
      if (this.watched[ref] === 1) touched.push(ref);
    }
    this.samplesTotal += batch.size;
    if (touched.length > 0) for (const listener of this.watchListeners) listener(touched);
    return late;
  }

  labels(ref: SeriesRef): LabelSet {
    return this.index.entry(ref).labels;
  }

  seriesId(ref: SeriesRef): string {
    return this.index.entry(ref).id.toString(16).padStart(16, "0");
  }

  labelsOf(ref: SeriesRef): Labels {
    return this.byLabel.labelsOf(ref);
  }

  select(tenant: string, selector: Selector, limit?: number, range?: TimeRange): SeriesRef[] {
    const keep =
      range === undefined
        ? undefined
        : (ref: SeriesRef) => this.head.mayHave(ref, range.startMs, range.endMs);
    return this.byLabel.select(tenant, selector.matchers, limit, keep);
  }

  private selectSome(
    tenant: string,
    selector: Selector | undefined,
    range: TimeRange | undefined,
  ): SeriesRef[] | undefined {
    if (selector === undefined && range === undefined) return undefined;
    return this.select(tenant, selector ?? ALL_SERIES, undefined, range);
  }

  labelNames(tenant: string, selector?: Selector, range?: TimeRange): string[] {
    return this.byLabel.labelNames(tenant, this.selectSome(tenant, selector, range));
  }

  labelValues(tenant: string, name: string, selector?: Selector, range?: TimeRange): string[] {
    return this.byLabel.labelValues(tenant, name, this.selectSome(tenant, selector, range));
  }

  cardinality(tenant: string, limit: number): Cardinality {
    return this.byLabel.cardinality(tenant, limit);
  }

  metricNames(tenant: string): Map<string, number> {
    return this.byLabel.counts(tenant, NAME_LABEL);
  }

  latest(ref: SeriesRef, notBeforeMs: number): LatestSample | undefined {
    return this.head.latest(ref, notBeforeMs);
  }

  recent(ref: SeriesRef, sinceMs: number): { times: Float64Array; values: Float64Array } {
    return this.head.read(ref, sinceMs, Infinity);
  }

  private question(tenant: string, startMs: number, endMs: number) {
    const cutoffMs = this.options.retention.cutoffMs("metrics");
    return { tenant, startMs: Math.max(startMs, cutoffMs), endMs };
  }

  scan(
    tenant: string,
    refs: readonly SeriesRef[],
    startMs: number,
    endMs: number,
    signal: AbortSignal,
  ): AsyncIterable<readonly SeriesSamples[]> {
    return this.reader.scan(this.question(tenant, startMs, endMs), refs, signal);
  }

  range(
    tenant: string,
    refs: readonly SeriesRef[],
    startMs: number,
    endMs: number,
  ): Promise<SeriesSamples[]> {
    return this.reader.range(this.question(tenant, startMs, endMs), refs);
  }

  watch(ref: SeriesRef): void {
    if (ref >= this.watched.length) {
      const bigger = new Uint8Array(Math.max(this.watched.length * 2, ref + 1));
      bigger.set(this.watched);
      this.watched = bigger;
    }
    this.watched[ref] = 1;
  }

  unwatch(ref: SeriesRef): void {
    if (ref < this.watched.length) this.watched[ref] = 0;
  }

  onWatched(listener: (refs: readonly SeriesRef[]) => void): () => void {
    this.watchListeners.add(listener);
    return () => this.watchListeners.delete(listener);
  }

  onSeries(listener: (tenant: string, ref: SeriesRef, labels: LabelSet) => void): () => void {
    this.seriesListeners.add(listener);
    return () => this.seriesListeners.delete(listener);
  }

  /** Forgets samples in memory that are older than the head's window. */
  expire(): void {
    this.head.expire(this.options.now() - this.options.headWindowMs);
  }

  stats(): {
    samplesTotal: number;
    series: number;
    headBytes: number;
    headEvictedSamples: number;
    seriesRefused: number;
  } {
    return {
      samplesTotal: this.samplesTotal,
      series: this.index.size,
      headBytes: this.head.bytes,
      headEvictedSamples: this.head.evictedSamples,
      seriesRefused: this.seriesRefused,
    };
  }
}
