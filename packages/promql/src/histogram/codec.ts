import { ByteReader, ByteWriter } from "./bytes.ts";
import { HistogramError } from "./error.ts";
import type { BucketSpan, CounterResetHint, FloatHistogram } from "./types.ts";
import { MAX_BUCKETS } from "./validate.ts";

/**
 * Layout, version 1: version (1 byte), flags (1 byte), schema (zigzag varint), zero threshold (8 bytes, unless a flag says
 * that it is zero), sum (8 bytes), count, zero count, positive spans and buckets, negative spans and buckets, custom bounds
 * (number, then 8 bytes each). Counts are varints when all of them are integers, with the difference to the bucket before
 * (zigzag) for buckets; otherwise 8 bytes each. Floats are little-endian. Spans: their number, then offset (zigzag) and
 * length; the number of buckets follows from them.
 */
const VERSION = 1;

/** Indices of buckets have 32 bits on the wire. */
const MAX_OFFSET = 2 ** 31;

const HINT_MASK = 0b11;
const STALE = 0b100;
const INTEGERS = 0b1000;
const ZERO_WIDTH = 0b1_0000;
const KNOWN_FLAGS = 0b1_1111;

/** Used again and again: encoding runs to its end without giving way. */
const out = new ByteWriter();

const hints: readonly CounterResetHint[] = ["unknown", "reset", "not_reset", "gauge"];

/** Bytes for the store and the log. @throws HistogramError when spans and buckets disagree or there are too many. */
export function encodeHistogram(h: FloatHistogram): Uint8Array {
  checkSide(h.positiveSpans, h.positiveBuckets);
  checkSide(h.negativeSpans, h.negativeBuckets);
  if (h.customValues.length > MAX_BUCKETS) throw new HistogramError("too many custom bounds");
  const integers = allIntegers(h);
  out.restart();
  out.byte(VERSION);
  out.byte(
    Math.max(0, hints.indexOf(h.counterResetHint)) |
      (h.stale === true ? STALE : 0) |
      (integers ? INTEGERS : 0) |
      (Object.is(h.zeroThreshold, 0) ? ZERO_WIDTH : 0),
  );
  out.signed(h.schema);
  if (!Object.is(h.zeroThreshold, 0)) out.float(h.zeroThreshold);
  out.float(h.sum);
  if (integers) {
    out.unsigned(h.count);
    out.unsigned(h.zeroCount);
  } else {
    out.float(h.count);
    out.float(h.zeroCount);
  }
  writeSide(h.positiveSpans, h.positiveBuckets, integers);
  writeSide(h.negativeSpans, h.negativeBuckets, integers);
  out.unsigned(h.customValues.length);
  for (const bound of h.customValues) out.float(bound);
  return out.finish();
}

/** @throws HistogramError for anything that {@link encodeHistogram} does not write. Allocates no more than the bytes justify. */
export function decodeHistogram(bytes: Uint8Array): FloatHistogram {
  const input = new ByteReader(bytes);
  const version = input.byte();
  if (version !== VERSION)
    throw new HistogramError(`unknown version ${version} of a stored histogram`);
  const flags = input.byte();
  if ((flags & ~KNOWN_FLAGS) !== 0) throw new HistogramError("unknown flags of a stored histogram");
  const integers = (flags & INTEGERS) !== 0;
  const schema = input.signed();
  const zeroThreshold = (flags & ZERO_WIDTH) !== 0 ? 0 : input.float();
  const sum = input.float();
  const count = integers ? input.unsigned() : input.float();
  const zeroCount = integers ? input.unsigned() : input.float();
  const positive = readSide(input, integers);
  const negative = readSide(input, integers);
  const bounds = input.length(8);
  const customValues = Array.from({ length: bounds }, () => input.float());
  input.end();
  return {
    schema,
    zeroThreshold,
    zeroCount,
    count,
    sum,
    counterResetHint: hints[flags & HINT_MASK] ?? "unknown",
    positiveSpans: positive.spans,
    positiveBuckets: positive.buckets,
    negativeSpans: negative.spans,
    negativeBuckets: negative.buckets,
    customValues,
    ...((flags & STALE) !== 0 && { stale: true }),
  };
}

function checkSide(spans: readonly BucketSpan[], buckets: readonly number[]): void {
  const needed = spans.reduce((sum, span) => sum + span.length, 0);
  const misplaced = spans.some(
    ({ offset }, i) => Math.abs(offset) > MAX_OFFSET || (i > 0 && offset < 0),
  );
  if (misplaced) throw new HistogramError("a span of a histogram is out of place");
  if (needed !== buckets.length)
    throw new HistogramError("spans and buckets of a histogram disagree");
  if (needed > MAX_BUCKETS || spans.length > MAX_BUCKETS)
    throw new HistogramError("too many buckets");
}

function allIntegers(h: FloatHistogram): boolean {
  return (
    isCount(h.count) &&
    isCount(h.zeroCount) &&
    h.positiveBuckets.every(isCount) &&
    h.negativeBuckets.every(isCount)
  );
}

/** Small enough that the difference of two is exact too. */
function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);
}

function writeSide(
  spans: readonly BucketSpan[],
  buckets: readonly number[],
  integers: boolean,
): void {
  out.unsigned(spans.length);
  for (const span of spans) {
    out.signed(span.offset);
    out.unsigned(span.length);
  }
  let previous = 0;
  for (const count of buckets) {
    if (integers) out.signed(count - previous);
    else out.float(count);
    previous = count;
  }
}

function readSide(
  input: ByteReader,
  integers: boolean,
): { spans: BucketSpan[]; buckets: number[] } {
  const spans: BucketSpan[] = [];
  let length = 0;
  for (let left = input.length(2); left > 0; left--) {
    const span = { offset: input.signed(), length: input.unsigned() };
    if (Math.abs(span.offset) > MAX_OFFSET || (spans.length > 0 && span.offset < 0)) {
      throw new HistogramError("a stored histogram has a span out of place");
    }
    length += span.length;
    spans.push(span);
  }
  if (length > MAX_BUCKETS || length * (integers ? 1 : 8) > input.left) {
    throw new HistogramError("a stored histogram promises more buckets than it has");
  }
  const buckets: number[] = [];
  let previous = 0;
  for (let i = 0; i < length; i++) {
    previous = integers ? previous + input.signed() : input.float();
    buckets.push(previous);
  }
  return { spans, buckets };
}
