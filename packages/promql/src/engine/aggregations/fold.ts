import { kahanAddAt } from "../../math/kahan.ts";

/**
 * Takes one row of floats after the other into groups that are kept in columns: the accumulators of group g at step s are at
 * g * steps + s. The first value of a place is no addition, so that NaN and infinities behave as upstream.
 */
export interface Fold {
  /** What comes out; its places mean something where `seen` is 1. */
  readonly values: Float64Array;
  readonly seen: Uint8Array;
  /** Whether histograms count as samples. */
  readonly countsHistograms: boolean;
  /** Takes in places from to to of a row, where `present` is 1, from group place `into` on. */
  add(source: Float64Array, present: Uint8Array, from: number, to: number, into: number): void;
  /** Makes results of the accumulators. */
  finish(): void;
}

abstract class Columns {
  readonly values: Float64Array;
  readonly seen: Uint8Array;
  readonly countsHistograms: boolean = false;

  constructor(values: Float64Array, seen: Uint8Array) {
    this.values = values;
    this.seen = seen;
  }

  add(source: Float64Array, present: Uint8Array, from: number, to: number, into: number): void {
    const { seen } = this;
    for (let at = from, place = into; at < to; at++, place++) {
      if (present[at] !== 1) continue;
      const value = source[at] ?? 0;
      if (seen[place] === 1) this.next(place, value);
      else {
        seen[place] = 1;
        this.first(place, value);
      }
    }
  }

  finish(): void {
    // Most accumulators are the results.
  }

  protected abstract first(place: number, value: number): void;
  protected abstract next(place: number, value: number): void;
}

export class SumFold extends Columns implements Fold {
  private readonly compensations: Float64Array;

  constructor(values: Float64Array, seen: Uint8Array) {
    super(values, seen);
    this.compensations = new Float64Array(values.length);
  }

  protected first(place: number, value: number): void {
    this.values[place] = value;
  }

  protected next(place: number, value: number): void {
    kahanAddAt(this.values, this.compensations, place, value);
  }

  override finish(): void {
    const { values, compensations } = this;
    for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) + (compensations[i] ?? 0);
  }
}

/** A sum that is divided, and an incremental mean from where the sum would overflow. */
export class AvgFold extends Columns implements Fold {
  private readonly compensations: Float64Array;
  private readonly counts: Uint32Array;
  private readonly incremental: Uint8Array;

  constructor(values: Float64Array, seen: Uint8Array) {
    super(values, seen);
    this.compensations = new Float64Array(values.length);
    this.counts = new Uint32Array(values.length);
    this.incremental = new Uint8Array(values.length);
  }

  protected first(place: number, value: number): void {
    this.values[place] = value;
    this.counts[place] = 1;
  }

  protected next(place: number, value: number): void {
    const { values, compensations, counts } = this;
    const count = (counts[place] ?? 0) + 1;
    counts[place] = count;
    if (!this.incremental[place]) {
      const sum = values[place] ?? 0;
      const compensation = compensations[place] ?? 0;
      kahanAddAt(values, compensations, place, value);
      if (Math.abs(values[place] ?? 0) !== Infinity) return;
      this.incremental[place] = 1;
      values[place] = sum / (count - 1);
      compensations[place] = compensation / (count - 1);
    }
    const share = (count - 1) / count;
    values[place] = share * (values[place] ?? 0);
    compensations[place] = share * (compensations[place] ?? 0);
    kahanAddAt(values, compensations, place, value / count);
  }

  override finish(): void {
    const { values, compensations, counts, incremental } = this;
    for (let i = 0; i < values.length; i++) {
      const divisor = incremental[i] ? 1 : (counts[i] ?? 1);
      values[i] = (values[i] ?? 0) / divisor + (compensations[i] ?? 0) / divisor;
    }
  }
}

/** Any number replaces NaN. */
export class MinFold extends Columns implements Fold {
  protected first(place: number, value: number): void {
    this.values[place] = value;
  }

  protected next(place: number, value: number): void {
    const least = this.values[place] ?? 0;
    if (least > value || Number.isNaN(least)) this.values[place] = value;
  }
}

/** Any number replaces NaN. */
export class MaxFold extends Columns implements Fold {
  protected first(place: number, value: number): void {
    this.values[place] = value;
  }

  protected next(place: number, value: number): void {
    const most = this.values[place] ?? 0;
    if (most < value || Number.isNaN(most)) this.values[place] = value;
  }
}

export class CountFold extends Columns implements Fold {
  override readonly countsHistograms = true;

  protected first(place: number): void {
    this.values[place] = 1;
  }

  protected next(place: number): void {
    this.values[place] = (this.values[place] ?? 0) + 1;
  }
}

export class GroupFold extends Columns implements Fold {
  override readonly countsHistograms = true;

  protected first(place: number): void {
    this.values[place] = 1;
  }

  protected next(): void {
    // Once there, always 1.
  }
}

/** Variance by Welford's method; one value that is not finite makes it NaN. */
export class StdvarFold extends Columns implements Fold {
  private readonly means: Float64Array;
  protected readonly counts: Uint32Array;

  constructor(values: Float64Array, seen: Uint8Array) {
    super(values, seen);
    this.means = new Float64Array(values.length);
    this.counts = new Uint32Array(values.length);
  }

  protected first(place: number, value: number): void {
    this.values[place] = Number.isFinite(value) ? 0 : NaN;
    this.means[place] = value;
    this.counts[place] = 1;
  }

  protected next(place: number, value: number): void {
    const count = (this.counts[place] ?? 0) + 1;
    const delta = value - (this.means[place] ?? 0);
    const mean = (this.means[place] ?? 0) + delta / count;
    this.counts[place] = count;
    this.means[place] = mean;
    this.values[place] = (this.values[place] ?? 0) + delta * (value - mean);
  }

  override finish(): void {
    const { values, counts } = this;
    for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) / (counts[i] ?? 1);
  }
}

export class StddevFold extends StdvarFold {
  override finish(): void {
    super.finish();
    for (let i = 0; i < this.values.length; i++) this.values[i] = Math.sqrt(this.values[i] ?? 0);
  }
}
