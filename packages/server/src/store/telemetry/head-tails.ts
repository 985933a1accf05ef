import type { ValueColumn } from "./head-values.ts";

/** Fewest and most samples per page; a page is cut into places of one size. Few large pages stay in the processor's caches. */
const LEAST_PAGE = 1024;
const MOST_PAGE = 16_384;
const SAMPLE_BYTES = 16;
/** Samples that a place holds, by size. */
const CAPACITIES = [4, 16, 32, 64, 128];
/** Samples that a place of the largest size holds. */
export const TAIL_SAMPLES = 128;

/**
 * Each sample's time and value stand side by side, so that taking one touches one line of the processor's cache: with many
 * series, that is what taking it costs.
 */
interface Page {
  number: number;
  numbers: Float64Array;
  /** The same as `numbers`, as 32-bit halves: signed, because the engine allocates room for large unsigned ones. */
  words: Int32Array;
  size: number;
  /** Places in use. */
  used: number;
  /** Numbers of places that were used and are free again, and the first that never was. */
  free: number[];
  fresh: number;
}

/**
 * Room for the samples of each series that are not encoded yet. A series starts with a small place and moves to a larger
 * one when it is full; a page whose places are all free serves any size.
 */
export class TailPool {
  private readonly pages: Page[] = [];
  private readonly spare: Page[] = [];
  /** Pages with room, by size. */
  private readonly open: Page[][] = CAPACITIES.map(() => []);
  private inUse = 0;
  private readonly pageSamples: number;
  private readonly pageBits: number;

  constructor(maxBytes: number) {
    const wanted = 2 ** Math.floor(Math.log2(Math.max(1, maxBytes / 2048 / SAMPLE_BYTES)));
    this.pageSamples = Math.max(LEAST_PAGE, Math.min(MOST_PAGE, wanted));
    this.pageBits = Math.log2(this.pageSamples);
  }

  /** Bytes of all pages that hold something. */
  get bytes(): number {
    return this.inUse * this.pageSamples * SAMPLE_BYTES;
  }

  private capacity(size: number): number {
    return CAPACITIES[size] as number;
  }

  /** Whether a place that was taken at the smallest size and moved when full is full with that many samples. */
  isFull(count: number): boolean {
    return count === 4 || count === 16 || count === 32 || count === 64;
  }

  /** @returns a number for the place, to be given to the other methods. */
  take(size: number): number {
    const open = this.open[size] ?? [];
    const page = open.at(-1) ?? this.openPage(size);
    const place = page.free.pop() ?? page.fresh++;
    page.used++;
    if (page.used === this.pageSamples / this.capacity(size)) open.pop();
    return page.number * this.pageSamples + place * this.capacity(size);
  }

  private openPage(size: number): Page {
    let page = this.spare.pop();
    if (page === undefined) {
      const numbers = new Float64Array(this.pageSamples * 2);
      page = {
        number: this.pages.length,
        numbers,
        words: new Int32Array(numbers.buffer),
        size,
        used: 0,
        free: [],
        fresh: 0,
      };
      this.pages.push(page);
    }
    page.size = size;
    page.free = [];
    page.fresh = 0;
    this.open[size]?.push(page);
    this.inUse++;
    return page;
  }

  /** Number of the size that the place has, from the smallest. */
  sizeOf(place: number): number {
    return this.page(place).size;
  }

  private page(place: number): Page {
    const page = this.pages[place >>> this.pageBits];
    if (page === undefined) throw new Error(`place ${place} was never taken`);
    return page;
  }

  /** Index of the place's first sample in its page. */
  private at(place: number): number {
    return place & (this.pageSamples - 1);
  }

  /** Time of the first sample of a place. */
  firstTime(place: number): number {
    return this.page(place).numbers[this.at(place) * 2] as number;
  }

  /** Writes the sample at an index of two columns to an index of a place. */
  put(place: number, index: number, times: Float64Array, words: Uint32Array, source: number): void {
    const page = this.page(place);
    const at = this.at(place) + index;
    page.numbers[at * 2] = Math.floor(times[source] as number);
    page.words[at * 4 + 2] = words[source * 2] as number;
    page.words[at * 4 + 3] = words[source * 2 + 1] as number;
  }

  /** Copies those of the first `count` samples of a place that lie in the range. @returns where the next sample goes. */
  copy(
    place: number,
    count: number,
    startMs: number,
    endMs: number,
    into: { times: Float64Array; column: ValueColumn },
    to: number,
  ): number {
    const { numbers, words } = this.page(place);
    const base = this.at(place);
    const {
      times,
      column: { words: target },
    } = into;
    // From behind: questions are mostly about what is newest.
    let first = base + count;
    while (first > base && (numbers[(first - 1) * 2] as number) >= startMs) first--;
    let next = to;
    for (let at = first; at < base + count && (numbers[at * 2] as number) <= endMs; at++, next++) {
      times[next] = numbers[at * 2] as number;
      // As words: a NaN keeps its bits.
      target[next * 2] = words[at * 4 + 2] as number;
      target[next * 2 + 1] = words[at * 4 + 3] as number;
    }
    return next;
  }

  /** Moves the first `count` samples of a place to a place of another size, which is returned. */
  move(place: number, count: number, size: number): number {
    const target = this.take(size);
    const [from, to] = [this.page(place), this.page(target)];
    const [first, into] = [this.at(place), this.at(target)];
    for (let i = 0; i < count * 4; i++)
      to.words[into * 4 + i] = from.words[first * 4 + i] as number;
    this.release(place);
    return target;
  }

  release(place: number): void {
    const page = this.page(place);
    const capacity = this.capacity(page.size);
    const open = this.open[page.size] ?? [];
    if (page.used === this.pageSamples / capacity) open.push(page);
    page.used--;
    page.free.push(this.at(place) / capacity);
    // The last open page of a size stays: the next series will want it.
    if (page.used > 0 || open.length === 1) return;
    open.splice(open.indexOf(page), 1);
    this.spare.push(page);
    this.inUse--;
  }
}
