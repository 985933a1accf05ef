import { isMarker, labelKey, wordsOf, writeHistogramMarker, writeStale, type LabelSet } from "#lib";

import type { Appender, SeriesRef } from "./types.ts";

/** The bytes of the histogram that stands at an index of the batch. */
export interface BatchHistogram {
  at: number;
  bytes: Uint8Array;
}

/** What the samples of one commit are: series, times and values, of which the first `size` count. */
export interface SampleBatch {
  refs: Int32Array;
  times: Float64Array;
  values: Float64Array;
  words: Uint32Array;
  size: number;
  /** Ascending by index; where one stands, the value is the histogram marker. */
  histograms: BatchHistogram[];
}

export interface AppenderTarget {
  resolve(tenant: string, key: string, labels: LabelSet): SeriesRef;
  commit(tenant: string, batch: SampleBatch): Promise<void>;
}

const makeBatch = (capacity: number): SampleBatch => {
  const values = new Float64Array(capacity);
  return {
    refs: new Int32Array(capacity),
    times: new Float64Array(capacity),
    values,
    words: wordsOf(values),
    size: 0,
    histograms: [],
  };
};

/** Columns that double when they are full and are used again after each commit. */
export class SampleAppender implements Appender {
  private readonly tenant: string;
  private readonly target: AppenderTarget;
  private batch = makeBatch(64);

  constructor(tenant: string, target: AppenderTarget) {
    this.tenant = tenant;
    this.target = target;
  }

  get size(): number {
    return this.batch.size;
  }

  get capacity(): number {
    return this.batch.refs.length;
  }

  series(labels: LabelSet): SeriesRef {
    return this.target.resolve(this.tenant, labelKey(labels), labels);
  }

  append(ref: SeriesRef, timeMs: number, value: number): void {
    const at = this.next(ref, timeMs);
    this.batch.values[at] = value;
    // A value that happens to have a marker's bits is a plain NaN to whoever sent it.
    if (value !== value && isMarker(this.batch.words, at)) this.batch.words[at * 2] = 1;
  }

  appendStale(ref: SeriesRef, timeMs: number): void {
    writeStale(this.batch.words, this.next(ref, timeMs));
  }

  appendHistogram(ref: SeriesRef, timeMs: number, bytes: Uint8Array): void {
    const at = this.next(ref, timeMs);
    writeHistogramMarker(this.batch.words, at);
    this.batch.histograms.push({ at, bytes: bytes.slice() });
  }

  private next(ref: SeriesRef, timeMs: number): number {
    if (this.batch.size === this.batch.refs.length) {
      const bigger = makeBatch(this.batch.size * 2);
      bigger.refs.set(this.batch.refs);
      bigger.times.set(this.batch.times);
      bigger.values.set(this.batch.values);
      bigger.size = this.batch.size;
      bigger.histograms = this.batch.histograms;
      this.batch = bigger;
    }
    const at = this.batch.size++;
    this.batch.refs[at] = ref;
    this.batch.times[at] = timeMs;
    return at;
  }

  async commit(): Promise<void> {
    try {
      if (this.batch.size > 0) await this.target.commit(this.tenant, this.batch);
    } finally {
      this.rollback();
    }
  }

  rollback(): void {
    this.batch.size = 0;
    if (this.batch.histograms.length > 0) this.batch.histograms = [];
  }
}
