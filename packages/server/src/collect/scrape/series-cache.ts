import type { SeriesRef } from "#store";

import { CLOSE } from "./exposition/index.ts";

/** Slots of the table per series, so that a look-up rarely meets a stranger. */
const SLOTS_PER_SERIES = 2;
const NONE = -1;
/** Bits of `live`: the store holds a latest sample that is not the end, and this scrape brings one. */
const WAS_LIVE = 1;
const IS_LIVE = 2;

const grow = (column: Int32Array): Int32Array<ArrayBuffer> => {
  const bigger = new Int32Array(column.length * 2);
  bigger.set(column);
  return bigger;
};

/**
 * What one target showed so far: from the bytes of a series, as they stand in its page, to the series in the store.
 * Pages hardly change between scrapes, so each look-up first compares with the series that followed last time and
 * hashes only when that is not it. Columns instead of objects keep a series at about 30 bytes and its text.
 */
export class SeriesCache {
  private keys = Buffer.allocUnsafeSlow(1024);
  private keyWords = new DataView(this.keys.buffer);
  private keysEnd = 0;
  private starts = new Int32Array(16);
  private lengths = new Int32Array(16);
  private hashes = new Int32Array(16);
  private refs = new Int32Array(16);
  private rounds = new Int32Array(16);
  private followers = new Int32Array(16).fill(NONE);
  private live = new Int32Array(16);
  private table = new Int32Array(16 * SLOTS_PER_SERIES).fill(NONE);
  private count = 0;
  private round = 0;
  private latest = NONE;
  private readonly seed: number;

  /** `seed` keeps a target from choosing series whose hashes collide. */
  constructor(seed: number) {
    this.seed = seed | 0;
  }

  get size(): number {
    return this.count;
  }

  /** Memory of keys and columns. */
  get bytes(): number {
    return this.keys.length + this.refs.length * 28 + this.table.length * 4;
  }

  /** Starts a scrape. */
  begin(): void {
    this.round++;
    this.latest = NONE;
  }

  refOf(entry: number): SeriesRef {
    return this.refs[entry] as number;
  }

  /**
   * The entry that followed last time, if its text stands at `start` and something behind it; -1 otherwise, also when the
   * text says not by itself where it ends, as a name without braces. Four bytes at a time: nearly every line of a page goes
   * this way, and no other byte of a series is looked at.
   */
  expect(page: DataView, start: number): number {
    const { latest, keyWords } = this;
    const expected = latest === NONE ? 0 : (this.followers[latest] as number);
    if (expected === NONE || expected >= this.count) return NONE;
    const length = this.lengths[expected] as number;
    if (length < 4 || start + length >= page.byteLength) return NONE;
    const from = this.starts[expected] as number;
    const last = length - 4;
    if (keyWords.getInt32(from + last, true) !== page.getInt32(start + last, true)) return NONE;
    for (let at = 0; at < last; at += 4)
      if (keyWords.getInt32(from + at, true) !== page.getInt32(start + at, true)) return NONE;
    if (page.getUint8(start + length - 1) !== CLOSE) return NONE;
    this.latest = expected;
    return expected;
  }

  lengthOf(entry: number): number {
    return this.lengths[entry] as number;
  }

  /** The entry of the series written at [start, end), -1 when it is new. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const { latest } = this;
    const expected = latest === NONE ? 0 : (this.followers[latest] as number);
    if (expected !== NONE && expected < this.count && this.isAt(expected, bytes, start, end)) {
      this.latest = expected;
      return expected;
    }
    const entry = this.lookUp(this.hash(bytes, start, end), bytes, start, end);
    if (entry !== NONE) this.follow(entry);
    return entry;
  }

  add(bytes: Uint8Array, start: number, end: number, ref: SeriesRef): number {
    if (this.count === this.refs.length) this.growColumns();
    const entry = this.count++;
    const length = end - start;
    this.reserveKey(length);
    this.keys.set(bytes.subarray(start, end), this.keysEnd);
    this.starts[entry] = this.keysEnd;
    this.lengths[entry] = length;
    this.keysEnd += length;
    this.hashes[entry] = this.hash(bytes, start, end);
    this.refs[entry] = ref;
    this.rounds[entry] = 0;
    this.followers[entry] = NONE;
    this.live[entry] = 0;
    this.insert(entry);
    this.follow(entry);
    return entry;
  }

  /** Whether the entry was marked in this scrape. */
  isSeen(entry: number): boolean {
    return this.rounds[entry] === this.round;
  }

  /** `isLive` when the series has to be ended as soon as a scrape does not show it. */
  mark(entry: number, isLive: boolean): void {
    const was = (this.live[entry] as number) & WAS_LIVE;
    this.rounds[entry] = this.round;
    this.live[entry] = isLive ? was | IS_LIVE : was;
  }

