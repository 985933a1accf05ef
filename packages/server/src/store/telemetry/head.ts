import { isMarker } from "#lib";

import { MAX_CHUNK_SAMPLES } from "./head-bytes.ts";
import {
  countOf,
  endOf,
  HEADER_BYTES,
  NONE,
  previousOf,
  setPrevious,
  Slabs,
  startOf,
  writeHeader,
  type ArrivalGuard,
  type ChunkHeader,
} from "./head-slabs.ts";
import { TAIL_SAMPLES, TailPool } from "./head-tails.ts";
import { decodeTimes, encodeTimes } from "./head-times.ts";
import { decodeValues, encodeValues, viewsOf, type ValueColumn } from "./head-values.ts";
import { imageOf, restoreImage, type HeadImage } from "./head-image.ts";
import { joinColumns, lowerBound, strictlyAscending, type Columns } from "./join.ts";
import { LateSamples } from "./late-samples.ts";
import { copyPart, SampleSink } from "./sample-sink.ts";
import { SeriesColumns } from "./series-columns.ts";
import type { LatestSample, SeriesRef } from "./types.ts";

/**
 * Open samples are encoded early when they take more than a share of the head's bytes: the shorter a chunk would be, the larger the
 * share. A chunk of 16 samples takes twice the bytes of one of 128.
 */
const EARLY: readonly { count: number; share: number }[] = [
  { count: 32, share: 0.35 },
  { count: 16, share: 0.6 },
  { count: 4, share: 0.9 },
];
/** Samples that are written anew for each late one, at most. */
const REWRITE_RATIO = 16;
/** Fewer samples than this are not encoded when they are put into an empty series. */
const SHORT_FILL = 48;
/** An open sample older than this is encoded when the head is next looked through. */
const IDLE_MS = 30 * 60_000;

const NO_GUARD: ArrivalGuard = { taken: () => 0, inserted: () => Infinity };
const NO_SAMPLES: Columns = { times: new Float64Array(0), values: new Float64Array(0) };

/** What became of a sample: taken; taken although a newer one is there; not taken as there is one at that time; too old. */
export type Taken = "newest" | "late" | "double" | "older";

/** The bits of one value. */
export interface ValueBits {
  low: number;
  high: number;
}

/**
 * The newest samples of every series in memory. Each series has a few open samples; when there are enough they are encoded into
 * a chunk (docs/adr/006). Chunks lie one after the other in slabs in the order of their making, linked per series from the newest
 * to the oldest. When memory is short, the slab with the oldest samples goes, if the tables have them.
 */
export class Head {
  readonly maxBytes: number;
  private readonly slabs: Slabs;
  private readonly tails: TailPool;
  private readonly series = new SeriesColumns();
  private readonly lates = new Map<SeriesRef, LateSamples>();
  private readonly encoded = new Uint8Array(HEADER_BYTES + MAX_CHUNK_SAMPLES * 20);
  /** Room for the samples of one chunk, for as long as a method runs. */
  private readonly scratch = {
    times: new Float64Array(MAX_CHUNK_SAMPLES),
    column: viewsOf(new Float64Array(MAX_CHUNK_SAMPLES)),
  };
  evictedSamples = 0;
  /** Samples that are in the head; those that were written anew count once. */
  samples = 0;

  constructor(maxBytes: number, guard: ArrivalGuard = NO_GUARD) {
    this.maxBytes = maxBytes;
    this.tails = new TailPool(maxBytes);
    this.slabs = new Slabs(maxBytes, guard);
  }

  get bytes(): number {
    return this.slabs.bytes + this.tails.bytes;
  }

  /** Samples for which there is room in any case, for whoever fills the head at start. */
  get capacity(): number {
    return Math.max(1024, Math.floor(this.maxBytes / 4));
  }

  /** Makes a series known. `completeFromMs` is -Infinity for a series that the store has never seen. */
  open(ref: SeriesRef, completeFromMs: number): void {
    this.series.open(ref, completeFromMs);
  }

  /** Newest time of the series; -Infinity when the head knows none. */
  lastTime(ref: SeriesRef): number {
    return this.series.lastTimes[ref] as number;
  }

  isCompleteFrom(ref: SeriesRef, timeMs: number): boolean {
    return (this.series.completeFrom[ref] as number) <= timeMs;
  }

