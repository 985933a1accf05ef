/** A moment of a target; it counts only while the target's own `dueMs` is the same. */
interface Entry<T> {
  dueMs: number;
  item: T;
}

/** A binary heap: the entry that is due first is on top. */
export class DueHeap<T> {
  private readonly entries: Entry<T>[] = [];

  get size(): number {
    return this.entries.length;
  }

  peek(): Entry<T> | undefined {
    return this.entries[0];
  }

  push(dueMs: number, item: T): void {
    const { entries } = this;
    const entry = { dueMs, item };
    let at = entries.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = entries[parent] as Entry<T>;
      if (above.dueMs <= dueMs) break;
      entries[at] = above;
      at = parent;
    }
    entries[at] = entry;
  }

  pop(): Entry<T> | undefined {
    const { entries } = this;
    const top = entries[0];
    const last = entries.pop();
    if (last === undefined || entries.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      const left = entries[child];
      if (left === undefined) break;
      const right = entries[child + 1];
      if (right !== undefined && right.dueMs < left.dueMs) child++;
      const least = entries[child] as Entry<T>;
      if (least.dueMs >= last.dueMs) break;
      entries[at] = least;
      at = child;
    }
    entries[at] = last;
    return top;
  }

  clear(): void {
    this.entries.length = 0;
  }
}

/** FNV-1a with a final mix; spreads ids that differ in one digit. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** About so many targets share a moment… */
const TOGETHER = 6;
/** …unless moments would then be further apart than this… */
export const LONGEST_SLOT_MS = 512;
/** …or than this share of a target's interval. */
const SLOT_SHARE = 1 / 8;

/**
 * How far apart the moments are at which targets are due, in ms. A process that is woken for each of a few targets spends more
 * on waking up than on the scrape; with many targets there is no difference. A power of two, so that nearly all targets stay
 * where they are when their number changes, and the others move by less than the longest slot.
 */
export function slotMsOf(intervalsMs: Iterable<number>): number {
  let perMs = 0;
  for (const intervalMs of intervalsMs) perMs += 1 / intervalMs;
  const wantedMs = Math.min(LONGEST_SLOT_MS, TOGETHER / perMs);
  return 2 ** Math.max(0, Math.floor(Math.log2(wantedMs)));
}

/**
 * The first moment after `afterMs` on the grid of the interval, shifted by a part of it that belongs to the id, in whole
 * slots.
 */
export function nextDueMs(
  afterMs: number,
  intervalMs: number,
  idHash: number,
  slotMs: number,
): number {
  const widthMs = Math.max(1, Math.min(slotMs, Math.floor(intervalMs * SLOT_SHARE)));
  const offsetMs = Math.floor(((idHash / 2 ** 32) * intervalMs) / widthMs) * widthMs;
  return (Math.floor((afterMs - offsetMs) / intervalMs) + 1) * intervalMs + offsetMs;
}
