import type { FloatHistogram } from "./histogram/index.ts";
import type { Labels } from "./labels.ts";
import type { LabelMatcher } from "./syntax/ast.ts";

/** One series with columns of equal length. */
export interface StoredSeries {
  labels: Labels;
  /** Unix milliseconds, strictly ascending. */
  times: Float64Array;
  /** A stale marker is the NaN with the bits 0x7ff0000000000002. Where a histogram stands, the value has no meaning. */
  values: Float64Array;
  /** Native histograms by the same index; absent when the series has none in this range. */
  histograms?: readonly (FloatHistogram | undefined)[];
  /** When counting began, in Unix milliseconds, 0 where unknown; absent when the store does not know any. */
  startTimes?: Float64Array;
  /** Set when the series comes as buckets: `times` has their ends, `values` is empty. */
  buckets?: Buckets;
}

/** What is known of the samples of a bucket; which of it a function needs is in {@link bucketColumns}. */
export type BucketColumn =
  | "count"
  /** Unix milliseconds. */
  | "firstTime"
  | "lastTime"
  | "first"
  | "last"
  | "low"
  | "high"
  | "sum"
  /** Of the values before each fall inside of the bucket: what a counter lost by its resets. */
  | "lost"
  | "resets"
  | "changes";

/**
 * One series' samples in buckets, of which each holds what is after its end less bucketMs and not after its end; there is none without
 * samples. Stale markers are left out; no value is NaN, infinite or a negative zero, none a histogram.
 */
export interface Buckets {
  bucketMs: number;
  columns: Readonly<Partial<Record<BucketColumn, Float64Array>>>;
}

/** What the engine will do with the samples; a store may answer with rollups, or read less, where that is exact. */
export interface SelectHints {
  /** Step of the evaluation in milliseconds, 0 for one instant. */
  stepMs: number;
  /** Length of the range selector in milliseconds, 0 for an instant selector. */
  rangeMs: number;
  /** The function or aggregation directly around the selector. */
  function: string | undefined;
  /**
   * Whether series may come as buckets. They then MUST end where each window begins and ends, and give what the samples give, which
   * for a sum needs whole numbers, and for the increase of a counter whole numbers or at most one reset in a bucket.
   */
  takesBuckets?: boolean;
}

export interface SelectRequest {
  matchers: readonly LabelMatcher[];
  /** Samples with startMs < time <= endMs are wanted. */
  startMs: number;
  endMs: number;
  hints: SelectHints;
  /** Tells who asked something about the answer, as an info. */
  inform?: (reason: string) => void;
}

/**
 * Where the engine reads. `select` MUST yield every matching series that has a sample in the range exactly once, in any
 * order, in batches that are small enough to be held in memory; it should stop soon after `signal` aborts. A batch's columns
 * are read before the next batch is asked for and not afterwards: a store may use their memory again.
 */
export interface Storage {
  select(request: SelectRequest, signal: AbortSignal): AsyncIterable<readonly StoredSeries[]>;
}
