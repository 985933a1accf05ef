import { viewsOf, type ValueColumn } from "./head-values.ts";

/** Samples per page; a page is cut into places of one size. */
const PAGE_SAMPLES = 1024;
const PAGE_BYTES = PAGE_SAMPLES * 16;
/** Samples that a place holds, by size. */
const CAPACITIES = [4, 16, 64, 128];
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

  /** Bytes of all pages that hold something. */
  get bytes(): number {
    return this.inUse * PAGE_BYTES;
  }

  capacity(size: number): number {
    return CAPACITIES[size] as number;
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
