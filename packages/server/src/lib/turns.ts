import { setImmediate as nextTurn } from "node:timers/promises";

/** How long one turn may keep the event loop. */
const SLICE_MS = 8;
/** Rounds of a loop between two looks at the clock: looking costs as much as a round does. */
const STRIDE = 256;

/** Gives others a turn when this one has taken long enough. */
export class Turns {
  private sinceMs = performance.now();
  private rounds = 0;

  /** Whether it is time for `next`; asked in loops, of which not every round may wait. */
  get isLong(): boolean {
    return performance.now() - this.sinceMs > SLICE_MS;
  }

  /** The same for loops of very many quick rounds. */
  get isDue(): boolean {
    return ++this.rounds % STRIDE === 0 && this.isLong;
  }

  async next(): Promise<void> {
    await nextTurn();
    this.sinceMs = performance.now();
  }

  /** As `Array.map`, with pauses. */
  async map<T, R>(items: readonly T[], make: (item: T) => R): Promise<R[]> {
    const made: R[] = [];
    for (const item of items) {
      made.push(make(item));
      if (this.isDue) await this.next();
    }
    return made;
  }
}
