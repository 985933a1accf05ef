import type { Labels } from "@fleetlight/promql";

import { KEY_END, labelKey, NAME_LABEL, type LabelSet } from "#lib";

import type { SeriesRef } from "./types.ts";

interface Entry {
  tenant: string;
  id: bigint;
  labels: LabelSet;
}

const NONE = -1;
/** Series for which there is room at first. */
const FIRST_SERIES = 1024;
/** Slots of the table per series, so that a look-up rarely meets a stranger. */
const SLOTS_PER_SERIES = 2;

const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by));

/** 32 bits of MurmurHash3 over UTF-16 code units; stable across versions, because ids are kept in the store. */
function hash32(text: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) {
    let k = Math.imul(text.charCodeAt(i), 0xcc9e2d51);
    k = Math.imul(rotate(k, 15), 0x1b873593);
    hash = (Math.imul(rotate(hash ^ k, 13), 5) + 0xe6546b64) | 0;
  }
  hash ^= text.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The halves of `seriesId`. */
const highOf = (metric: string, key: string): number =>
  (((hash32(metric, 0x51ed270b) & 0xffff) << 16) | (hash32(key, 0x2f6d3c1b) & 0xffff)) >>> 0;
const lowOf = (key: string): number => hash32(key, 0x1b56c4e9);

/**
 * Id of a series: 16 bits of its metric's name, so that series of one metric lie side by side in the store, and 48 bits
 * of all its labels. Two series of one metric collide with a chance of n^2 / 2^49: 2e-5 for 100,000 series.
 */
export const seriesId = (metric: string, key: string): bigint =>
  (BigInt(highOf(metric, key)) << 32n) | BigInt(lowOf(key));

function grown(column: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const bigger = new Uint32Array(column.length * 2);
  bigger.set(column);
  return bigger;
}

/**
 * All series that this process knows, by their labels: open addressing over columns, about 30 bytes a series. The labels
 * themselves are with whoever made the index, once; objects of them are made when somebody asks.
 */
export class SeriesIndex {
  private readonly labelsOf: (ref: SeriesRef) => Labels;
  private readonly tenantNames: string[] = [];
  private readonly tenantNumbers = new Map<string, number>();
  private readonly counts: number[] = [];
  /** The ids by ref, as two 32-bit halves: a commit copies them without making a bigint per sample. */
  private idWords = new Uint32Array(FIRST_SERIES * 2);
  private hashes = new Uint32Array(FIRST_SERIES);
  /** Number of the tenant, by ref. */
  private owners = new Uint32Array(FIRST_SERIES);
  private slots = new Int32Array(FIRST_SERIES * SLOTS_PER_SERIES).fill(NONE);
  private readonly seed: number;
  size = 0;

  /**
   * @param labelsOf tells the labels of a series from right after its `add` on.
   * @param seed a random number: it keeps a sender from choosing series whose hashes collide.
   */
  constructor(labelsOf: (ref: SeriesRef) => Labels, seed: number) {
    this.labelsOf = labelsOf;
    this.seed = seed;
  }

  /** Series of one tenant. */
  countOf(tenant: string): number {
    return this.counts[this.tenantNumbers.get(tenant) ?? NONE] ?? 0;
  }

  find(tenant: string, key: string): SeriesRef | undefined {
    const owner = this.tenantNumbers.get(tenant);
    if (owner === undefined) return undefined;
    const hash = hash32(key, this.seed);
    const mask = this.slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const ref = this.slots[slot] as number;
      if (ref === NONE) return undefined;
      if (this.hashes[ref] === hash && this.owners[ref] === owner && this.hasKey(ref, key))
        return ref;
    }
  }

  private hasKey(ref: SeriesRef, key: string): boolean {
    const { names, values } = this.labelsOf(ref);
    let at = 0;
    for (let i = 0; i < names.length; i++) {
      for (const text of [names[i] ?? "", values[i] ?? ""]) {
        // Another order of names, or a character that keys replace: both are rare.
        if (!key.startsWith(text, at) || key[at + text.length] !== KEY_END)
          return labelKey(this.entry(ref).labels) === key;
        at += text.length + 1;
      }
    }
    return at === key.length;
  }

  /** Adds a series that `find` did not know. `id` is given when it comes from the store. */
  add(tenant: string, key: string, labels: LabelSet, id?: bigint): SeriesRef {
    if (this.size === this.hashes.length) this.grow();
    const ref = this.size++;
    this.hashes[ref] = hash32(key, this.seed);
    this.idWords[ref * 2] = id === undefined ? lowOf(key) : Number(id & 0xffff_ffffn);
    this.idWords[ref * 2 + 1] =
      id === undefined ? highOf(labels[NAME_LABEL] ?? "", key) : Number(id >> 32n);
    const owner = this.numberOf(tenant);
    this.owners[ref] = owner;
    this.counts[owner] = (this.counts[owner] ?? 0) + 1;
    this.insert(ref);
    return ref;
  }

  private numberOf(tenant: string): number {
    const known = this.tenantNumbers.get(tenant);
    if (known !== undefined) return known;
    this.tenantNumbers.set(tenant, this.tenantNames.length);
    return this.tenantNames.push(tenant) - 1;
  }

  private insert(ref: SeriesRef): void {
    const mask = this.slots.length - 1;
    let slot = (this.hashes[ref] as number) & mask;
    while (this.slots[slot] !== NONE) slot = (slot + 1) & mask;
    this.slots[slot] = ref;
  }

  private grow(): void {
    this.idWords = grown(this.idWords);
    this.hashes = grown(this.hashes);
    this.owners = grown(this.owners);
    this.slots = new Int32Array(this.hashes.length * SLOTS_PER_SERIES).fill(NONE);
    for (let ref = 0; ref < this.size; ref++) this.insert(ref);
  }

  /** Writes the ids of the first series of `refs` into a column of that length. */
  copyIds(refs: Int32Array, into: BigUint64Array): void {
    const { idWords } = this;
    const words = new Uint32Array(into.buffer, into.byteOffset, into.length * 2);
    for (let i = 0; i < into.length; i++) {
      const at = (refs[i] as number) * 2;
      words[i * 2] = idWords[at] as number;
      words[i * 2 + 1] = idWords[at + 1] as number;
    }
  }

  idOf(ref: SeriesRef): bigint {
    const [low = 0, high = 0] = this.idWords.subarray(ref * 2, ref * 2 + 2);
    return (BigInt(high) << 32n) | BigInt(low);
  }

  /** A new object at each call. */
  entry(ref: SeriesRef): Entry {
    if (!(ref >= 0 && ref < this.size)) throw new Error(`series ${ref} is not known`);
    const { names, values } = this.labelsOf(ref);
    // Object.fromEntries makes a property of every name, also of `__proto__`.
    const labels = Object.fromEntries(names.map((name, i) => [name, values[i] ?? ""]));
    const tenant = this.tenantNames[this.owners[ref] as number] ?? "";
    return { tenant, id: this.idOf(ref), labels };
  }

  tenants(): string[] {
    return [...this.tenantNames];
  }
}
