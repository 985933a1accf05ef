/** Ids as pairs of numbers, in the same memory. */
export const halvesOf = ({ buffer, byteOffset, length }: BigUint64Array): Uint32Array =>
  new Uint32Array(buffer, byteOffset, length * 2);

/** The two halves of an id, mixed so that ids which only count up spread, too. */
function hashOf(low: number, high: number): number {
  let hash = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0xc2b2ae35) >>> 0;
}

/** Where each id of a column stands: a `Map` of a million large integers would be a million objects. */
export class IdTable {
  private readonly words: Uint32Array;
  private readonly slots: Int32Array;
  private readonly mask: number;

  constructor(ids: BigUint64Array) {
    this.words = halvesOf(ids);
    this.slots = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(4, ids.length * 2))));
    this.mask = this.slots.length - 1;
  }

  /** The slot with an id, or the free one that it would get. */
  private slotOf(low: number, high: number): number {
    let slot = hashOf(low, high) & this.mask;
    for (;;) {
      const place = (this.slots[slot] ?? 0) - 1;
      if (place < 0 || (this.words[2 * place] === low && this.words[2 * place + 1] === high))
        return slot;
      slot = (slot + 1) & this.mask;
    }
  }

  /** Of two places with one id the one that was added last stays. */
  add(place: number): void {
    const slot = this.slotOf(this.words[2 * place] ?? 0, this.words[2 * place + 1] ?? 0);
    this.slots[slot] = place + 1;
  }

  /** The place of the id at a place of another column (see `halvesOf`), -1 when there is none. */
  find(halves: Uint32Array, place: number): number {
    return (this.slots[this.slotOf(halves[2 * place] ?? 0, halves[2 * place + 1] ?? 0)] ?? 0) - 1;
  }

  /** The place that was added with the id at a place of the own column, -1 when there is none. */
  known(place: number): number {
    return this.find(this.words, place);
  }
}
