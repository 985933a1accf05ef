import { formatShortest } from "../math/float-text.ts";
import { MAX_KNOWN_SCHEMA, MAX_SCHEMA, MIN_KNOWN_SCHEMA, MIN_SCHEMA } from "./bounds.ts";
import { HistogramError } from "./error.ts";
import { reduceResolution, usesCustomBuckets } from "./shape.ts";
import { CUSTOM_BUCKETS_SCHEMA, type BucketSpan, type FloatHistogram } from "./types.ts";

/** Most buckets (and most spans, and most custom bounds) of a histogram that is taken in; schema 8 covers 10^77 with them. */
export const MAX_BUCKETS = 65_536;

const NEGATIVE_OFFSET = "histogram has a span whose offset is negative";
const SPANS_MISMATCH = "histogram spans specify different number of buckets than provided";
const NEGATIVE_BUCKET = "histogram has a bucket whose observation count is negative";
const BOUNDS_TOO_FEW = "histogram custom bounds are too few";
const BOUNDS_ORDER = "histogram custom bounds must be in strictly increasing order";
const COUNT_TOO_SMALL =
  "histogram's observation count should be at least the number of observations found in the buckets";
const COUNT_MISMATCH =
  "histogram's observation count should equal the number of observations found in the buckets (in absence of NaN)";

/**
 * Why Prometheus refuses a histogram on ingestion, in its words; undefined when it is fine. The number of observations is
 * compared with the buckets only where counts are integers, because fractions add up with errors.
 */
export function validateHistogram(h: FloatHistogram, integerCounts = false): string | undefined {
  return (
    validateSize(h) ??
    (usesCustomBuckets(h) ? validateCustom(h) : validateExponential(h)) ??
    validateCounts(h, integerCounts)
  );
}

function validateSize(h: FloatHistogram): string | undefined {
  const sizes = [
    h.positiveBuckets,
    h.negativeBuckets,
    h.positiveSpans,
    h.negativeSpans,
    h.customValues,
  ];
  const size = Math.max(...sizes.map((list) => list.length));
  return size > MAX_BUCKETS
    ? `histogram has ${size} buckets, the limit is ${MAX_BUCKETS}`
    : undefined;
}

function validateExponential(h: FloatHistogram): string | undefined {
  if (!(h.schema >= MIN_SCHEMA && h.schema <= MAX_SCHEMA)) return invalidSchema(h.schema);
  const positive = validateSpans(h.positiveSpans, h.positiveBuckets.length);
  if (positive !== undefined) return `positive side: ${positive}`;
  const negative =
    validateSpans(h.negativeSpans, h.negativeBuckets.length) ?? validateBuckets(h.negativeBuckets);
  if (negative !== undefined) return `negative side: ${negative}`;
  if (h.zeroCount < 0) {
    return `zero bucket has observation count of ${formatShortest(h.zeroCount)}: ${NEGATIVE_BUCKET}`;
  }
  if (h.customValues.length > 0)
    return "histogram with exponential schema must not have custom bounds";
  return undefined;
}

function validateCustom(h: FloatHistogram): string | undefined {
  const bounds = validateBounds(h.customValues) ?? validateCustomSpans(h);
  if (bounds !== undefined) return `custom buckets: ${bounds}`;
  if (h.zeroCount !== 0) return "custom buckets: must have zero count of 0";
  if (h.zeroThreshold !== 0) return "custom buckets: must have zero threshold of 0";
  if (h.negativeSpans.length > 0) return "custom buckets: must not have negative spans";
  if (h.negativeBuckets.length > 0) return "custom buckets: must not have negative buckets";
  return undefined;
}

function validateCounts(h: FloatHistogram, integerCounts: boolean): string | undefined {
  if (h.count < 0) {
    return `observation count is  ${formatShortest(h.count)}: histogram's observation count is negative`;
  }
  const positive = validateBuckets(h.positiveBuckets);
  if (positive !== undefined) return `positive side: ${positive}`;
  if (!integerCounts) return undefined;
  let counted = h.zeroCount;
  for (const count of h.positiveBuckets) counted += count;
  for (const count of h.negativeBuckets) counted += count;
  const text = `${counted} observations found in buckets, but the Count field is ${h.count}`;
  if (Number.isNaN(h.sum)) return counted > h.count ? `${text}: ${COUNT_TOO_SMALL}` : undefined;
  return counted !== h.count ? `${text}: ${COUNT_MISMATCH}` : undefined;
}

