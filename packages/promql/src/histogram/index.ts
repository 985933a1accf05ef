export { addHistograms, divideHistogram, scaleHistogram, subHistograms } from "./arithmetic.ts";
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
export { formatHistogram, histogramJson, type HistogramJson } from "./format.ts";
export { histogramFraction, histogramQuantile } from "./quantile.ts";
export {
  addWithRemarks,
  histogramIncrease,
  histogramStep,
  subWithRemarks,
  sumOverTime,
} from "./range.ts";
export { warnMixedSchemas } from "./remarks.ts";
export { detectReset, withDetectedHints } from "./reset.ts";
export {
  compactHistogram,
  createHistogram,
  histogramsEqual,
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
export { validateHistogram } from "./validate.ts";
