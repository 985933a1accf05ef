import type { FloatHistogram } from "../histogram/index.ts";
import type { Labels } from "../labels.ts";

/**
 * An instant vector at every step of an evaluation, in columns: row r holds one series, its value at step s is at index
 * r * steps + s. `present` says where there is a sample; where `histograms` holds one, the sample is that histogram and
 * the value means nothing. Rows without any sample are allowed.
 */
export class Vector {
  readonly kind = "vector";
  readonly steps: number;
  rows = 0;
  /**
   * Whether the labels of the rows, names included, are known to differ from one another: saves looking for duplicates.
   * Who changes labels MUST clear it.
   */
  distinct = false;
  labels: Labels[] = [];
  /** 1 where the name is dropped at the very end (names are dropped late, so that matching on them still works). */
  dropName: Uint8Array;
  values: Float64Array;
  present: Uint8Array;
  /** Sparse; undefined when no sample is a histogram. */
  histograms: (FloatHistogram | undefined)[] | undefined;

  constructor(steps: number, capacity = 0) {
    this.steps = steps;
    this.dropName = new Uint8Array(capacity);
    this.values = new Float64Array(capacity * steps);
    this.present = new Uint8Array(capacity * steps);
  }

  /** Adds a row without samples and answers its number. */
  addRow(labels: Labels, dropName: boolean): number {
    if (this.rows === this.dropName.length) {
      this.grow(Math.max(1, Math.min(16, Math.floor(65_536 / this.steps)), this.rows * 2));
    }
    const row = this.rows++;
    this.labels[row] = labels;
    this.dropName[row] = dropName ? 1 : 0;
    return row;
  }

  /** Takes the last row away again; it MUST be without samples. */
  dropLastRow(): void {
    this.rows--;
    this.labels.length = this.rows;
  }

  /** Takes all rows away; the columns are used again. */
  clear(): void {
    this.present.fill(0, 0, this.rows * this.steps);
    this.labels.length = 0;
    this.histograms = undefined;
    this.rows = 0;
  }

  setHistogram(index: number, histogram: FloatHistogram): void {
    this.histograms ??= [];
    this.histograms[index] = histogram;
    this.present[index] = 1;
  }

  /** Whether a histogram stands there. */
  isHistogram(index: number): boolean {
    return this.histograms !== undefined && this.histograms[index] !== undefined;
  }

  private grow(capacity: number): void {
    const dropName = new Uint8Array(capacity);
    dropName.set(this.dropName);
    this.dropName = dropName;
    const values = new Float64Array(capacity * this.steps);
    values.set(this.values);
    this.values = values;
    const present = new Uint8Array(capacity * this.steps);
    present.set(this.present);
    this.present = present;
  }
}

/** A scalar at every step. */
export interface Scalar {
  kind: "scalar";
  values: Float64Array;
}

export interface Text {
  kind: "string";
  value: string;
}

/** What a node evaluates to. Range vectors are no values: functions over ranges get their windows one by one. */
export type Value = Vector | Scalar | Text;
