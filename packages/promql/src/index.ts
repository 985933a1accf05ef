export { Annotations } from "./annotations.ts";
export { Engine } from "./engine/engine.ts";
export { EvaluationError, type EvaluationErrorType } from "./engine/errors.ts";
export { bucketColumns } from "./engine/rollup-windows.ts";
export type * from "./engine/types.ts";
export { setStale, isStale } from "./engine/stale.ts";
export { formatFloat } from "./format-float.ts";
export {
  addHistograms,
  compactHistogram,
  createHistogram,
  CUSTOM_BUCKETS_SCHEMA,
  decodeHistogram,
  encodeHistogram,
  formatHistogram,
  fromClassic,
  fromOtlpExplicit,
  fromOtlpExponential,
  fromWire,
  HistogramError,
  histogramJson,
  histogramsEqual,
  subHistograms,
  validateHistogram,
} from "./histogram/index.ts";
export type {
  BucketSpan,
  ClassicBuckets,
  CounterResetHint,
  FloatHistogram,
  HistogramJson,
  OtlpBuckets,
  OtlpExplicitPoint,
  OtlpExponentialPoint,
  WireHistogram,
} from "./histogram/index.ts";
export { compareBytes, Labels } from "./labels.ts";
export { memoryStorage, STALE, type MemorySeries } from "./memory-storage.ts";
export type * from "./storage.ts";
export type * from "./syntax/ast.ts";
export { typeOf } from "./syntax/check.ts";
export { PromQLError } from "./syntax/error.ts";
export { formatPromQL } from "./syntax/format.ts";
export { functions, type FunctionSignature } from "./syntax/functions.ts";
export { MAX_LENGTH, MAX_NESTING, MAX_OPERATORS } from "./syntax/lex.ts";
export { compileMatcher, type ValueTest } from "./syntax/matcher.ts";
export { parseMatchers, parsePromQL } from "./syntax/parse.ts";
export { parseShared } from "./syntax/parse-shared.ts";
