import { MAX_SCHEMA, MIN_SCHEMA, reducedIndex } from "./bounds.ts";
import { HistogramError } from "./error.ts";
import { createHistogram } from "./shape.ts";
import { spansOf } from "./sides.ts";
import {
  CUSTOM_BUCKETS_SCHEMA,
  type BucketSpan,
  type CounterResetHint,
  type FloatHistogram,
} from "./types.ts";
import { MAX_BUCKETS, toSupportedSchema, validateHistogram } from "./validate.ts";

/** The fields of a histogram in remote write and in the protobuf exposition format. */
export interface WireHistogram {
  schema: number;
  zeroThreshold: number;
  sum: number;
  /** Numbers of observations; above 2^53 they are rounded. */
  count: number | bigint;
  zeroCount: number | bigint;
  counterResetHint: CounterResetHint;
  positiveSpans: readonly BucketSpan[];
  negativeSpans: readonly BucketSpan[];
  /** Of histograms with integer counts: each count as difference to the one before. */
  positiveDeltas: readonly (number | bigint)[];
  negativeDeltas: readonly (number | bigint)[];
  /** Of histograms with float counts: the counts. */
  positiveCounts: readonly number[];
  negativeCounts: readonly number[];
  customValues: readonly number[];
  /** Whether counts are integers, given as deltas. */
  integers: boolean;
  /** The sum has the bits of the stale marker 0x7ff0000000000002. */
  stale?: boolean;
}

/**
 * Makes a histogram of a message. Schemas finer than 8 are reduced.
 * @throws HistogramError with Prometheus' reason when the histogram is invalid.
 */
export function fromWire(wire: WireHistogram): FloatHistogram {
  if (wire.stale === true)
    return { ...createHistogram({ schema: wire.schema, sum: NaN }), stale: true };
  const { integers } = wire;
  const sizes = [
    wire.positiveDeltas,
    wire.negativeDeltas,
    wire.positiveCounts,
    wire.negativeCounts,
  ];
  if (sizes.some((list) => list.length > MAX_BUCKETS)) {
    throw new HistogramError(`histogram has more than ${MAX_BUCKETS} buckets`);
  }
  const histogram = createHistogram({
    schema: wire.schema,
    zeroThreshold: wire.zeroThreshold,
    zeroCount: Number(wire.zeroCount),
    count: Number(wire.count),
    sum: wire.sum,
    counterResetHint: wire.counterResetHint,
    positiveSpans: wire.positiveSpans.map(({ offset, length }) => ({ offset, length })),
    positiveBuckets: integers ? fromDeltas(wire.positiveDeltas) : [...wire.positiveCounts],
    negativeSpans: wire.negativeSpans.map(({ offset, length }) => ({ offset, length })),
    negativeBuckets: integers ? fromDeltas(wire.negativeDeltas) : [...wire.negativeCounts],
    customValues: [...wire.customValues],
  });
  // Spans of too fine a schema cannot be reduced before they are known to fit their buckets.
  const known =
    histogram.schema > MAX_SCHEMA
      ? validateHistogram({ ...histogram, schema: 0 }, integers)
      : undefined;
  if (known !== undefined) throw new HistogramError(known);
  const supported = toSupportedSchema(histogram);
  const reason = validateHistogram(supported, integers && isExact(supported));
  if (reason !== undefined) throw new HistogramError(reason);
  return supported;
}

/** Sums of counts above 2^53 are rounded, so that they cannot be compared with the total. */
function isExact(h: FloatHistogram): boolean {
  return h.count <= Number.MAX_SAFE_INTEGER;
}

function fromDeltas(deltas: readonly (number | bigint)[]): number[] {
  let count = 0;
  let exact: bigint | undefined;
  return deltas.map((delta) => {
    if (exact === undefined && Number.isSafeInteger(count + Number(delta))) count += Number(delta);
    else {
      exact = (exact ?? BigInt(count)) + BigInt(delta);
      count = Number(exact);
    }
    return count;
  });
}

/** One side of an OTLP exponential histogram: counts of consecutive buckets from an offset on. */
export interface OtlpBuckets {
  offset: number;
  counts: readonly (number | bigint)[];
}

/** An ExponentialHistogramDataPoint of OTLP. */
export interface OtlpExponentialPoint {
  scale: number;
  count: number | bigint;
  /** Left out by sources of negative measurements. */
  sum: number | undefined;
  zeroCount: number | bigint;
  /** 0 when not set. */
  zeroThreshold: number;
  positive: OtlpBuckets;
  negative: OtlpBuckets;
}

/** Width of the zero bucket where OTLP names none, as upstream chooses it. */
const OTLP_ZERO_THRESHOLD = 1e-128;

/** Indices have 32 bits: after so many halvings every one is 0 or 1. */
const MAX_STEPS = 32;
const MAX_OFFSET = 2 ** 31;

/**
 * Makes a native histogram of an OTLP exponential one: indices move by one, as OTLP names buckets by their lower bounds;
 * scales above 8 are reduced. Whether the point is a delta or cumulative is the caller's business; so is the hint.
 * @throws HistogramError for a scale below -4, or when the counts do not fit.
 */
