import { TAIL_SAMPLES } from "./head-tails.ts";
import type { SeriesRef } from "./types.ts";

const NONE = -1;
const FIRST_CHUNK = 24;

type Column = Int32Array | Uint8Array | Uint32Array | Float64Array;

/** A typed array that holds `length` elements at least; it doubles, and what is new has the value `fill`. */
function grown<T extends Column>(array: T, length: number, fill: number): T {
  if (length <= array.length) return array;
  const bigger = new (array.constructor as new (length: number) => T)(length);
  bigger.set(array);
  bigger.fill(fill, array.length);
  return bigger;
}

/** What the head knows of each series, one column per thing: about 60 bytes a series. */
export class SeriesColumns {
  length = 0;
  /** From when on the head has every sample. */
  completeFrom = new Float64Array(0);
  /** -Infinity when samples before those in the head are possible. */
  firstTimes = new Float64Array(0);
  lastTimes = new Float64Array(0);
  lastValues = new Float64Array(0);
  /** The same as `lastValues`, as 32-bit halves. */
  lastWords = new Uint32Array(0);
  /** Address of the newest chunk. */
  newest = new Float64Array(0);
  tailPlaces = new Int32Array(0);
  tailCounts = new Uint8Array(0);
  /** Open samples at which they are encoded. */
  sealAt = new Uint8Array(0);

  open(ref: SeriesRef, completeFromMs: number): void {
    if (ref >= this.completeFrom.length) this.grow(Math.max(1024, ref + 1, this.length * 2));
    this.length = Math.max(this.length, ref + 1);
    this.completeFrom[ref] = completeFromMs;
    this.firstTimes[ref] = completeFromMs === -Infinity ? Infinity : -Infinity;
    this.lastTimes[ref] = -Infinity;
    this.newest[ref] = NONE;
    this.tailPlaces[ref] = NONE;
    this.tailCounts[ref] = 0;
    this.sealAt[ref] = FIRST_CHUNK + ((ref * 41) % (TAIL_SAMPLES - FIRST_CHUNK));
  }

  private grow(length: number): void {
    this.completeFrom = grown(this.completeFrom, length, Infinity);
    this.firstTimes = grown(this.firstTimes, length, -Infinity);
    this.lastTimes = grown(this.lastTimes, length, -Infinity);
    this.lastValues = grown(this.lastValues, length, 0);
    this.lastWords = new Uint32Array(this.lastValues.buffer);
    this.newest = grown(this.newest, length, NONE);
    this.tailPlaces = grown(this.tailPlaces, length, NONE);
    this.tailCounts = grown(this.tailCounts, length, 0);
    this.sealAt = grown(this.sealAt, length, TAIL_SAMPLES);
  }
}
