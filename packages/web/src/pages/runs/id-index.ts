/** The two halves of an id, mixed so that ids which only count up spread, too. */
function hashOf(low: number, high: number): number {
  let hash = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0xc2b2ae35) >>> 0;
}

/** Ids as pairs of numbers, in the same memory. */
const halvesOf = ({ buffer, byteOffset, length }: BigUint64Array): Uint32Array =>
  new Uint32Array(buffer, byteOffset, length * 2);

/**
 * Where each id of a column stands. A `Map` of a million ids stops the page for a third of a second whenever it grows;
 * this table has its size from the start.
 */
export class IdIndex {
  #slots: Int32Array;
  #words: Uint32Array;

  /** @param ids of which some are added */
  constructor(ids: BigUint64Array) {
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(4, ids.length * 2))));
    this.#words = halvesOf(ids);
  }

  /** The slot that has the id, or the free one that it would get. */
  #slot(low: number, high: number): number {
    const mask = this.#slots.length - 1;
    let slot = hashOf(low, high) & mask;
    for (;;) {
      const place = (this.#slots[slot] ?? 0) - 1;
      if (place === -1) return slot;
      if (this.#words[2 * place] === low && this.#words[2 * place + 1] === high) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #find(low: number, high: number): number | undefined {
    const place = (this.#slots[this.#slot(low, high)] ?? 0) - 1;
    return place === -1 ? undefined : place;
  }

  /** Of two places with one id, the first that is added stays. */
  add(place: number): void {
    const slot = this.#slot(this.#words[2 * place] ?? 0, this.#words[2 * place + 1] ?? 0);
    if (this.#slots[slot] === 0) this.#slots[slot] = place + 1;
  }

  /** The place that was added with the id at another place of the column. */
  placeOf(place: number): number | undefined {
    return this.#find(this.#words[2 * place] ?? 0, this.#words[2 * place + 1] ?? 0);
  }

  /** The place of an id. */
  of(id: bigint): number | undefined {
    return this.#find(Number(id & 0xffff_ffffn), Number(id >> 32n));
  }

  /** The place of an id of up to sixteen hexadecimal digits. */
  get(id: string): number | undefined {
    return /^[0-9a-f]{1,16}$/i.test(id) ? this.of(BigInt(`0x${id}`)) : undefined;
  }
}
