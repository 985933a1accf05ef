/** What a chunk's header holds beside its payload; sizes are in bytes. */
export const HEADER_BYTES = 32;
export const NONE = -1;

const SLAB_BYTES = 256 << 10;
const SMALLEST_SLAB = 8 << 10;

export interface Slab {
  bytes: Uint8Array;
  ints: Int32Array;
  shorts: Uint16Array;
  numbers: Float64Array;
  used: number;
  /** Chunks that count. */
  chunks: number;
  /** The newest time in it. */
  endMs: number;
  /** Nothing in it is older, in the order of arrival, than what the writer had taken by then. */
  sequence: number;
}

/** A slab as it is kept outside of the process. */
export interface SlabImage {
  /** Its place in the sequence. */
  number: number;
  used: number;
  endMs: number;
  /** As many as a slab has; those from `used` on mean nothing. */
  bytes: Uint8Array;
}

/** Tells which samples the tables have, by a number that grows with every row. */
export interface ArrivalGuard {
  /** Number that will be reached when everything taken so far is in the tables. */
  taken(): number;
  /** Number up to which everything is in the tables. */
  inserted(): number;
}

/** Header of one chunk. */
export interface ChunkHeader {
  ref: number;
  count: number;
  previous: number;
  startMs: number;
  endMs: number;
}

/**
 * An endless sequence of bytes of which the newest slabs are in memory. A chunk's address is its place in the sequence:
 * once its slab went, nobody is found there. Chunks are aligned to eight bytes.
 */
export class Slabs {
  readonly slabBytes: number;
  private readonly guard: ArrivalGuard;
  private readonly slabs: (Slab | undefined)[] = [];
  /** Number of the first entry of `slabs`. */
  private base = 0;
  private live = 0;
  private spare: Slab | undefined;

  constructor(maxBytes: number, guard: ArrivalGuard) {
    const wanted = 2 ** Math.floor(Math.log2(Math.max(1, maxBytes / 64)));
    this.slabBytes = Math.max(SMALLEST_SLAB, Math.min(SLAB_BYTES, wanted));
    this.guard = guard;
  }

  get bytes(): number {
    return this.live * this.slabBytes;
  }

  slabOf(address: number): Slab | undefined {
    return address < 0 ? undefined : this.slabs[Math.floor(address / this.slabBytes) - this.base];
  }

  offset(address: number): number {
    return address % this.slabBytes;
  }

  /** Whether a chunk of that many bytes needs a further slab. */
  needsSlab(bytes: number): boolean {
    const current = this.slabs.at(-1);
    return current === undefined || current.used + bytes > this.slabBytes;
  }

  /** Address of room for that many bytes, at most 8 KiB. */
  take(bytes: number, endMs: number): number {
    if (this.needsSlab(bytes)) this.addSlab();
    const slab = this.slabs.at(-1);
    if (slab === undefined) throw new Error("there is no slab");
    const address = (this.base + this.slabs.length - 1) * this.slabBytes + slab.used;
    slab.used += (bytes + 7) & ~7;
    slab.chunks++;
    slab.endMs = Math.max(slab.endMs, endMs);
    slab.sequence = this.guard.taken();
    return address;
  }

  private addSlab(): void {
    if (this.slabs.at(-1)?.chunks === 0) this.dropAt(this.slabs.length - 1);
    this.slabs.push(slabOver(this.spare?.bytes ?? new Uint8Array(this.slabBytes)));
    this.spare = undefined;
    this.live++;
  }

  /** All slabs; their bytes are not copied. */
  images(): SlabImage[] {
    return this.slabs.flatMap((slab, i) =>
      slab === undefined
        ? []
        : { number: this.base + i, used: slab.used, endMs: slab.endMs, bytes: slab.bytes },
    );
  }

  /**
   * Takes over slabs where there are none yet, and their bytes with them. Their chunks belong to other numbers of series now;
   * those of a series that is `NONE` no longer count. The tables MUST have, or be given, all their samples.
   * @returns the samples of chunks that count.
   */
  restore(images: readonly SlabImage[], refs: Int32Array): number {
    let samples = 0;
    this.base = images[0]?.number ?? 0;
    for (const { number, used, endMs, bytes } of images) {
      const slab = { ...slabOver(bytes), used, endMs, sequence: this.guard.taken() };
      for (let at = 0; at < used; at += chunkBytes(slab, at)) {
        const before = slab.ints[at / 4] as number;
        const ref = before === NONE ? NONE : (refs[before] ?? NONE);
        slab.ints[at / 4] = ref;
        if (ref === NONE) continue;
        slab.chunks++;
        samples += countOf(slab, at);
      }
      while (this.slabs.length < number - this.base) this.slabs.push(undefined);
      this.slabs.push(slab);
      this.live++;
    }
    return samples;
  }