function validateSpans(spans: readonly BucketSpan[], buckets: number): string | undefined {
  let needed = 0;
  for (const [i, span] of spans.entries()) {
    if (i > 0 && span.offset < 0) {
      return `span number ${i + 1} with offset ${span.offset}: ${NEGATIVE_OFFSET}`;
    }
    needed += span.length;
  }
  return needed === buckets
    ? undefined
    : `spans need ${needed} buckets, have ${buckets} buckets: ${SPANS_MISMATCH}`;
}

function validateBuckets(buckets: readonly number[]): string | undefined {
  const at = buckets.findIndex((count) => count < 0);
  if (at < 0) return undefined;
  const count = formatShortest(buckets[at] ?? 0);
  return `bucket number ${at + 1} has observation count of ${count}: ${NEGATIVE_BUCKET}`;
}

function validateBounds(bounds: readonly number[]): string | undefined {
  let previous = -Infinity;
  for (const [i, bound] of bounds.entries()) {
    if (Number.isNaN(bound)) return "histogram custom bounds must not be NaN";
    if (i > 0 && bound <= previous) {
      return `previous bound is ${fixed(previous)} and current is ${fixed(bound)}: ${BOUNDS_ORDER}`;
    }
    previous = bound;
  }
  if (previous !== Infinity) return undefined;
  return "last +Inf bound must not be explicitly defined: histogram custom bounds must be finite";
}

/** As Go's `%f`. */
function fixed(value: number): string {
  return Number.isFinite(value) ? value.toFixed(6) : formatShortest(value);
}

function validateCustomSpans(h: FloatHistogram): string | undefined {
  const negative = h.positiveSpans.findIndex((span) => span.offset < 0);
  const offset = h.positiveSpans[negative]?.offset;
  if (offset !== undefined)
    return `span number ${negative + 1} with offset ${offset}: ${NEGATIVE_OFFSET}`;
  const mismatch = validateSpans(h.positiveSpans, h.positiveBuckets.length);
  if (mismatch !== undefined) return mismatch;
  const reach = h.positiveSpans.reduce((sum, span) => sum + span.length + span.offset, 0);
  const bounds = h.customValues.length;
  if (bounds + 1 >= reach) return undefined;
  return `only ${bounds} custom bounds defined which is insufficient to cover total span length of ${reach}: ${BOUNDS_TOO_FEW}`;
}

function invalidSchema(schema: number): string {
  return `histogram has an invalid schema, which must be between ${MIN_SCHEMA} and ${MAX_SCHEMA} for exponential buckets, or ${CUSTOM_BUCKETS_SCHEMA} for custom buckets, got schema ${schema}`;
}

/**
 * Takes in a histogram of a schema that is finer than what is kept, by reducing its resolution.
 * @throws HistogramError when the schema is unknown altogether.
 */
export function toSupportedSchema(h: FloatHistogram): FloatHistogram {
  if (usesCustomBuckets(h) || (h.schema >= MIN_SCHEMA && h.schema <= MAX_SCHEMA)) return h;
  if (!(h.schema >= MIN_KNOWN_SCHEMA && h.schema <= MAX_KNOWN_SCHEMA)) {
    throw new HistogramError(
      `histogram has an unknown schema, which must be between ${MIN_KNOWN_SCHEMA} and ${MAX_KNOWN_SCHEMA} for exponential buckets, or ${CUSTOM_BUCKETS_SCHEMA} for custom buckets, got schema ${h.schema}`,
    );
  }
  if (h.schema < MIN_SCHEMA) throw new HistogramError(invalidSchema(h.schema));
  return { ...reduceResolution(h, MAX_SCHEMA), counterResetHint: h.counterResetHint };
}
