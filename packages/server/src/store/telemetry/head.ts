import { isStale, wordsOf, writeStale } from "#lib";

import type { LatestSample, SeriesRef } from "./types.ts";

/** Samples per chunk: eight minutes at one sample per 15 s. */
const CHUNK = 32;
/** Chunks per slab; slabs are allocated as they are needed and never given back. */
const SLAB = 512;
const CHUNK_BYTES = CHUNK * 16;
const NONE = -1;

interface Slab {
  times: Float64Array;
  values: Float64Array;
  words: Uint32Array;
}

/** Doubles a typed array until it holds `length` elements. */
function grown<T extends Int32Array | Uint8Array | Float64Array>(
  array: T,
  length: number,
  fill: number,
): T {
  if (length <= array.length) return array;
  const bigger = new (array.constructor as new (length: number) => T)(
    Math.max(1024, array.length * 2, length),
  );
  bigger.set(array);
  bigger.fill(fill, array.length);
  return bigger;
}

/**
 * The newest samples of every series, in columns: chunks of 32 samples from a bounded arena, linked per series.
 * When the arena is full the oldest chunk goes; its samples are in the store's tables. Nothing is allocated per sample.
 */
export class Head {
  private readonly maxChunks: number;
  private readonly slabs: Slab[] = [];
  private chunkCount = 0;
  private freeChunks: number[] = [];
  private next = new Int32Array(0);
  private counts = new Uint8Array(0);
  private oldest = new Int32Array(0);
  private newest = new Int32Array(0);
  /** From when on the head has every sample of the series. */
  private completeFrom = new Float64Array(0);
  private lastTimes = new Float64Array(0);
  /** Owners of chunks in the order of their allocation: the front one's oldest chunk is the next to go. */
  private queue: SeriesRef[] = [];
  private queueStart = 0;
  evictedSamples = 0;

  constructor(maxBytes: number) {
    this.maxChunks = Math.max(16, Math.floor(maxBytes / CHUNK_BYTES));
  }

  get bytes(): number {
    return this.slabs.length * SLAB * CHUNK_BYTES;
  }

  /** Room for samples, for whoever fills the head at start. */
  get capacity(): number {
    return this.maxChunks * CHUNK;
  }

  /** Makes a series known. `completeFromMs` is -Infinity for a series that the store has never seen. */
  open(ref: SeriesRef, completeFromMs: number): void {
    this.oldest = grown(this.oldest, ref + 1, NONE);
    this.newest = grown(this.newest, ref + 1, NONE);
    this.completeFrom = grown(this.completeFrom, ref + 1, Infinity);
    this.lastTimes = grown(this.lastTimes, ref + 1, -Infinity);
    this.oldest[ref] = NONE;
    this.newest[ref] = NONE;
    this.completeFrom[ref] = completeFromMs;
    this.lastTimes[ref] = -Infinity;
  }

  lastTime(ref: SeriesRef): number {
    return this.lastTimes[ref] ?? -Infinity;
  }

  isCompleteFrom(ref: SeriesRef, timeMs: number): boolean {
    return (this.completeFrom[ref] ?? Infinity) <= timeMs;
  }

  /** False when the series certainly has no samples in the range. */
  mayHave(ref: SeriesRef, startMs: number, _endMs: number): boolean {
    return !this.isCompleteFrom(ref, startMs) || this.lastTime(ref) >= startMs;
  }

  /**
   * Appends a sample, or a stale marker when `stale`. A sample that is not newer than the newest is not taken: the
   * tables have it, and the head is complete only from after it.
   * @returns whether it was taken.
   */
  append(ref: SeriesRef, timeMs: number, value: number, stale: boolean): boolean {
    const last = this.lastTimes[ref] ?? -Infinity;
    if (timeMs <= last) {
      if (timeMs < last && timeMs >= (this.completeFrom[ref] ?? Infinity))
        this.completeFrom[ref] = timeMs + 1;
      return false;
    }
    let chunk = this.newest[ref] ?? NONE;
    if (chunk === NONE || this.counts[chunk] === CHUNK) chunk = this.link(ref);
    const slab = this.slab(chunk);
    const at = (chunk % SLAB) * CHUNK + (this.counts[chunk] ?? 0);
    slab.times[at] = timeMs;
    if (stale) writeStale(slab.words, at);
    else slab.values[at] = value;
    this.counts[chunk] = (this.counts[chunk] ?? 0) + 1;
    this.lastTimes[ref] = timeMs;
    return true;
  }

  /** Newest sample, unless it is a stale marker or older than asked. */
  latest(ref: SeriesRef, notBeforeMs: number): LatestSample | undefined {
    const chunk = this.newest[ref] ?? NONE;
    const timeMs = this.lastTimes[ref] ?? -Infinity;
    if (chunk === NONE || timeMs < notBeforeMs) return undefined;
    const slab = this.slab(chunk);
    const at = (chunk % SLAB) * CHUNK + (this.counts[chunk] ?? 1) - 1;
    if (isStale(slab.words, at)) return undefined;
    return { ref, timeMs, value: slab.values[at] ?? Number.NaN };
  }

