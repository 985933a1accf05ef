/** FNV-1a over the letters of an id. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  // The low bits alone decide the slot, so the high ones are folded into them.
  return (hash ^ (hash >>> 15)) >>> 0;
}

/**
 * Where each id of a list stands. A `Map` of a million ids stops the page for a third of a second whenever it grows;
 * this table has its size from the start.
 */
export class IdIndex {
  #slots: Int32Array;
  #ids: (place: number) => string;

  /**
   * @param size the most ids that are added
   * @param ids the id at a place of the list
   */
  constructor(size: number, ids: (place: number) => string) {
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(4, size * 2))));
    this.#ids = ids;
  }

  /** The slot that has the id, or the free one that it would get. */
  #slot(id: string): number {
    const mask = this.#slots.length - 1;
    let slot = hashOf(id) & mask;
    for (;;) {
      const place = (this.#slots[slot] ?? 0) - 1;
      if (place === -1 || this.#ids(place) === id) return slot;
      slot = (slot + 1) & mask;
    }
  }

  /** Of two places with one id, the first that is added stays. */
  add(place: number): void {
    const slot = this.#slot(this.#ids(place));
    if (this.#slots[slot] === 0) this.#slots[slot] = place + 1;
  }

  get(id: string): number | undefined {
    const place = (this.#slots[this.#slot(id)] ?? 0) - 1;
    return place === -1 ? undefined : place;
  }
}
