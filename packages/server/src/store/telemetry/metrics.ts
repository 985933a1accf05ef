import { randomInt } from "node:crypto";

import type { Labels } from "@fleetlight/promql";

import { limitReached, labelKey, NAME_LABEL, type LabelSet, type Now, type Selector } from "#lib";

import { SampleAppender, type AppenderTarget, type SampleBatch } from "./appender.ts";
import { nameSeries, placesOf, type KeptImage, type RefsById } from "./head-file.ts";
import { HeadRecovery } from "./head-recovery.ts";
import { Head } from "./head.ts";
import { Histograms } from "./histograms.ts";
import { LabelIndex } from "./label-index.ts";
import { MetricReader } from "./metric-reader.ts";
import type { RollupHours } from "./rollup-hours.ts";
import { Rollups } from "./rollups.ts";
import type { Retention } from "./retention.ts";
import { compareContent } from "./same-content.ts";
import { SeriesIndex } from "./series-index.ts";
import { finishInTurns } from "./series-search.ts";
import type { MetadataRow, Tables } from "./tables.ts";
import type {
  Alive,
  Appender,
  Cardinality,
  LatestSample,
  MetricMetadata,
  MetricStore,
  ScanOptions,
  SelectOptions,
  SeriesRef,
  SeriesSamples,
  TimeRange,
} from "./types.ts";
import { draftBatch } from "./wal-records.ts";
import type { BatchWriter } from "./writer.ts";

const DAY_MS = 86_400_000;
/** Memory for the newest native histograms; older ones are read from the tables. */
const HISTOGRAM_BYTES = 64 << 20;
/** Metadata of at most this many metrics is kept. */
const MAX_METADATA = 100_000;

interface MetricsOptions {
  tables: Tables;
  writer: BatchWriter;
  retention: Retention;
  headMaxBytes: number;
  headWindowMs: number;
  maxSeries: number;
  now: Now;
  /** Absent when nothing is rolled up. */
  rollups?: RollupHours | undefined;
  onError(message: string): void;
}

/** Samples and series: an index and a live head in memory, the writer towards the tables, and the tables behind. */
export class Metrics implements MetricStore, AppenderTarget {
  private readonly options: MetricsOptions;
  private readonly index = new SeriesIndex((ref) => this.byLabel.labelsOf(ref), randomInt(2 ** 32));
  private readonly byLabel = new LabelIndex();
  private readonly head: Head;
  private readonly recovery: HeadRecovery;
  private readonly histograms: Histograms;
  readonly rollups: Rollups | undefined;
  private readonly reader: MetricReader;
  private readonly descriptions = new Map<string, MetricMetadata>();
  private undescribed: MetadataRow[] = [];
  /** Day on which the series' row was last written to the tables, by ref; 0 means never. */
  private seenDays = new Int32Array(1024);
  private watched = new Uint8Array(1024);
  private readonly watchListeners = new Set<(refs: readonly SeriesRef[]) => void>();
  private readonly writeListeners = new Set<(tenant: string, earliestMs: number) => void>();
  private readonly seriesListeners = new Set<
    (tenant: string, ref: SeriesRef, labels: LabelSet) => void
  >();
  private samplesTotal = 0;
  private seriesRefused = 0;

  constructor(options: MetricsOptions) {
    this.options = options;
    const { writer } = options;
    this.head = new Head(options.headMaxBytes, {
      taken: () => writer.rowsInserted + writer.pendingRows,
      inserted: () => writer.rowsInserted,
    });
    this.recovery = new HeadRecovery({
      head: this.head,
      tables: options.tables,
      idOf: (ref) => this.idOf(ref),
      flush: () => writer.flush(),
    });
    this.histograms = new Histograms({
      tables: options.tables,
      maxBytes: HISTOGRAM_BYTES,
      idOf: (ref) => this.idOf(ref),
      pending: (tenant) => options.writer.pendingHistograms(tenant),
    });
    this.reader = new MetricReader({
      head: this.head,
      tables: options.tables,
      idOf: (ref) => this.idOf(ref),
      pendingLateSamples: (tenant) => options.writer.pendingLateSamples(tenant),
    });
    const { index, byLabel, head, reader } = this;
    this.rollups =
      options.rollups && new Rollups(options.rollups, { ...options, index, byLabel, head, reader });
  }