  /** False when the series certainly has no samples in the range. */
  mayHave(ref: SeriesRef, startMs: number, endMs: number): boolean {
    if ((this.series.firstTimes[ref] as number) > endMs) return false;
    return !this.isCompleteFrom(ref, startMs) || this.lastTime(ref) >= startMs;
  }

  /**
   * Takes the sample at an index of two columns, the values as 32-bit halves. Of equal times the first wins. Numbers that are
   * handed from function to function are allocated one by one; those in columns are not.
   */
  append(ref: SeriesRef, times: Float64Array, words: Uint32Array, index: number): Taken {
    const timeMs = Math.floor(times[index] as number);
    const { lastTimes, lastWords } = this.series;
    const low = words[index * 2] as number;
    const high = words[index * 2 + 1] as number;
    const last = lastTimes[ref] as number;
    if (timeMs <= last) {
      if (timeMs === last) return "double";
      return this.appendLate(ref, timeMs, low, high);
    }
    this.push(ref, times, words, index);
    lastTimes[ref] = timeMs;
    lastWords[ref * 2] = low;
    lastWords[ref * 2 + 1] = high;
    if (timeMs < (this.series.firstTimes[ref] as number)) this.series.firstTimes[ref] = timeMs;
    return "newest";
  }

  private push(ref: SeriesRef, times: Float64Array, words: Uint32Array, index: number): void {
    const { tailCounts, tailPlaces } = this.series;
    const count = tailCounts[ref] as number;
    let place = tailPlaces[ref] as number;
    if (place === NONE || this.tails.isFull(count)) place = this.growTail(ref, place, count);
    const filled = tailCounts[ref] as number;
    this.tails.put(place, filled, times, words, index);
    tailCounts[ref] = filled + 1;
    this.samples++;
    // The first chunk's length differs from series to series, so that they are not all encoded in the same round.
    if (filled + 1 === (this.series.sealAt[ref] as number)) {
      this.series.sealAt[ref] = TAIL_SAMPLES;
      this.seal(ref);
    }
  }

  /** A larger place for the open samples, or a small empty one after encoding them when memory is short. */
  private growTail(ref: SeriesRef, place: number, count: number): number {
    const { tailPlaces } = this.series;
    let size = 0;
    if (place !== NONE) {
      size = this.tails.sizeOf(place) + 1;
      const used = this.tails.bytes / this.maxBytes;
      const full = EARLY.some((rule) => count >= rule.count && used > rule.share);
      if (full) {
        this.seal(ref);
        size = 0;
      }
    }
    const old = tailPlaces[ref] as number;
    const taken = old === NONE ? this.tails.take(size) : this.tails.move(old, count, size);
    tailPlaces[ref] = taken;
    return taken;
  }

  /** Encodes the open samples. */
  private seal(ref: SeriesRef): void {
    const { tailCounts, tailPlaces } = this.series;
    const place = tailPlaces[ref] as number;
    const count = tailCounts[ref] as number;
    if (place === NONE) return;
    if (count > 0) {
      const { times, column } = this.scratch;
      this.tails.copy(place, count, -Infinity, Infinity, this.scratch, 0);
      this.writeChunk(ref, times, column, 0, count);
    }
    this.tails.release(place);
    tailPlaces[ref] = NONE;
    tailCounts[ref] = 0;
  }

  private writeChunk(
    ref: SeriesRef,
    times: Float64Array,
    column: ValueColumn,
    from: number,
    count: number,
  ): void {
    const { newest } = this.series;
    const startMs = times[from] as number;
    const endMs = times[from + count - 1] as number;
    const { encoded } = this;
    const values = encodeTimes(times, from, count, encoded, HEADER_BYTES);
    const bytes = encodeValues(column, from, count, encoded, values);
    if (this.slabs.needsSlab(bytes)) this.makeRoom();
    const address = this.slabs.take(bytes, endMs);
    const slab = this.slabs.slabOf(address);
    if (slab === undefined) return;
    const at = this.slabs.offset(address);
    slab.bytes.set(encoded.subarray(HEADER_BYTES, bytes), at + HEADER_BYTES);
    writeHeader(slab, at, { ref, count, previous: newest[ref] as number, startMs, endMs }, bytes);
    newest[ref] = address;
  }

