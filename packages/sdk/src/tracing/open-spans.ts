import type { RecordedSpan } from "./span.ts";

/**
 * Spans that go on, in the order in which they began: a list through the spans themselves. Most of them come and go between
 * two looks at it, and a `Set` would build its table anew for them again and again.
 */
export class OpenSpans {
  #oldest: RecordedSpan | null = null;
  #newest: RecordedSpan | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(span: RecordedSpan): void {
    span.isListed = true;
    span.older = this.#newest;
    if (this.#newest === null) this.#oldest = span;
    else this.#newest.newer = span;
    this.#newest = span;
    this.#size++;
  }

  /** Nothing happens to one that is not in the list. */
  delete(span: RecordedSpan): void {
    if (!span.isListed) return;
    const { older, newer } = span;
    if (older === null) this.#oldest = newer;
    else older.newer = newer;
    if (newer === null) this.#newest = older;
    else newer.older = older;
    span.isListed = false;
    span.older = null;
    span.newer = null;
    this.#size--;
  }

  *[Symbol.iterator](): Generator<RecordedSpan> {
    for (let span = this.#oldest; span !== null; span = span.newer) yield span;
  }
}