  /** Learns series and metadata from the tables and fills the head with the samples since then. @returns the series by tenant and id. */
  async load(
    seriesSinceMs: number,
    samplesSinceMs: number,
    kept?: KeptImage,
  ): Promise<ReadonlyMap<string, ReadonlyMap<bigint, SeriesRef>>> {
    const { tables, maxSeries } = this.options;
    for (const { tenant, metric, type, unit, help } of await tables.loadMetadata())
      this.descriptions.set(`${tenant}\u0002${metric}`, { type, unit, help });
    const refs = new Map<string, Map<bigint, SeriesRef>>();
    const liveSinceMs = this.options.retention.cutoffMs("metrics") - DAY_MS;
    for (const row of await tables.loadSeries(seriesSinceMs, maxSeries)) {
      // The newest come first. Of those that only rollups know, new ones are left room.
      if (row.lastSeenMs < liveSinceMs && this.index.size >= maxSeries / 2) break;
      const ref = this.index.add(row.tenant, labelKey(row.labels), row.labels, row.id);
      this.byLabel.add(row.tenant, ref, row.labels);
      this.recovery.add(row.tenant, ref);
      this.seen(ref, Math.floor(row.lastSeenMs / DAY_MS));
      const byId = refs.get(row.tenant) ?? new Map<bigint, SeriesRef>();
      refs.set(row.tenant, byId.set(row.id, ref));
    }
    if (kept === undefined || !this.restore(kept, refs))
      await this.recovery.loadRecent(samplesSinceMs);
    return refs;
  }

  /** Fills the head from an image; false when it cannot be used. */
  private restore(kept: KeptImage, refs: RefsById): boolean {
    const places = placesOf(kept, refs);
    for (let ref = 0; ref < this.index.size; ref++) this.head.open(ref, Infinity);
    if (places.includes(-1) || !this.head.restore(kept.image, places)) return false;
    if (kept.whole && new Set(places).size >= this.index.size) this.recovery.skip();
    return true;
  }

  /** What the head holds, to be given to `load` after the next start. */
  keep(fingerprint: string): KeptImage {
    const named = nameSeries(this.head.image(), this.index.size, (ref) => this.index.entry(ref));
    return { ...named, fingerprint, whole: this.recovery.isDone };
  }

