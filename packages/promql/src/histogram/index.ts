export {
  addHistograms,
  divideHistogram,
  scaleHistogram,
  subHistograms,
  type Combination,
} from "./arithmetic.ts";
export { decodeHistogram, encodeHistogram } from "./codec.ts";
export {
  fromClassic,
  fromOtlpExplicit,
  fromOtlpExponential,
  fromWire,
  type ClassicBuckets,
  type OtlpBuckets,
  type OtlpExplicitPoint,
  type OtlpExponentialPoint,
  type WireHistogram,
} from "./convert.ts";
export { HistogramError } from "./error.ts";
export { formatHistogram, histogramJson, type BoundaryRule, type HistogramJson } from "./format.ts";
export {
  histogramFraction,
  histogramQuantile,
  type FractionOutcome,
  type NanEffect,
  type QuantileOutcome,
} from "./quantile.ts";
export {
  addWithRemarks,
  histogramIncrease,
  histogramStep,
  subWithRemarks,
  sumOverTime,
} from "./range.ts";
export {
  infoBoundsReconciled,
  warnMixedSchemas,
  warnResetsConflict,
  type HistogramOperation,
} from "./remarks.ts";
export { detectReset, withDetectedHints } from "./reset.ts";
export {
  compactHistogram,
  copyHistogram,
  createHistogram,
  histogramsEqual,
  reduceResolution,
  usesCustomBuckets,
  withHint,
} from "./shape.ts";
export {
  histogramAvg,
  histogramCount,
  histogramStddev,
  histogramStdvar,
  histogramSum,
} from "./stats.ts";
export { HistogramSum } from "./sum.ts";
export { trimHistogram } from "./trim.ts";
export type * from "./types.ts";
export { CUSTOM_BUCKETS_SCHEMA } from "./types.ts";
export { bucketsOf, BucketView, type Bucket } from "./view.ts";
export { MAX_BUCKETS, toSupportedSchema, validateHistogram } from "./validate.ts";