  private makeRoom(): void {
    while (this.bytes + this.slabs.slabBytes > this.maxBytes && this.evict(Infinity, true));
  }

  /** @returns false when no slab may go. */
  private evict(beforeMs: number, counted: boolean): boolean {
    const slab = this.slabs.dropOldest(beforeMs);
    if (slab === undefined) return false;
    const { completeFrom } = this.series;
    for (const { ref, count, endMs } of this.slabs.chunksIn(slab)) {
      if (ref === NONE) continue;
      completeFrom[ref] = Math.max(completeFrom[ref] as number, endMs + 1);
      this.samples -= count;
      if (counted) this.evictedSamples += count;
    }
    return true;
  }

  /** Newest sample, unless it is a marker or older than asked. */
  latest(ref: SeriesRef, notBeforeMs: number): LatestSample | undefined {
    const { lastTimes, lastWords, lastValues } = this.series;
    const timeMs = lastTimes[ref] as number;
    if (timeMs < notBeforeMs || timeMs === -Infinity) return undefined;
    if (isMarker(lastWords, ref)) return undefined;
    return { ref, timeMs, value: lastValues[ref] as number };
  }

  /** The bits of the value at exactly that time, if the head has it; one lookup for the newest sample. */
  valueAt(ref: SeriesRef, time: number): ValueBits | undefined {
    const timeMs = Math.floor(time);
    const { lastTimes, lastWords } = this.series;
    const last = lastTimes[ref] as number;
    if (timeMs > last) return undefined;
    if (timeMs === last)
      return { low: lastWords[ref * 2] as number, high: lastWords[ref * 2 + 1] as number };
    return this.lates.get(ref)?.find(timeMs) ?? this.findOlder(ref, timeMs);
  }

  private findOlder(ref: SeriesRef, timeMs: number): ValueBits | undefined {
    const { values } = this.readOrdered(new SampleSink(0), ref, timeMs, timeMs);
    if (values.length === 0) return undefined;
    const [low = 0, high = 0] = new Uint32Array(values.buffer, values.byteOffset, 2);
    return { low, high };
  }

  /** Samples with startMs <= time <= endMs as two columns. */
  read(ref: SeriesRef, startMs: number, endMs: number): Columns {
    return this.readInto(new SampleSink(0), ref, startMs, endMs);
  }

  /** As `read`, into room that is shared with other series. */
  readInto(sink: SampleSink, ref: SeriesRef, startMs: number, endMs: number): Columns {
    const late = this.lates.size === 0 ? undefined : this.lates.get(ref)?.between(startMs, endMs);
    const ordered = this.readOrdered(sink, ref, startMs, endMs);
    return late === undefined || late.times.length === 0 ? ordered : joinColumns(late, ordered);
  }

  /** What came in order: chunks and open samples. */
  private readOrdered(sink: SampleSink, ref: SeriesRef, startMs: number, endMs: number): Columns {
    const chunks: number[] = [];
    const place = this.series.tailPlaces[ref] as number;
    const open = place === NONE ? 0 : (this.series.tailCounts[ref] as number);
    const length = open + this.findChunks(ref, startMs, endMs, chunks);
    if (length === 0) return NO_SAMPLES;
    sink.reserve(length);
    let to = sink.used;
    for (let i = chunks.length - 1; i >= 0; i--)
      to = this.copyChunk(chunks[i] as number, startMs, endMs, sink, to);
    if (open > 0) to = this.tails.copy(place, open, startMs, endMs, sink, to);
    return sink.take(to);
  }

  /** Collects the addresses of chunks that touch the range, the newest first. @returns the number of their samples. */
  private findChunks(ref: SeriesRef, startMs: number, endMs: number, chunks: number[]): number {
    let length = 0;
    for (let address = this.series.newest[ref] as number; ;) {
      const slab = this.slabs.slabOf(address);
      if (slab === undefined) return length;
      const at = this.slabs.offset(address);
      if (endOf(slab, at) < startMs) return length;
      if (startOf(slab, at) <= endMs) {
        chunks.push(address);
        length += countOf(slab, at);
      }
      address = previousOf(slab, at);
    }
  }

