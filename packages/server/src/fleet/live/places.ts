import type { SpanBlock, SpanRecord } from "#store";

/** A trace that came in more pieces than this is remembered as objects. */
const MAX_BLOCKS = 4;
/** A trace is read again as a whole when it goes on, in one turn. */
const MAX_SPANS = 256;

/** Counts who refers to a block: all referred to together keep no more memory than a limit. */
export class Shelf {
  private readonly holders = new Map<SpanBlock, number>();
  private readonly maxBytes: number;
  bytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** @returns false when there is no room for the block. */
  hold(block: SpanBlock): boolean {
    const holders = this.holders.get(block) ?? 0;
    if (holders === 0) {
      if (this.bytes + block.heldBytes > this.maxBytes) return false;
      this.bytes += block.heldBytes;
    }
    this.holders.set(block, holders + 1);
    return true;
  }

  release(block: SpanBlock): void {
    const holders = this.holders.get(block) ?? 0;
    if (holders > 1) this.holders.set(block, holders - 1);
    else if (this.holders.delete(block)) this.bytes -= block.heldBytes;
  }
}

/**
 * Where the spans of one trace lie in the blocks that they came with, which the garbage collector does not look through. As
 * objects, spans that wait for news that never come are most of its work.
 */
export class Places {
  private readonly shelf: Shelf;
  private parts: { block: SpanBlock; indexes: number[] }[] | undefined = [];
  private count = 0;

  constructor(shelf: Shelf) {
    this.shelf = shelf;
  }

  /** Whether all spans that were noted can be read again. */
  get areKnown(): boolean {
    return this.parts !== undefined;
  }

  /** @param block where the span lies; without it, or when it is too much, the places of this trace are given up. */
  note(block: SpanBlock | undefined, index: number): void {
    const { parts } = this;
    if (parts === undefined) return;
    const last = parts.at(-1);
    this.count++;
    if (block === undefined || this.count > MAX_SPANS) this.giveUp();
    else if (last !== undefined && last.block === block) last.indexes.push(index);
    else if (parts.length < MAX_BLOCKS && this.shelf.hold(block))
      parts.push({ block, indexes: [index] });
    else this.giveUp();
  }

  /** In the order in which they were noted. */
  *records(): Generator<SpanRecord> {
    for (const { block, indexes } of this.parts ?? [])
      for (const index of indexes) yield block.record(index);
  }

  giveUp(): void {
    for (const { block } of this.parts ?? []) this.shelf.release(block);
    this.parts = undefined;
  }
}