  /**
   * Takes away the slab whose newest sample is the oldest, of those that the tables have entirely, unless it ends later than
   * asked. The slab that is being written stays.
   */
  dropOldest(beforeMs: number): Slab | undefined {
    const inserted = this.guard.inserted();
    let oldest = NONE;
    let endMs = Infinity;
    for (let i = 0; i < this.slabs.length - 1; i++) {
      const slab = this.slabs[i];
      if (slab === undefined || slab.sequence > inserted || slab.endMs >= endMs) continue;
      oldest = i;
      endMs = slab.endMs;
    }
    if (oldest === NONE || endMs >= beforeMs) return undefined;
    return this.dropAt(oldest);
  }

  private dropAt(index: number): Slab | undefined {
    const slab = this.slabs[index];
    this.slabs[index] = undefined;
    while (this.slabs.length > 0 && this.slabs[0] === undefined) {
      this.slabs.shift();
      this.base++;
    }
    this.live--;
    this.spare = slab;
    return slab;
  }

  /** The chunk counts no longer: its samples were written anew. A slab without others goes at once. */
  kill(address: number): void {
    const slab = this.slabOf(address);
    if (slab === undefined) return;
    slab.ints[this.offset(address) / 4] = NONE;
    slab.chunks--;
    const index = Math.floor(address / this.slabBytes) - this.base;
    if (slab.chunks === 0 && index < this.slabs.length - 1) this.dropAt(index);
  }

  /** Headers of a chunk and those before it of its series. */
  *back(from: number): Generator<ChunkHeader> {
    for (let address = from; ;) {
      const slab = this.slabOf(address);
      if (slab === undefined) return;
      const header = readHeader(slab, this.offset(address));
      yield header;
      address = header.previous;
    }
  }

  /** Address of the first chunk of a series that is still there, from one of its chunks. */
  oldestOf(from: number): number {
    let oldest = NONE;
    for (let address = from; ;) {
      const slab = this.slabOf(address);
      if (slab === undefined) return oldest;
      oldest = address;
      address = previousOf(slab, this.offset(address));
    }
  }

  /** The chunks of a slab, in the order of their making. Valid until the slab is used again. */
  *chunksIn(slab: Slab): Generator<ChunkHeader> {
    for (let at = 0; at < slab.used; at += chunkBytes(slab, at)) yield readHeader(slab, at);
  }
}

const slabOver = (bytes: Uint8Array): Slab => ({
  bytes,
  ints: new Int32Array(bytes.buffer),
  shorts: new Uint16Array(bytes.buffer),
  numbers: new Float64Array(bytes.buffer),
  used: 0,
  chunks: 0,
  endMs: -Infinity,
  sequence: 0,
});

const chunkBytes = (slab: Slab, at: number): number => (slab.shorts[at / 2 + 3] as number) * 8;

function readHeader(slab: Slab, at: number): ChunkHeader {
  return {
    ref: slab.ints[at / 4] as number,
    count: slab.shorts[at / 2 + 2] as number,
    previous: slab.numbers[at / 8 + 1] as number,
    startMs: slab.numbers[at / 8 + 2] as number,
    endMs: slab.numbers[at / 8 + 3] as number,
  };
}

export const previousOf = (slab: Slab, at: number): number => slab.numbers[at / 8 + 1] as number;
export const startOf = (slab: Slab, at: number): number => slab.numbers[at / 8 + 2] as number;
export const endOf = (slab: Slab, at: number): number => slab.numbers[at / 8 + 3] as number;
export const countOf = (slab: Slab, at: number): number => slab.shorts[at / 2 + 2] as number;

export function setPrevious(slab: Slab, at: number, address: number): void {
  slab.numbers[at / 8 + 1] = address;
}

export function writeHeader(slab: Slab, at: number, header: ChunkHeader, bytes: number): void {
  slab.ints[at / 4] = header.ref;
  slab.shorts[at / 2 + 2] = header.count;
  slab.shorts[at / 2 + 3] = (bytes + 7) >>> 3;
  slab.numbers[at / 8 + 1] = header.previous;
  slab.numbers[at / 8 + 2] = header.startMs;
  slab.numbers[at / 8 + 3] = header.endMs;
}