  /** Decodes the part of a chunk that lies in the range. @returns where the next sample goes. */
  private copyChunk(
    address: number,
    startMs: number,
    endMs: number,
    sink: SampleSink,
    to: number,
  ): number {
    const slab = this.slabs.slabOf(address);
    if (slab === undefined) return to;
    const at = this.slabs.offset(address);
    const count = countOf(slab, at);
    const [first, last] = [startOf(slab, at), endOf(slab, at)];
    const whole = first >= startMs && last <= endMs;
    const { times, column } = whole ? sink : this.scratch;
    const target = whole ? to : 0;
    const values = decodeTimes(slab.bytes, at + HEADER_BYTES, count, first, last, times, target);
    decodeValues(slab.bytes, values, count, column, target);
    return whole ? to + count : copyPart(times, column, 0, count, startMs, endMs, sink, to);
  }

  private appendLate(ref: SeriesRef, timeMs: number, low: number, high: number): Taken {
    if (timeMs < (this.series.completeFrom[ref] as number)) return "older";
    if (this.valueAt(ref, timeMs) !== undefined) return "double";
    if (timeMs < (this.series.firstTimes[ref] as number)) this.series.firstTimes[ref] = timeMs;
    const late = this.lates.get(ref) ?? new LateSamples();
    this.lates.set(ref, late);
    late.insert(timeMs, low, high);
    this.samples++;
    if (late.size >= late.limit) this.settle(ref, late);
    return "late";
  }

  private dropLate(ref: SeriesRef): void {
    this.samples -= this.lates.get(ref)?.size ?? 0;
    this.lates.delete(ref);
  }

  /**
   * Writes the samples from the first late one on anew, in order; puts it off while that would be much work for few late
   * samples.
   */
  private settle(ref: SeriesRef, late: LateSamples): void {
    let fromMs = Math.min(late.firstTime, this.tailStart(ref));
    let affected = this.series.tailCounts[ref] as number;
    for (const header of this.chunksBack(ref)) {
      if (header.endMs < fromMs) break;
      affected += header.count;
      fromMs = Math.min(fromMs, header.startMs);
    }
    if (affected > late.size * REWRITE_RATIO) {
      late.limit = Math.ceil(affected / REWRITE_RATIO);
      return;
    }
    const joined = joinColumns(
      late.between(fromMs, Infinity),
      this.readOrdered(new SampleSink(0), ref, fromMs, Infinity),
    );
    this.dropLate(ref);
    this.dropFrom(ref, fromMs);
    this.writeAll(ref, joined, joined.times.length);
  }

  /** Time of the first open sample; Infinity when there is none. */
  private tailStart(ref: SeriesRef): number {
    const place = this.series.tailPlaces[ref] as number;
    if (place === NONE || this.series.tailCounts[ref] === 0) return Infinity;
    return this.tails.firstTime(place);
  }

  /** Headers of a series' chunks, the newest first. */
  private chunksBack(ref: SeriesRef): Iterable<ChunkHeader> {
    return this.slabs.back(this.series.newest[ref] as number);
  }

  /** Takes away chunks that begin at that time or later, and the open samples. */
  private dropFrom(ref: SeriesRef, fromMs: number): void {
    const { newest, tailCounts, tailPlaces } = this.series;
    const place = tailPlaces[ref] as number;
    this.samples -= tailCounts[ref] as number;
    if (place !== NONE) this.tails.release(place);
    tailPlaces[ref] = NONE;
    tailCounts[ref] = 0;
    let address = newest[ref] as number;
    for (;;) {
      const slab = this.slabs.slabOf(address);
      if (slab === undefined) break;
      const at = this.slabs.offset(address);
      const [startMs, previous] = [startOf(slab, at), previousOf(slab, at)];
      if (startMs < fromMs) break;
      this.samples -= countOf(slab, at);
      this.slabs.kill(address);
      address = previous;
    }
    newest[ref] = address;
  }

  private writeAll(ref: SeriesRef, { times, values }: Columns, length: number): void {
    const column = viewsOf(values);
    for (let from = 0; from < length; from += MAX_CHUNK_SAMPLES) {
      const count = Math.min(MAX_CHUNK_SAMPLES, length - from);
      this.writeChunk(ref, times, column, from, count);
      this.samples += count;
    }
  }

