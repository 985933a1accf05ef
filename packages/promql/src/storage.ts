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
}

/** What the engine will do with the samples; a store may answer with rollups, or read less, where that is exact. */
export interface SelectHints {
  /** Step of the evaluation in milliseconds, 0 for one instant. */
  stepMs: number;
  /** Length of the range selector in milliseconds, 0 for an instant selector. */
  rangeMs: number;
  /** The function or aggregation directly around the selector. */
  function: string | undefined;
}

export interface SelectRequest {
  matchers: readonly LabelMatcher[];
  /** Samples with startMs < time <= endMs are wanted. */
  startMs: number;
  endMs: number;
  hints: SelectHints;
}

/**
 * Where the engine reads. `select` MUST yield every matching series that has a sample in the range exactly once, in any
 * order, in batches that are small enough to be held in memory; it should stop soon after `signal` aborts.
 */
export interface Storage {
  select(request: SelectRequest, signal: AbortSignal): AsyncIterable<readonly StoredSeries[]>;
}