  /** Tells the series that were live when the latest scrape was finished and that this one does not show. */
  forEachVanished(tell: (ref: SeriesRef) => void): void {
    for (let entry = 0; entry < this.count; entry++) {
      const wasLive = ((this.live[entry] as number) & WAS_LIVE) !== 0;
      if (wasLive && this.rounds[entry] !== this.round) tell(this.refs[entry] as number);
    }
  }

  /** After a scrape that went well and is stored: what it showed is live, the rest is forgotten. */
  finish(): void {
    for (let entry = 0; entry < this.count; entry++) {
      this.live[entry] = (this.live[entry] as number) & IS_LIVE ? WAS_LIVE : 0;
    }
    this.dropUnseen();
  }

  /** After the live series were ended because the scrape failed: they are known, but not live. */
  endAll(): void {
    this.live.fill(0, 0, this.count);
  }

  /** Forgets what this scrape did not show. */
  dropUnseen(): void {
    let kept = 0;
    for (let entry = 0; entry < this.count; entry++) {
      if (this.rounds[entry] === this.round) kept++;
    }
    if (kept < this.count) this.compact(kept);
  }

  private follow(entry: number): void {
    if (this.latest !== NONE) this.followers[this.latest] = entry;
    this.latest = entry;
  }

  private isAt(entry: number, bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if (this.lengths[entry] !== length) return false;
    const { keys } = this;
    const from = this.starts[entry] as number;
    for (let at = length - 1; at >= 0; at--) {
      if (keys[from + at] !== bytes[start + at]) return false;
    }
    return true;
  }

  private hash(bytes: Uint8Array, start: number, end: number): number {
    let hash = this.seed;
    for (let at = start; at < end; at++) {
      hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
    return hash ^ (hash >>> 15);
  }

  private lookUp(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const mask = this.table.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.table[slot] as number;
      if (entry === NONE) return NONE;
      if (this.hashes[entry] === hash && this.isAt(entry, bytes, start, end)) return entry;
    }
  }

  private insert(entry: number): void {
    const mask = this.table.length - 1;
    let slot = (this.hashes[entry] as number) & mask;
    while (this.table[slot] !== NONE) slot = (slot + 1) & mask;
    this.table[slot] = entry;
  }

  private growColumns(): void {
    this.starts = grow(this.starts);
    this.lengths = grow(this.lengths);
    this.hashes = grow(this.hashes);
    this.refs = grow(this.refs);
    this.rounds = grow(this.rounds);
    this.followers = grow(this.followers);
    this.live = grow(this.live);
    this.table = new Int32Array(this.refs.length * SLOTS_PER_SERIES).fill(NONE);
    for (let entry = 0; entry < this.count; entry++) this.insert(entry);
  }

  private reserveKey(length: number): void {
    const needed = this.keysEnd + length;
    if (needed <= this.keys.length) return;
    const bigger = Buffer.allocUnsafeSlow(Math.max(needed, this.keys.length * 2));
    this.keys.copy(bigger, 0, 0, this.keysEnd);
    this.keys = bigger;
    this.keyWords = new DataView(bigger.buffer);
  }

  /** Builds the columns anew, so that a target whose series come and go does not grow. */
  private compact(kept: number): void {
    const old = { ...this.columns(), count: this.count };
    let capacity = 16;
    while (capacity < kept) capacity *= 2;
    this.starts = new Int32Array(capacity);
    this.lengths = new Int32Array(capacity);
    this.hashes = new Int32Array(capacity);
    this.refs = new Int32Array(capacity);
    this.rounds = new Int32Array(capacity);
    this.followers = new Int32Array(capacity).fill(NONE);
    this.live = new Int32Array(capacity);
    this.table = new Int32Array(capacity * SLOTS_PER_SERIES).fill(NONE);
    this.keys = Buffer.allocUnsafeSlow(1024);
    this.keyWords = new DataView(this.keys.buffer);
    this.keysEnd = 0;
    this.count = 0;
    this.latest = NONE;
    for (let entry = 0; entry < old.count; entry++) {
      if (old.rounds[entry] !== this.round) continue;
      const start = old.starts[entry] as number;
      const copy = this.add(
        old.keys,
        start,
        start + (old.lengths[entry] as number),
        old.refs[entry] as number,
      );
      this.rounds[copy] = this.round;
      this.live[copy] = old.live[entry] as number;
    }
  }

  private columns() {
    const { keys, starts, lengths, refs, rounds, live } = this;
    return { keys, starts, lengths, refs, rounds, live };
  }
}
