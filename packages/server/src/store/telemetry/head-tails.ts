import { viewsOf, type ValueColumn } from "./head-values.ts";

/** Samples per page; a page is cut into places of one size. */
const PAGE_SAMPLES = 1024;
const PAGE_BYTES = PAGE_SAMPLES * 16;
/** Samples that a place of the smallest size holds; each further size holds twice as many. */
const SMALLEST = 4;
const SIZES = 6;
/** Samples that a place of the largest size holds. */
export const TAIL_SAMPLES = SMALLEST << (SIZES - 1);

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
  private readonly open: Page[][] = Array.from({ length: SIZES }, () => []);
  private inUse = 0;

  /** Bytes of all pages that hold something. */
  get bytes(): number {
    return this.inUse * PAGE_BYTES;
  }

  capacity(size: number): number {
    return SMALLEST << size;
  }

  /** @returns a number for the place, to be given to `page`, `at` and `release`. */
  take(size: number): number {
    const open = this.open[size] ?? [];
    const page = open.at(-1) ?? this.openPage(size);
    const place = page.free.pop() ?? page.fresh++;
    page.used++;
    if (page.used === PAGE_SAMPLES / this.capacity(size)) open.pop();
    return page.number * PAGE_SAMPLES + place * this.capacity(size);
  }

  private openPage(size: number): Page {
    let page = this.spare.pop();
    if (page === undefined) {
      page = {
        ...viewsOf(new Float64Array(PAGE_SAMPLES)),
        number: this.pages.length,
        times: new Float64Array(PAGE_SAMPLES),
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
    const page = this.pages[Math.floor(place / PAGE_SAMPLES)];
    if (page === undefined) throw new Error(`place ${place} was never taken`);
    return page;
  }

  /** Index of the place's first sample in its page. */
  at(place: number): number {
    return place % PAGE_SAMPLES;
  }

  release(place: number): void {
    const page = this.page(place);
    const capacity = this.capacity(page.size);
    const open = this.open[page.size] ?? [];
    if (page.used === PAGE_SAMPLES / capacity) open.push(page);
    page.used--;
    page.free.push((place % PAGE_SAMPLES) / capacity);
    // The last open page of a size stays: the next series will want it.
    if (page.used > 0 || open.length === 1) return;
    open.splice(open.indexOf(page), 1);
    this.spare.push(page);
    this.inUse--;
  }
}