export function fromOtlpExponential(
  point: OtlpExponentialPoint,
  counterResetHint: CounterResetHint = "unknown",
): FloatHistogram {
  if (!(Number.isInteger(point.scale) && point.scale >= MIN_SCHEMA)) {
    throw new HistogramError(
      `cannot convert exponential to native histogram. Scale must be >= ${MIN_SCHEMA}, was ${point.scale}`,
    );
  }
  const schema = Math.min(point.scale, MAX_SCHEMA);
  const steps = Math.min(point.scale - schema, MAX_STEPS);
  const positive = shifted(point.positive, steps);
  const negative = shifted(point.negative, steps);
  return checked(
    createHistogram({
      schema,
      zeroThreshold: point.zeroThreshold > 0 ? point.zeroThreshold : OTLP_ZERO_THRESHOLD,
      zeroCount: Number(point.zeroCount),
      count: Number(point.count),
      sum: point.sum ?? 0,
      counterResetHint,
      positiveSpans: spansOf(positive.indices),
      positiveBuckets: positive.counts,
      negativeSpans: spansOf(negative.indices),
      negativeBuckets: negative.counts,
    }),
  );
}

function shifted(
  { offset, counts }: OtlpBuckets,
  steps: number,
): { indices: number[]; counts: number[] } {
  if (counts.length > MAX_BUCKETS)
    throw new HistogramError(`histogram has more than ${MAX_BUCKETS} buckets`);
  if (!Number.isInteger(offset) || Math.abs(offset) > MAX_OFFSET) {
    throw new HistogramError(`histogram has buckets at an impossible offset of ${offset}`);
  }
  const totals = new Map<number, number>();
  for (const [i, raw] of counts.entries()) {
    const count = Number(raw);
    const index = reducedIndex(offset + i + 1, steps);
    if (count !== 0) totals.set(index, (totals.get(index) ?? 0) + count);
  }
  return { indices: [...totals.keys()], counts: [...totals.values()] };
}

/** A HistogramDataPoint of OTLP: counts of the buckets that end at the bounds, and of the one behind them. */
export interface OtlpExplicitPoint {
  count: number | bigint;
  sum: number | undefined;
  /** Ascending. */
  bounds: readonly number[];
  /** One more than bounds, or none at all. */
  counts: readonly (number | bigint)[];
}

/**
 * Makes a histogram with custom buckets of an OTLP one with explicit bounds.
 * @throws HistogramError when bounds or counts are inconsistent.
 */
export function fromOtlpExplicit(
  point: OtlpExplicitPoint,
  counterResetHint: CounterResetHint = "unknown",
): FloatHistogram {
  const bounds = point.bounds.at(-1) === Infinity ? point.bounds.slice(0, -1) : [...point.bounds];
  const counts = point.counts.length === 0 ? [Number(point.count)] : point.counts.map(Number);
  const customValues = point.counts.length === 0 ? [] : bounds;
  if (point.counts.length !== 0 && counts.length !== point.bounds.length + 1) {
    throw new HistogramError(
      `histogram has ${counts.length} buckets for ${point.bounds.length} bounds`,
    );
  }
  while (counts.length > customValues.length + 1) {
    const last = counts.pop() ?? 0;
    counts.push((counts.pop() ?? 0) + last);
  }
  const indices = [...counts.keys()].filter((i) => counts[i] !== 0);
  return checked(
    createHistogram({
      schema: CUSTOM_BUCKETS_SCHEMA,
      count: Number(point.count),
      sum: point.sum ?? 0,
      counterResetHint,
      positiveSpans: spansOf(indices),
      positiveBuckets: indices.map((i) => counts[i] ?? 0),
      customValues,
    }),
  );
}

/** The buckets of a classic histogram at one time. */
export interface ClassicBuckets {
  /** By upper bound, ascending, counts cumulative; +Inf may be missing. */
  bounds: readonly number[];
  cumulative: readonly number[];
  count: number | undefined;
  sum: number;
}

/**
 * Makes a histogram with custom buckets of the series of a classic one (`_bucket`, `_count`, `_sum`).
 * @throws HistogramError when counts decrease or bounds are not ascending.
 */
export function fromClassic(classic: ClassicBuckets): FloatHistogram {
  const bounds = [...classic.bounds];
  const cumulative = [...classic.cumulative];
  const total = classic.count ?? cumulative.at(-1) ?? 0;
  if (bounds.at(-1) === Infinity) bounds.pop();
  else cumulative.push(total);
  const counts = cumulative.map((count, i) => count - (i === 0 ? 0 : (cumulative[i - 1] ?? 0)));
  const indices = [...counts.keys()].filter((i) => counts[i] !== 0);
  return checked(
    createHistogram({
      schema: CUSTOM_BUCKETS_SCHEMA,
      count: total,
      sum: classic.sum,
      positiveSpans: spansOf(indices),
      positiveBuckets: indices.map((i) => counts[i] ?? 0),
      customValues: bounds,
    }),
  );
}

function checked(h: FloatHistogram): FloatHistogram {
  const reason = validateHistogram(h);
  if (reason !== undefined) throw new HistogramError(reason);
  return h;
}