  /** Samples with startMs <= time <= endMs as two columns. */
  read(
    ref: SeriesRef,
    startMs: number,
    endMs: number,
  ): { times: Float64Array; values: Float64Array } {
    let length = 0;
    this.scan(ref, startMs, endMs, (_slab, from, to) => (length += to - from));
    const times = new Float64Array(length);
    const values = new Float64Array(length);
    let position = 0;
    this.scan(ref, startMs, endMs, (slab, from, to) => {
      times.set(slab.times.subarray(from, to), position);
      values.set(slab.values.subarray(from, to), position);
      position += to - from;
    });
    return { times, values };
  }

  /** Frees the chunks at the front of the queue whose samples are all older than the window. */
  expire(beforeMs: number): void {
    // Each entry is looked at once a call: a slow series at the front must not hide what is behind it.
    for (let left = this.queue.length - this.queueStart; left > 0; left--) {
      const ref = this.queue[this.queueStart++];
      if (ref === undefined) continue;
      if (this.endOf(this.oldest[ref] ?? NONE) < beforeMs) this.unlinkOldest(ref);
      else this.queue.push(ref);
    }
    this.queue = this.queue.slice(this.queueStart);
    this.queueStart = 0;
  }

  private endOf(chunk: number): number {
    if (chunk === NONE) return Infinity;
    return (
      this.slab(chunk).times[(chunk % SLAB) * CHUNK + (this.counts[chunk] ?? 1) - 1] ?? Infinity
    );
  }

  private slab(chunk: number): Slab {
    const slab = this.slabs[Math.floor(chunk / SLAB)];
    if (slab === undefined) throw new Error(`chunk ${chunk} was never allocated`);
    return slab;
  }

  private scan(
    ref: SeriesRef,
    startMs: number,
    endMs: number,
    take: (slab: Slab, from: number, to: number) => void,
  ): void {
    for (let chunk = this.oldest[ref] ?? NONE; chunk !== NONE; chunk = this.next[chunk] ?? NONE) {
      if (this.endOf(chunk) < startMs) continue;
      const slab = this.slab(chunk);
      const base = (chunk % SLAB) * CHUNK;
      let from = base;
      let to = base + (this.counts[chunk] ?? 0);
      while (from < to && (slab.times[from] ?? 0) < startMs) from++;
      while (to > from && (slab.times[to - 1] ?? 0) > endMs) to--;
      if (to > from) take(slab, from, to);
      else if ((slab.times[base] ?? 0) > endMs) return;
    }
  }

  private link(ref: SeriesRef): number {
    const chunk = this.allocate();
    this.next[chunk] = NONE;
    this.counts[chunk] = 0;
    // Read after allocating: making room may have freed this very series' last chunk.
    const last = this.newest[ref] ?? NONE;
    if (last === NONE) this.oldest[ref] = chunk;
    else this.next[last] = chunk;
    this.newest[ref] = chunk;
    this.queue.push(ref);
    return chunk;
  }

  private allocate(): number {
    const free = this.freeChunks.pop();
    if (free !== undefined) return free;
    if (this.chunkCount >= this.maxChunks) {
      this.evictOne();
      const freed = this.freeChunks.pop();
      if (freed !== undefined) return freed;
    }
    const chunk = this.chunkCount++;
    if (Math.floor(chunk / SLAB) >= this.slabs.length) {
      const values = new Float64Array(SLAB * CHUNK);
      this.slabs.push({ times: new Float64Array(SLAB * CHUNK), values, words: wordsOf(values) });
      this.next = grown(this.next, this.slabs.length * SLAB, NONE);
      this.counts = grown(this.counts, this.slabs.length * SLAB, 0);
    }
    return chunk;
  }

  private evictOne(): void {
    const ref = this.queue[this.queueStart++];
    if (this.queueStart > 4096 && this.queueStart * 2 > this.queue.length) {
      this.queue = this.queue.slice(this.queueStart);
      this.queueStart = 0;
    }
    if (ref !== undefined) this.evictedSamples += this.unlinkOldest(ref);
  }

  /** @returns how many samples went. */
  private unlinkOldest(ref: SeriesRef): number {
    const chunk = this.oldest[ref] ?? NONE;
    if (chunk === NONE) return 0;
    this.completeFrom[ref] = Math.max(this.completeFrom[ref] ?? -Infinity, this.endOf(chunk) + 1);
    this.oldest[ref] = this.next[chunk] ?? NONE;
    if (this.newest[ref] === chunk) this.newest[ref] = NONE;
    this.freeChunks.push(chunk);
    return this.counts[chunk] ?? 0;
  }
}
