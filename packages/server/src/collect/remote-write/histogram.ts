import {
  encodeHistogram,
  fromWire,
  type BucketSpan,
  type CounterResetHint,
  type WireHistogram,
} from "@fleetlight/promql";

import { describeError, isStale, wordsOf, type ProtobufReader } from "#lib";
import type { SeriesRef } from "#store";

import type { Gate } from "../limits/gate.ts";

/** Spans, buckets and custom bounds of one histogram that are read. */
const MAX_VALUES = 65_536;
const HINTS: readonly CounterResetHint[] = ["unknown", "reset", "not_reset", "gauge"];

function readSpan(message: ProtobufReader): BucketSpan {
  let offset = 0;
  let length = 0;
  while (message.next()) {
    if (message.field === 1) offset = message.sint32();
    else if (message.field === 2) length = message.uint32();
    else message.skip();
  }
  return { offset, length };
}

class Fields {
  timeMs = 0;
  count = 0;
  sum = 0;
  schema = 0;
  zeroThreshold = 0;
  zeroCount = 0;
  hint = 0;
  stale = false;
  /** Which of the two ways to write counts was chosen; a count of zero may be left out. */
  integers = true;
  readonly spans: [negative: BucketSpan[], positive: BucketSpan[]] = [[], []];
  readonly deltas: [negative: number[], positive: number[]] = [[], []];
  readonly counts: [negative: number[], positive: number[]] = [[], []];
  readonly custom: number[] = [];

  // oxlint-disable-next-line complexity -- one case per field of the message
  read(message: ProtobufReader): void {
    const integer = () => message.uint64();
    const double = () => message.double();
    while (message.next()) {
      const side = message.field >= 11 ? 1 : 0;
      switch (message.field) {
        case 1:
          this.count = integer();
          break;
        case 2:
          this.integers = false;
          this.count = double();
          break;
        case 3:
          this.readSum(message);
          break;
        case 4:
          this.schema = message.sint32();
          break;
        case 5:
          this.zeroThreshold = double();
          break;
        case 6:
          this.zeroCount = integer();
          break;
        case 7:
          this.integers = false;
          this.zeroCount = double();
          break;
        case 8:
        case 11:
          this.spans[side].push(readSpan(message.message()));
          break;
        case 9:
        case 12:
          message.repeated(this.deltas[side], () => message.sint64(), MAX_VALUES);
          break;
        case 10:
        case 13:
          this.integers = false;
          message.repeated(this.counts[side], double, MAX_VALUES);
          break;
        case 14:
          this.hint = message.uint32();
          break;
        case 15:
          this.timeMs = message.int64();
          break;
        case 16:
          message.repeated(this.custom, double, MAX_VALUES);
          break;
        default:
          message.skip();
      }
    }
  }

  private readSum(message: ProtobufReader): void {
    const column = new Float64Array(1);
    const words = wordsOf(column);
    const at = message.pos;
    this.sum = message.double();
    const bits = new DataView(message.bytes.buffer, message.bytes.byteOffset + at, 8);
    words[0] = bits.getUint32(0, true);
    words[1] = bits.getUint32(4, true);
    this.stale = isStale(words, 0);
  }

  wire(): WireHistogram {
    return {
      schema: this.schema,
      zeroThreshold: this.zeroThreshold,
      zeroCount: this.zeroCount,
      count: this.count,
      sum: this.sum,
      counterResetHint: HINTS[this.hint] ?? "unknown",
      negativeSpans: this.spans[0],
      positiveSpans: this.spans[1],
      negativeDeltas: this.deltas[0],
      positiveDeltas: this.deltas[1],
      negativeCounts: this.counts[0],
      positiveCounts: this.counts[1],
      customValues: this.custom,
      integers: this.integers,
    };
  }
}

/**
 * Reads the Histogram message that both versions of remote write share, and admits it. The end of a series of
 * histograms comes as a histogram whose sum is the stale marker; it is stored as any other end.
 */
export function readHistogram(message: ProtobufReader, ref: SeriesRef, gate: Gate): void {
  const fields = new Fields();
  fields.read(message);
  if (fields.stale) return gate.stale(ref, fields.timeMs);
  let bytes: Uint8Array;
  try {
    bytes = encodeHistogram(fromWire(fields.wire()));
  } catch (error) {
    gate.refuse("invalid_histogram", 1, () => describeError(error));
    return;
  }
  gate.histogram(ref, fields.timeMs, bytes);
}
