import { isHistogramMarker, wordsOf } from "#lib";

import type { HistogramRow, Tables } from "./tables.ts";
import type { SeriesRef, SeriesSamples } from "./types.ts";

/** What a histogram costs in memory besides its bytes. */
const OVERHEAD_BYTES = 120;

interface Held {
  ref: SeriesRef;
  timeMs: number;
  bytes: Uint8Array;
}

interface HistogramsOptions {
  tables: Tables;
  /** Memory for the newest histograms; older ones are read from the tables. */
  maxBytes: number;
  idOf(ref: SeriesRef): bigint;
  /** Histograms that are durable but not in the tables yet. */
  pending(tenant: string): HistogramRow[];
}

/** Bytes of native histograms, found by series and time: the newest in memory, the others in the tables. */
export class Histograms {
  private readonly options: HistogramsOptions;
  private readonly held = new Map<SeriesRef, Map<number, Uint8Array>>();
  /** In order of arrival; the first are the next to go. */
  private queue: Held[] = [];
  private queueStart = 0;
  bytes = 0;

  constructor(options: HistogramsOptions) {
    this.options = options;
  }

  /** Of two at the same time the first one stays, as with samples. */
  add(ref: SeriesRef, timeMs: number, bytes: Uint8Array): void {
    let times = this.held.get(ref);
    if (times === undefined) this.held.set(ref, (times = new Map()));
    if (times.has(timeMs)) return;
    times.set(timeMs, bytes);
    this.queue.push({ ref, timeMs, bytes });
    this.bytes += bytes.length + OVERHEAD_BYTES;
    while (this.bytes > this.options.maxBytes && this.queueStart < this.queue.length) this.evict();
  }

  /** The bytes at that time, from memory only. */
  get(ref: SeriesRef, timeMs: number): Uint8Array | undefined {
    return this.held.get(ref)?.get(timeMs);
  }

  private evict(): void {
    const oldest = this.queue[this.queueStart++];
    if (oldest === undefined) return;
    const times = this.held.get(oldest.ref);
    times?.delete(oldest.timeMs);
    if (times?.size === 0) this.held.delete(oldest.ref);
    this.bytes -= oldest.bytes.length + OVERHEAD_BYTES;
    if (this.queueStart > 4096 && this.queueStart * 2 > this.queue.length) {
      this.queue = this.queue.slice(this.queueStart);
      this.queueStart = 0;
    }
  }

  /**
   * Gives the series whose values have markers their histograms. The order of the series stays as it is.
   * @returns nothing when that is done: most series have none.
   */
  attach(tenant: string, series: readonly SeriesSamples[]): Promise<void> | undefined {
    const missing: SeriesSamples[] = [];
    for (const one of series) if (!this.attachHeld(one)) missing.push(one);
    return missing.length === 0 ? undefined : this.attachStored(tenant, missing);
  }

  private async attachStored(tenant: string, missing: readonly SeriesSamples[]): Promise<void> {
    const byId = new Map(missing.map((one) => [this.options.idOf(one.ref), one]));
    const startMs = Math.min(...missing.map(({ times }) => times[0] ?? Infinity));
    const endMs = Math.max(...missing.map(({ times }) => times.at(-1) ?? -Infinity));
    // Taken before the tables are read: what is inserted in between is found twice, not missed.
    const pending = this.options.pending(tenant);
    const stored = await this.options.tables.readHistograms(
      tenant,
      [...byId.keys()],
      startMs,
      endMs,
    );
    for (const row of [...stored, ...pending]) {
      const one = byId.get(row.id);
      if (one !== undefined) place(one, row);
    }
  }

  /** Whether nothing is missing. */
  private attachHeld(series: SeriesSamples): boolean {
    const { values } = series;
    let words: Uint32Array | undefined;
    const times = this.held.get(series.ref);
    let complete = true;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (value === value) continue;
      words ??= wordsOf(values);
      if (!isHistogramMarker(words, i)) continue;
      const histograms = (series.histograms ??= Array.from<undefined>({
        length: values.length,
      }));
      const bytes = times?.get(series.times[i] as number);
      if (bytes === undefined) complete = false;
      else histograms[i] = bytes;
    }
    return complete;
  }
}

/** Puts a histogram where its time is, unless one stands there already. */
function place({ times, histograms }: SeriesSamples, { timeMs, bytes }: HistogramRow): void {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) < timeMs) low = middle + 1;
    else high = middle;
  }
  if (times[low] === timeMs && histograms !== undefined) histograms[low] ??= bytes;
}