  /**
   * Puts samples under those that the head has of a series; it is complete from then on. Those that the head has already
   * win over equal times.
   */
  fill(ref: SeriesRef, stored: Columns, completeFromMs: number): void {
    const { completeFrom, lastTimes } = this.series;
    const completeMs = completeFrom[ref] as number;
    // Before anything is written: what is given up meanwhile moves it on.
    completeFrom[ref] = Math.min(completeMs, completeFromMs);
    const firstMs = this.firstHeld(ref);
    const older = lowerBound(stored.times, completeMs);
    if (firstMs === Infinity && stored.times.length < SHORT_FILL) {
      // Few samples stay open: they would make a short chunk.
      const { words } = viewsOf(stored.values);
      for (let i = 0; i < stored.times.length; i++) this.append(ref, stored.times, words, i);
    } else if (
      strictlyAscending(stored.times, older) &&
      !((stored.times[older - 1] as number) >= firstMs)
    )
      this.prepend(ref, stored, older);
    else {
      const joined = joinColumns(stored, this.read(ref, -Infinity, Infinity));
      this.dropFrom(ref, -Infinity);
      this.dropLate(ref);
      this.writeAll(ref, joined, joined.times.length);
    }
    const last = stored.times.length - 1;
    if (last >= 0 && (stored.times[last] as number) > (lastTimes[ref] as number))
      this.keepLast(ref, stored, last);
  }

  private keepLast(ref: SeriesRef, { times, values }: Columns, at: number): void {
    const { lastTimes, lastWords } = this.series;
    const { words } = viewsOf(values);
    lastTimes[ref] = times[at] as number;
    lastWords[ref * 2] = words[at * 2] as number;
    lastWords[ref * 2 + 1] = words[at * 2 + 1] as number;
  }

  /** Time of the oldest sample that the head has of a series; Infinity when there is none. */
  private firstHeld(ref: SeriesRef): number {
    let firstMs = Math.min(this.tailStart(ref), this.lates.get(ref)?.firstTime ?? Infinity);
    for (const { startMs } of this.chunksBack(ref)) firstMs = Math.min(firstMs, startMs);
    return firstMs;
  }

  /** Puts the first `count` samples before all that the head has of the series. */
  private prepend(ref: SeriesRef, columns: Columns, count: number): void {
    const { newest } = this.series;
    const held = newest[ref] as number;
    const oldest = this.slabs.oldestOf(held);
    newest[ref] = NONE;
    this.writeAll(ref, columns, count);
    if (oldest === NONE) return;
    const slab = this.slabs.slabOf(oldest);
    if (slab !== undefined) setPrevious(slab, this.slabs.offset(oldest), newest[ref] as number);
    newest[ref] = held;
  }

  /** Everything that it holds; open samples are encoded first. Good until the next sample comes. */
  image(): HeadImage {
    const { tailCounts, length } = this.series;
    for (let ref = 0; ref < length; ref++) if ((tailCounts[ref] as number) > 0) this.seal(ref);
    return imageOf(this.series, this.slabs, this.lates);
  }

  /**
   * Takes over an image where nothing is held yet, and its memory with it. `refs` says by the place in the image which series
   * it is now, -1 for those that are not known any more; each MUST be there once at most.
   * @returns false when the image was made with other sizes and is of no use.
   */
  restore(image: HeadImage, refs: Int32Array): boolean {
    if (image.slabBytes !== this.slabs.slabBytes || this.samples > 0) return false;
    this.samples = restoreImage(image, refs, this.series, this.slabs, this.lates);
    return true;
  }

  /** Forgets slabs whose samples are all older, and encodes what series that fell silent have open. */
  expire(beforeMs: number, nowMs: number): void {
    while (this.evict(beforeMs, false));
    const { tailCounts, lastTimes } = this.series;
    for (let ref = 0; ref < this.series.length; ref++)
      if ((tailCounts[ref] as number) > 0 && (lastTimes[ref] as number) < nowMs - IDLE_MS)
        this.seal(ref);
    for (const [ref, late] of this.lates)
      if (late.lastTime < (this.series.completeFrom[ref] as number)) this.dropLate(ref);
  }
  // oxlint-disable-next-line max-lines -- one structure, whose parts have files of their own already
}
