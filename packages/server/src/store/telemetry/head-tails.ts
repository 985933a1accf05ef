import { viewsOf, type ValueColumn } from "./head-values.ts";

/** Fewest and most samples per page; a page is cut into places of one size. Few large pages stay in the processor's caches. */
const LEAST_PAGE = 1024;
const MOST_PAGE = 16_384;
const SAMPLE_BYTES = 16;
/** Samples that a place holds, by size. */
const CAPACITIES = [4, 16, 32, 64, 128];
/** Samples that a place of the largest size holds. */
export const TAIL_SAMPLES = 128;

interface Page extends ValueColumn {
  number: number;
  times: Float64Array;
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

  constructor(maxBytes: number) {
    const wanted = 2 ** Math.floor(Math.log2(Math.max(1, maxBytes / 2048 / SAMPLE_BYTES)));
    this.pageSamples = Math.max(LEAST_PAGE, Math.min(MOST_PAGE, wanted));
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

  /** @returns a number for the place, to be given to `page`, `at` and `release`. */
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
      page = {
        ...viewsOf(new Float64Array(this.pageSamples)),
        number: this.pages.length,
        times: new Float64Array(this.pageSamples),
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

  page(place: number): Page {
    const page = this.pages[Math.floor(place / this.pageSamples)];
    if (page === undefined) throw new Error(`place ${place} was never taken`);
    return page;
  }

  /** Index of the place's first sample in its page. */
  at(place: number): number {
    return place % this.pageSamples;
  }

  /** Moves the first `count` samples of a place to a place of another size, which is returned. */
  move(place: number, count: number, size: number): number {
    const target = this.take(size);
    const [from, to] = [this.page(place), this.page(target)];
    const [first, into] = [this.at(place), this.at(target)];
    for (let i = 0; i < count; i++) to.times[into + i] = from.times[first + i] as number;
    // As words: a NaN keeps its bits.
    for (let i = 0; i < count * 2; i++)
      to.words[into * 2 + i] = from.words[first * 2 + i] as number;
    this.release(place);
    return target;
  }

  release(place: number): void {
    const page = this.page(place);
    const capacity = this.capacity(page.size);
    const open = this.open[page.size] ?? [];
    if (page.used === this.pageSamples / capacity) open.push(page);
    page.used--;
    page.free.push((place % this.pageSamples) / capacity);
    // The last open page of a size stays: the next series will want it.
    if (page.used > 0 || open.length === 1) return;
    open.splice(open.indexOf(page), 1);
    this.spare.push(page);
    this.inUse--;
  }
}
