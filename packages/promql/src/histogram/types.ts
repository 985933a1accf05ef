/** Consecutive buckets: `offset` is the gap to the span before (for the first: the index of its first bucket). */
export interface BucketSpan {
  offset: number;
  length: number;
}

export type CounterResetHint = "unknown" | "reset" | "not_reset" | "gauge";

/** Schema of histograms with custom bucket bounds. */
export const CUSTOM_BUCKETS_SCHEMA = -53;

/**
 * A native histogram with floating point counts, as in Prometheus' model/histogram. Treated as immutable: every operation
 * answers with a new one, so that histograms may be shared between series, steps and caches.
 */
export interface FloatHistogram {
  /** -4 to 8 for exponential buckets (base 2^(2^-schema)), -53 for custom bounds. */
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly count: number;
  readonly sum: number;
  readonly counterResetHint: CounterResetHint;
  readonly positiveSpans: readonly BucketSpan[];
  /** Absolute counts, not deltas, one per bucket of the spans. */
  readonly positiveBuckets: readonly number[];
  readonly negativeSpans: readonly BucketSpan[];
  readonly negativeBuckets: readonly number[];
  /** Upper bounds of custom buckets, ascending, without +Inf; empty for exponential ones. */
  readonly customValues: readonly number[];
  /**
   * A stale marker: upstream gives the sum the bits of its stale NaN, which a number does not keep in JavaScript. Stores
   * hand the engine a stale float instead.
   */
  readonly stale?: boolean;
}
