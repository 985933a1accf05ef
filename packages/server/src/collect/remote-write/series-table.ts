import type { SeriesRef } from "#store";

const NONE = -1;
/** Slots of the table per series, so that a look-up rarely meets a stranger. */
const SLOTS_PER_SERIES = 2;
const BYTES_PER_ENTRY = 20 + 4 * SLOTS_PER_SERIES;
/** A new table starts with room for this many series. */
const FIRST_ENTRIES = 64;

const grow = (column: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
  const bigger = new Int32Array(column.length * 2);
  bigger.set(column);
  return bigger;
};

/**
 * From the bytes in which a series' labels were sent to the series in the store: open addressing over columns. Senders
 * repeat their series in the same order, so the series that followed last time is compared first, and hashing is rare.
 * Bytes are compared four at a time, which a DataView does without a copy wherever they lie.
 */
export class SeriesTable {
  private keys = Buffer.alloc(4096);
  private keyView = new DataView(this.keys.buffer);
  private keysEnd = 0;
  private starts = new Int32Array(FIRST_ENTRIES);
  private lengths = new Int32Array(FIRST_ENTRIES);
  private hashes = new Int32Array(FIRST_ENTRIES);
  private refs = new Int32Array(FIRST_ENTRIES);
  private followers = new Int32Array(FIRST_ENTRIES).fill(NONE);
  private slots = new Int32Array(FIRST_ENTRIES * SLOTS_PER_SERIES).fill(NONE);
  private count = 0;
  private latest = NONE;
  private readonly seed: number;

  /** `seed` keeps a sender from choosing series whose hashes collide. */
  constructor(seed: number) {
    this.seed = seed | 0;
  }

  get size(): number {
    return this.count;
  }

  /** Memory of keys and columns. */
  get bytes(): number {
    return this.keys.length + this.refs.length * BYTES_PER_ENTRY;
  }

  /** Starts a request: what comes first has no predecessor. */
  begin(): void {
    this.latest = NONE;
  }

  /**
   * Whether the series that followed last time stands at `start` again: where its bytes end, -1 when it does not. The
   * caller looks whether they may end there, and if so takes `successor`.
   */
  successorEnd(view: DataView, start: number, limit: number): number {
    if (this.latest === NONE) return -1;
    const expected = this.followers[this.latest] as number;
    if (expected === NONE) return -1;
    const length = this.lengths[expected] as number;
    if (length > limit - start || !this.hasKey(expected, view, start, length)) return -1;
    return start + length;
  }

  /** Goes to the series that `successorEnd` found. */
  successor(): SeriesRef {
    this.latest = this.followers[this.latest] as number;
    return this.refs[this.latest] as number;
  }

  /** The series that was sent as view[start, end), -1 when it is new. */
  find(view: DataView, start: number, end: number): SeriesRef {
    const entry = this.lookUp(this.hash(view, start, end), view, start, end);
    if (entry === NONE) return -1;
    this.follow(entry);
    return this.refs[entry] as number;
  }

  /** Remembers a series that `find` did not know. */
  add(view: DataView, start: number, end: number, ref: SeriesRef): void {
    if (this.count === this.refs.length) this.growColumns();
    const entry = this.count++;
    const length = end - start;
    this.reserveKey(length);
    this.keys.set(new Uint8Array(view.buffer, view.byteOffset + start, length), this.keysEnd);
    this.starts[entry] = this.keysEnd;
    this.lengths[entry] = length;
    this.keysEnd += length;
    this.hashes[entry] = this.hash(view, start, end);
    this.refs[entry] = ref;
    this.followers[entry] = NONE;
    this.insert(entry);
    this.follow(entry);
  }

  private follow(entry: number): void {
    if (this.latest !== NONE) this.followers[this.latest] = entry;
    this.latest = entry;
  }

  private isAt(entry: number, view: DataView, start: number, end: number): boolean {
    const length = end - start;
    return this.lengths[entry] === length && this.hasKey(entry, view, start, length);
  }

