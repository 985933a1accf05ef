/**
 * The k largest (or smallest) values of one group at one step, as rows. It is the binary heap of Go's container/heap, sift by
 * sift: which of several equal values stay, and in which order, follows from that.
 */
export class BestRows {
  private readonly sign: 1 | -1;
  private readonly rows: Int32Array;
  /** Negated for the smallest, so that there is one order only. */
  private readonly values: Float64Array;
  /** Where the heap of this group and step begins in the columns, and how many it holds. */
  private base = 0;
  private size = 0;

  constructor(kind: "largest" | "smallest", capacity: number) {
    this.sign = kind === "largest" ? 1 : -1;
    this.rows = new Int32Array(capacity);
    this.values = new Float64Array(capacity);
  }

  /** Works on the heap that begins at `base` and holds `size`, until the next call. */
  open(base: number, size: number): void {
    this.base = base;
    this.size = size;
  }

  /** Offers a value to the open heap of at most k; answers how many it holds then. */
  offer(row: number, value: number, k: number): number {
    const { base, rows, values } = this;
    const signed = value * this.sign;
    if (this.size < k) {
      rows[base + this.size] = row;
      values[base + this.size] = signed;
      this.up(this.size);
      return ++this.size;
    }
    const worst = values[base] ?? 0;
    if (worst < signed || (Number.isNaN(worst) && !Number.isNaN(signed))) {
      rows[base] = row;
      values[base] = signed;
      this.down();
    }
    return this.size;
  }

  /** Rows of the open heap, best first, NaN last. */
  ordered(): number[] {
    const order = Array.from({ length: this.size }, (_, i) => this.base + i);
    // Go's sort is stable up to twelve values, as this one is.
    order.sort((a, b) => {
      const left = this.values[a] ?? 0;
      const right = this.values[b] ?? 0;
      if (left === right) return 0;
      if (Number.isNaN(left) || Number.isNaN(right)) {
        return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
      }
      return right - left < 0 ? -1 : 1;
    });
    return order.map((at) => this.rows[at] ?? 0);
  }

  /** Calls back with every row of the open heap. */
  forEach(visit: (row: number) => void): void {
    for (let i = 0; i < this.size; i++) visit(this.rows[this.base + i] ?? 0);
  }

  private less(a: number, b: number): boolean {
    const left = this.values[this.base + a] ?? 0;
    return Number.isNaN(left) || left < (this.values[this.base + b] ?? 0);
  }

  private swap(a: number, b: number): void {
    const { base, rows, values } = this;
    const row = rows[base + a] ?? 0;
    const value = values[base + a] ?? 0;
    rows[base + a] = rows[base + b] ?? 0;
    values[base + a] = values[base + b] ?? 0;
    rows[base + b] = row;
    values[base + b] = value;
  }

  private up(from: number): void {
    let child = from;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.less(child, parent)) return;
      this.swap(parent, child);
      child = parent;
    }
  }

  private down(): void {
    let parent = 0;
    for (;;) {
      const left = 2 * parent + 1;
      if (left >= this.size) return;
      const right = left + 1;
      const child = right < this.size && this.less(right, left) ? right : left;
      if (!this.less(child, parent)) return;
      this.swap(parent, child);
      parent = child;
    }
  }
}
