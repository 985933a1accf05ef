import { spansOf } from "./sides.ts";
import type { BucketSpan } from "./types.ts";

/** Numbers with the error of each, as Kahan and Neumaier sum (upstream's util/kahansum). */
export class Sums {
  readonly values: number[];
  readonly errors: number[];

  constructor(values: readonly number[]) {
    this.values = [...values];
    this.errors = values.map(() => 0);
  }

  add(at: number, value: number): void {
    const sum = this.values[at] ?? 0;
    const next = sum + value;
    if (next === Infinity || next === -Infinity) this.errors[at] = 0;
    else {
      const lost = Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
      this.errors[at] = (this.errors[at] ?? 0) + lost;
    }
    this.values[at] = next;
  }

  /** Adds a number that has an error of its own. */
  absorb(at: number, value: number, error: number): void {
    this.add(at, value);
    this.errors[at] = (this.errors[at] ?? 0) + error;
  }

  scale(factor: number, divisor: number): void {
    for (let i = 0; i < this.values.length; i++) {
      this.values[i] = ((this.values[i] ?? 0) * factor) / divisor;
      this.errors[i] = ((this.errors[i] ?? 0) * factor) / divisor;
    }
  }

  get overflowed(): boolean {
    return this.values.includes(Infinity) || this.values.includes(-Infinity);
  }

  total(at: number, divisor: number): number {
    return (this.values[at] ?? 0) / divisor + (this.errors[at] ?? 0) / divisor;
  }
}

/** The buckets of one sign of a running sum. */
export class RunningSide {
  spans: readonly BucketSpan[];
  indices: number[];
  sums: Sums;

  constructor(spans: readonly BucketSpan[], indices: readonly number[], counts: readonly number[]) {
    this.spans = spans;
    this.indices = [...indices];
    this.sums = new Sums(counts);
  }

  /** Moves every bucket to where `target` says, from `first` on; what comes before is left out. */
  remap(target: (index: number) => number, first = 0): void {
    const old = this.sums;
    const indices: number[] = [];
    const sums = new Sums([]);
    for (let i = first; i < this.indices.length; i++) {
      const index = target(this.indices[i] ?? 0);
      const last = indices.length - 1;
      if (indices[last] === index) sums.absorb(last, old.values[i] ?? 0, old.errors[i] ?? 0);
      else {
        indices.push(index);
        sums.values.push(old.values[i] ?? 0);
        sums.errors.push(old.errors[i] ?? 0);
      }
    }
    this.indices = indices;
    this.sums = sums;
    this.spans = spansOf(indices);
  }

  /** Adds counts to buckets with ascending indices; the same index may come several times. */
  add(indices: readonly number[], counts: readonly number[]): void {
    this.makeRoom(indices);
    let i = 0;
    for (let j = 0; j < indices.length; j++) {
      while (i < this.indices.length && this.indices[i] !== indices[j]) i++;
      this.sums.add(i, counts[j] ?? 0);
    }
  }

  /** Inserts empty buckets where there are none. */
  private makeRoom(indices: readonly number[]): void {
    const old = this.indices;
    const merged: number[] = [];
    const origin: number[] = [];
    let i = 0;
    for (const index of indices) {
      while (i < old.length && (old[i] ?? 0) < index) {
        origin.push(i);
        merged.push(old[i++] ?? 0);
      }
      if (old[i] === index || merged[merged.length - 1] === index) continue;
      origin.push(-1);
      merged.push(index);
    }
    if (merged.length === i) return;
    for (; i < old.length; i++) {
      origin.push(i);
      merged.push(old[i] ?? 0);
    }
    const { values, errors } = this.sums;
    this.sums = new Sums(origin.map((from) => values[from] ?? 0));
    for (let at = 0; at < origin.length; at++) this.sums.errors[at] = errors[origin[at] ?? -1] ?? 0;
    this.indices = merged;
    this.spans = spansOf(merged);
  }

  addAligned(counts: readonly number[]): void {
    for (let i = 0; i < counts.length; i++) this.sums.add(i, counts[i] ?? 0);
  }
}