  private hasKey(entry: number, view: DataView, start: number, length: number): boolean {
    const { keyView } = this;
    const from = this.starts[entry] as number;
    let at = 0;
    // Sixteen bytes a turn without a branch in between: twice as fast as word by word.
    for (const whole = length - 15; at < whole; at += 16) {
      const a = from + at;
      const b = start + at;
      const difference =
        (keyView.getInt32(a, true) ^ view.getInt32(b, true)) |
        (keyView.getInt32(a + 4, true) ^ view.getInt32(b + 4, true)) |
        (keyView.getInt32(a + 8, true) ^ view.getInt32(b + 8, true)) |
        (keyView.getInt32(a + 12, true) ^ view.getInt32(b + 12, true));
      if (difference !== 0) return false;
    }
    for (; at < length; at++)
      if (keyView.getUint8(from + at) !== view.getUint8(start + at)) return false;
    return true;
  }

  private hash(view: DataView, start: number, end: number): number {
    let hash = this.seed ^ (end - start);
    let at = start;
    for (const whole = end - 3; at < whole; at += 4) {
      hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    for (; at < end; at++) hash = Math.imul(hash ^ view.getUint8(at), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
    return hash ^ (hash >>> 15);
  }

  private lookUp(hash: number, view: DataView, start: number, end: number): number {
    const mask = this.slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.slots[slot] as number;
      if (entry === NONE) return NONE;
      if (this.hashes[entry] === hash && this.isAt(entry, view, start, end)) return entry;
    }
  }

  private insert(entry: number): void {
    const mask = this.slots.length - 1;
    let slot = (this.hashes[entry] as number) & mask;
    while (this.slots[slot] !== NONE) slot = (slot + 1) & mask;
    this.slots[slot] = entry;
  }

  private growColumns(): void {
    this.starts = grow(this.starts);
    this.lengths = grow(this.lengths);
    this.hashes = grow(this.hashes);
    this.refs = grow(this.refs);
    this.followers = grow(this.followers);
    this.slots = new Int32Array(this.refs.length * SLOTS_PER_SERIES).fill(NONE);
    for (let entry = 0; entry < this.count; entry++) this.insert(entry);
  }

  private reserveKey(length: number): void {
    const needed = this.keysEnd + length;
    if (needed <= this.keys.length) return;
    const bigger = Buffer.allocUnsafeSlow(Math.max(needed, this.keys.length * 2));
    this.keys.copy(bigger, 0, 0, this.keysEnd);
    this.keys = bigger;
    this.keyView = new DataView(bigger.buffer);
  }
}

/**
 * A table that forgets: when it has grown to its limit it becomes the old one, in which series are still found and taken
 * over into a new one; what nobody asked for until that is full as well is forgotten.
 */
export class RotatingSeriesTable {
  private young: SeriesTable;
  private old: SeriesTable | undefined;
  private readonly seed: number;
  private readonly maxBytes: number;
  rotations = 0;

  /** Both generations together stay below `maxBytes`, but for the doubling of one. */
  constructor(seed: number, maxBytes: number) {
    this.seed = seed;
    this.maxBytes = maxBytes;
    this.young = new SeriesTable(seed);
  }

  get bytes(): number {
    return this.young.bytes + (this.old?.bytes ?? 0);
  }

  get size(): number {
    return this.young.size + (this.old?.size ?? 0);
  }

  begin(): void {
    this.young.begin();
    this.old?.begin();
  }

  successorEnd(view: DataView, start: number, limit: number): number {
    return this.young.successorEnd(view, start, limit);
  }

  successor(): SeriesRef {
    return this.young.successor();
  }

  find(view: DataView, start: number, end: number): SeriesRef {
    const ref = this.young.find(view, start, end);
    if (ref !== NONE || this.old === undefined) return ref;
    const former = this.old.find(view, start, end);
    if (former !== NONE) this.add(view, start, end, former);
    return former;
  }

  add(view: DataView, start: number, end: number, ref: SeriesRef): void {
    if (this.young.bytes > this.maxBytes / 2) {
      this.old = this.young;
      this.young = new SeriesTable(this.seed);
      this.rotations++;
    }
    this.young.add(view, start, end, ref);
  }
}