  /** Fills the head from the tables with what is older than `load` has put there; ends early when `signal` aborts. */
  async rebuild(signal: AbortSignal): Promise<void> {
    const { retention, headWindowMs, now } = this.options;
    const oldestMs = Math.max(retention.cutoffMs("metrics"), now() - headWindowMs);
    await this.recovery.rebuild(oldestMs, now(), signal);
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

  *metadataOf(tenant: string): Generator<[string, MetricMetadata]> {
    const prefix = `${tenant}\u0002`;
    for (const [key, metadata] of this.descriptions)
      if (key.startsWith(prefix)) yield [key.slice(prefix.length), metadata];
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
    this.seen(ref, 0);
    for (const listener of this.seriesListeners)
      listener(tenant, ref, this.index.entry(ref).labels);
    return ref;
  }

  async commit(tenant: string, batch: SampleBatch): Promise<void> {
    const { writer } = this.options;
    const newRefs = this.newRefs(batch);
    const metadata = this.undescribed;
    this.undescribed = [];
    const nowMs = this.options.now();
    const draft = draftBatch(
      {
        tenant,
        metadata,
        series: newRefs.map((ref) => {
          const { id, labels } = this.index.entry(ref);
          return { tenant, id, labels, firstSeenMs: nowMs, lastSeenMs: nowMs };
        }),
        histograms: batch.histograms.map(({ at, bytes }) => ({
          id: this.index.idOf(batch.refs[at] as number),
          timeMs: batch.times[at] as number,
          bytes,
        })),
      },
      batch.size,
      (bytes) => writer.pool.take(bytes),
    );
    if (draft.samples !== undefined) {
      this.index.copyIds(batch.refs, draft.samples.ids);
      draft.samples.times.set(batch.times.subarray(0, batch.size));
      draft.samples.values.set(batch.values.subarray(0, batch.size));
    }
    try {
      await writer.write(draft, () => {
        const late = this.show(batch);
        this.tellWrite(tenant, batch);
        return late;
      });
    } catch (error) {
      for (const ref of newRefs) this.seenDays[ref] = 0;
      this.undescribed.unshift(...metadata);
      throw error;
    }
  }

  private tellWrite(tenant: string, { times, size }: SampleBatch): void {
    this.options.rollups?.touch(tenant, times, size);
    if (this.writeListeners.size === 0 || size === 0) return;
    let earliestMs = Infinity;
    for (let i = 0; i < size; i++) earliestMs = Math.min(earliestMs, times[i] as number);
    for (const listener of this.writeListeners) listener(tenant, earliestMs);
  }

  private seen(ref: SeriesRef, day: number): void {
    if (ref >= this.seenDays.length) {
      const bigger = new Int32Array(this.seenDays.length * 2);
      bigger.set(this.seenDays);
      this.seenDays = bigger;
    }
    this.seenDays[ref] = day;
  }

  /** Series that the tables have not seen today. */
  private newRefs(batch: SampleBatch): SeriesRef[] {
    const { seenDays } = this;
    const today = Math.floor(this.options.now() / DAY_MS);
    const found: SeriesRef[] = [];
    for (let i = 0; i < batch.size; i++) {
      const ref = batch.refs[i] as number;
      if (seenDays[ref] === today) continue;
      seenDays[ref] = today;
      found.push(ref);
    }
    return found;
  }

  /**
   * Makes a durable batch visible: into the head, then to those who watch.
   * @returns whether a sample is older than its series' newest, so that the head may not keep it.
   */
  private show(batch: SampleBatch): boolean {
    const touched: SeriesRef[] = [];
    let late = false;
    for (let i = 0; i < batch.size; i++) {
      const ref = batch.refs[i] ?? 0;
      const taken = this.head.append(ref, batch.times, batch.words, i);
      late ||= taken === "late" || taken === "older";
      if (taken === "older") this.recovery.disturb(ref);
      if (this.watched[ref] === 1) touched.push(ref);
    }
    for (const { at, bytes } of batch.histograms)
      this.histograms.add(batch.refs[at] as number, batch.times[at] as number, bytes);
    this.samplesTotal += batch.size;
    if (touched.length > 0) for (const listener of this.watchListeners) listener(touched);
    return late;
  }

  labels(ref: SeriesRef): LabelSet {
    return this.index.entry(ref).labels;
  }

  find(tenant: string, labels: LabelSet): SeriesRef | undefined {
    return this.index.find(tenant, labelKey(labels));
  }

  seriesCount(tenant: string): number {
    return this.index.countOf(tenant);
  }

  newestTime(ref: SeriesRef): number {
    return this.head.lastTime(ref);
  }

  compareAt(
    ref: SeriesRef,
    timeMs: number,
    content: Uint32Array | Uint8Array,
  ): "absent" | "same" | "other" {
    const bits = this.head.valueAt(ref, timeMs);
    if (bits === undefined) return "absent";
    const words = Uint32Array.of(bits.low, bits.high);
    return compareContent(words, content, () => this.histograms.get(ref, timeMs));
  }

  idOf(ref: SeriesRef): bigint {
    return this.index.idOf(ref);
  }

  seriesId(ref: SeriesRef): string {
    return this.index.idOf(ref).toString(16).padStart(16, "0");
  }

  labelsOf(ref: SeriesRef): Labels {
    return this.byLabel.labelsOf(ref);
  }

  select(tenant: string, selector: Selector, limit?: number, range?: TimeRange): SeriesRef[] {
    const keep = range && this.aliveIn(range);
    return this.byLabel.select(tenant, selector.matchers, { limit, keep });
  }

  selectInTurns(
    tenant: string,
    selector: Selector,
    { limit, range, signal }: SelectOptions = {},
  ): Promise<SeriesRef[]> {
    const limits = { limit, keep: range && this.aliveIn(range) };
    return finishInTurns(this.byLabel.search(tenant, selector.matchers, limits), signal);
  }

  private aliveIn({ startMs, endMs }: TimeRange): (ref: SeriesRef) => boolean {
    return (ref) => this.head.mayHave(ref, startMs, endMs);
  }

  labelNames(tenant: string, refs?: readonly SeriesRef[]): string[] {
    return this.byLabel.labelNames(tenant, refs);
  }

  labelValues(tenant: string, name: string, refs?: readonly SeriesRef[]): string[] {
    return this.byLabel.labelValues(tenant, name, refs);
  }

  labelNamesIn(tenant: string, { range, signal }: Alive): Promise<string[]> {
    return finishInTurns(this.byLabel.keptNames(tenant, this.aliveIn(range)), signal);
  }

  labelValuesIn(tenant: string, name: string, { range, signal }: Alive): Promise<string[]> {
    return finishInTurns(this.byLabel.keptValues(tenant, name, this.aliveIn(range)), signal);
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

  async *scan(
    tenant: string,
    refs: readonly SeriesRef[],
    startMs: number,
    endMs: number,
    signal: AbortSignal,
    options?: ScanOptions,
  ): AsyncGenerator<readonly SeriesSamples[]> {
    const question = this.question(tenant, startMs, endMs);
    for await (const batch of this.reader.scan(question, refs, signal, options)) {
      const attaching = this.histograms.attach(tenant, batch);
      if (attaching !== undefined) await attaching;
      yield batch;
    }
  }

  async range(
    tenant: string,
    refs: readonly SeriesRef[],
    startMs: number,
    endMs: number,
  ): Promise<SeriesSamples[]> {
    const found = await this.reader.range(this.question(tenant, startMs, endMs), refs);
    await this.histograms.attach(tenant, found);
    return found;
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

  onWrite(listener: (tenant: string, earliestMs: number) => void): () => void {
    this.writeListeners.add(listener);
    return () => this.writeListeners.delete(listener);
  }

  onSeries(listener: (tenant: string, ref: SeriesRef, labels: LabelSet) => void): () => void {
    this.seriesListeners.add(listener);
    return () => this.seriesListeners.delete(listener);
  }

  /** Forgets samples in memory that are older than the head's window. */
  expire(): void {
    const now = this.options.now();
    this.head.expire(now - this.options.headWindowMs, now);
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
