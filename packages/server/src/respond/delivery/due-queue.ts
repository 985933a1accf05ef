/** Items by the time at which they are due, the earliest first: a binary heap. */
export class DueQueue<T> {
  private readonly heap: { dueMs: number; item: T }[] = [];

  get size(): number {
    return this.heap.length;
  }

  /** When the earliest item is due; Infinity when there is none. */
  get nextMs(): number {
    return this.heap[0]?.dueMs ?? Infinity;
  }

  push(item: T, dueMs: number): void {
    const { heap } = this;
    let at = heap.push({ dueMs, item }) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.dueAt(parent) <= dueMs) break;
      this.swap(at, parent);
      at = parent;
    }
  }

  /** The earliest item, if it is due. */
  pop(nowMs: number): T | undefined {
    const { heap } = this;
    const [first] = heap;
    if (!first || first.dueMs > nowMs) return undefined;
    const last = heap.pop();
    if (heap.length > 0 && last) {
      heap[0] = last;
      this.sink();
    }
    return first.item;
  }

  private sink(): void {
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const smaller = this.dueAt(left + 1) < this.dueAt(left) ? left + 1 : left;
      if (this.dueAt(smaller) >= this.dueAt(at)) return;
      this.swap(at, smaller);
      at = smaller;
    }
  }

  private dueAt(index: number): number {
    return this.heap[index]?.dueMs ?? Infinity;
  }

  private swap(a: number, b: number): void {
    const { heap } = this;
    const first = heap[a];
    const second = heap[b];
    if (!first || !second) return;
    heap[a] = second;
    heap[b] = first;
  }
}
