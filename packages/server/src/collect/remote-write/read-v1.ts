import { ProtobufError, ProtobufReader, WIRE_BYTES } from "#lib";
import type { Exemplar, MetricMetadata, SeriesRef } from "#store";

import type { Gate } from "../limits/gate.ts";
import { readHistogram } from "./histogram.ts";
import { isBadText, MAX_LABELS, readLabels } from "./labels.ts";
import { readMetadata } from "./metadata.ts";
import type { RotatingSeriesTable } from "./series-table.ts";

const TWO_28 = 268_435_456;
/** The first byte of a Sample's fields: value (1, 64-bit) and timestamp (2, varint). */
const VALUE_TAG = 0x09;
const TIME_TAG = 0x10;
/** The first byte of a TimeSeries' fields, which are all messages. */
const LABEL_TAG = 0x0a;
const SAMPLE_TAG = 0x12;
/** Metadata, and exemplars, of one request that are taken. */
export const MAX_METADATA = 10_000;
export const MAX_EXEMPLARS = 10_000;
/** Bytes of a series above which it is read piece by piece, so that others have their turn in between. */
const LONG_SERIES = 65_536;
/** Fields of such a series that are read at once. */
const FIELDS_AT_ONCE = 512;

/**
 * Reads prometheus.WriteRequest (prompb/remote.proto) where it lies: a series is found by the bytes of its labels, and
 * what is decoded into objects is what was never seen before. Every method throws ProtobufError on malformed bytes.
 */
export class WriteRequestReader {
  readonly metadata: { metric: string; metadata: MetricMetadata }[] = [];
  readonly exemplars: Exemplar[] = [];
  /** Exemplars beyond the limit, which were not read. */
  exemplarsRefused = 0;
  private readonly bytes: Buffer;
  private readonly view: DataView;
  private readonly table: RotatingSeriesTable;
  private readonly gate: Gate;
  private pos = 0;
  /** A long series that is being read. */
  private long: Generator<undefined, void> | undefined;

  constructor(body: Buffer, table: RotatingSeriesTable, gate: Gate) {
    this.bytes = body;
    this.view = new DataView(body.buffer, body.byteOffset, body.length);
    this.table = table;
    this.gate = gate;
    table.begin();
  }

  /** Reads at most `count` series, or some of one that is long; true at the end of the request. */
  run(count: number): boolean {
    const { bytes } = this;
    if (this.long !== undefined) {
      if (this.long.next().done !== true) return false;
      this.long = undefined;
    }
    for (let left = count; left > 0; left--) {
      if (this.long !== undefined) return false;
      if (this.pos >= bytes.length) return true;
      const tag = bytes[this.pos] as number;
      if (tag === LABEL_TAG) {
        this.pos++;
        const end = this.lengthAt(bytes.length);
        this.series(this.pos, end);
        this.pos = end;
      } else this.other();
    }
    return this.long === undefined && this.pos >= bytes.length;
  }

  /** A length-delimited field's end; `pos` comes to its first byte. */
  private lengthAt(limit: number): number {
    const { bytes } = this;
    let length = 0;
    for (let scale = 1; ; scale *= 128) {
      if (this.pos >= limit || scale > TWO_28) throw new ProtobufError("a length is not whole");
      const byte = bytes[this.pos++] as number;
      length += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    if (length > limit - this.pos) throw new ProtobufError("a field reaches beyond its message");
    return this.pos + length;
  }

  /** A field of the request that is no series, or is written in an unusual way. */
  private other(): void {
    const reader = new ProtobufReader(this.bytes, this.pos);
    if (!reader.next()) return;
    if (reader.field === 1) {
      reader.expect(WIRE_BYTES);
      const series = reader.message();
      this.series(series.pos, series.end);
    } else if (reader.field === 3 && this.metadata.length < MAX_METADATA) {
      reader.expect(WIRE_BYTES);
      this.metadata.push(readMetadata(reader.message()));
    } else reader.skip();
    this.pos = reader.pos;
  }

  private series(start: number, end: number): void {
    const { bytes, table } = this;
    if (end - start > LONG_SERIES) {
      this.long = this.steps(start, end);
      return;
    }
    const behind = table.successorEnd(this.view, start, end);
    if (behind >= 0 && bytes[behind] === SAMPLE_TAG && this.isOneSample(behind, end)) {
      const ref = table.successor();
      this.sample(behind + 2, end);
      this.gate.take(ref);
    } else this.anySeries(start, end);
  }

  /** One sample and nothing else is what nearly every series of a request has behind its labels. */
  private isOneSample(start: number, end: number): boolean {
    const length = this.bytes[start + 1] as number;
    return length < 0x80 && start + 2 + length === end;
  }

  private anySeries(start: number, end: number): void {
    const steps = this.steps(start, end);
    while (steps.next().done !== true);
  }

  /** Reads a series in pieces; comes back with `pos` behind it. */
  private *steps(start: number, end: number): Generator<undefined, void> {
    const { bytes } = this;
    let pos = start;
    for (let count = 1; pos < end && bytes[pos] === LABEL_TAG; count++) {
      if (count > MAX_LABELS)
        throw new ProtobufError(`a series has more than ${MAX_LABELS} labels`);
      this.pos = pos + 1;
      pos = this.lengthAt(end);
    }
    const behind = yield* this.countFields(pos, end);
    // Labels between or behind the samples are legal, and never sent by anybody.
    const [labelsEnd, fieldsStart] = behind.labels > 0 ? [end, start] : [pos, pos];
    if (behind.labels > MAX_LABELS)
      throw new ProtobufError(`a series has more than ${MAX_LABELS} labels`);
    const ref =
      behind.labels > 0
        ? this.newSeries(new ProtobufReader(bytes, start, labelsEnd), behind.samples)
        : this.refOf(start, labelsEnd, behind.samples);
    if (ref !== undefined) yield* this.fields(ref, fieldsStart, end);
    this.pos = end;
  }

  /** What is in a series behind its first labels. */
  private *countFields(
    start: number,
    end: number,
  ): Generator<undefined, { labels: number; samples: number }> {
    const found = { labels: 0, samples: 0 };
    const reader = new ProtobufReader(this.bytes, start, end);
    for (let count = 1; reader.next(); count++) {
      if (reader.field === 1) found.labels++;
      else if (reader.field === 2 || reader.field === 4) found.samples++;
      reader.skip();
      if (count % FIELDS_AT_ONCE === 0) yield;
    }
    return found;
  }

  private refOf(start: number, end: number, samples: number): SeriesRef | undefined {
    const known = this.table.find(this.view, start, end);
    if (known >= 0) return known;
    const ref = this.newSeries(new ProtobufReader(this.bytes, start, end), samples);
    if (ref !== undefined) this.table.add(this.view, start, end, ref);
    return ref;
  }

  private newSeries(message: ProtobufReader, samples: number): SeriesRef | undefined {
    try {
      return this.gate.series(readLabels(message), samples);
    } catch (error) {
      if (!isBadText(error)) throw error;
      this.gate.refuse("invalid_labels", samples, () => `invalid labels: ${error.message}`);
      return undefined;
    }
  }

  private *fields(ref: SeriesRef, start: number, end: number): Generator<undefined, void> {
    const { bytes, gate } = this;
    let pos = start;
    for (let count = 1; pos < end; count++) {
      if (bytes[pos] === SAMPLE_TAG) {
        this.pos = pos + 1;
        const sampleEnd = this.lengthAt(end);
        this.sample(this.pos, sampleEnd);
        gate.take(ref);
        pos = sampleEnd;
      } else pos = this.rare(ref, pos, end);
      if (count % FIELDS_AT_ONCE === 0) yield;
    }
  }

  /** The usual form of a sample, value and time, else any other. */
  private sample(start: number, end: number): void {
    const { bytes, view } = this;
    const { time, words } = this.gate;
    if (end - start > 10 && bytes[start] === VALUE_TAG && bytes[start + 9] === TIME_TAG) {
      let low = 0;
      let pos = start + 10;
      let shift = 0;
      let byte = 0x80;
      for (; shift < 28 && pos < end && byte >= 0x80; shift += 7) {
        byte = bytes[pos++] as number;
        low |= (byte & 0x7f) << shift;
      }
      let high = 0;
      for (let scale = 1; pos < end && byte >= 0x80 && scale <= 2_097_152; scale *= 128) {
        byte = bytes[pos++] as number;
        high += (byte & 0x7f) * scale;
      }
      // Negative times and anything unusual end behind these eight bytes.
      if (byte < 0x80 && pos === end) {
        time[0] = high * TWO_28 + low;
        words[0] = view.getUint32(start + 1, true);
        words[1] = view.getUint32(start + 5, true);
        return;
      }
    }
    this.anySample(new ProtobufReader(bytes, start, end));
  }

  private anySample(message: ProtobufReader): void {
    const { time, words } = this.gate;
    time[0] = 0;
    words.fill(0);
    while (message.next()) {
      if (message.field === 1) {
        message.expect(1);
        const at = message.pos;
        message.skip();
        words[0] = this.view.getUint32(at, true);
        words[1] = this.view.getUint32(at + 4, true);
      } else if (message.field === 2) {
        message.expect(0);
        time[0] = message.int64();
      } else message.skip();
    }
  }

  /** An exemplar, a histogram, a label that was read before, or a field that is not known. */
  private rare(ref: SeriesRef, pos: number, end: number): number {
    const reader = new ProtobufReader(this.bytes, pos, end);
    reader.next();
    if (reader.field === 2 || reader.field === 3 || reader.field === 4) reader.expect(WIRE_BYTES);
    if (reader.field === 2) {
      this.anySample(reader.message());
      this.gate.take(ref);
    } else if (reader.field === 3) {
      if (this.exemplars.length < MAX_EXEMPLARS) this.exemplar(ref, reader.message());
      else {
        this.exemplarsRefused++;
        reader.skip();
      }
    } else if (reader.field === 4) readHistogram(reader.message(), ref, this.gate);
    else reader.skip();
    return reader.pos;
  }

  private exemplar(ref: SeriesRef, message: ProtobufReader): void {
    const { pos, end } = message;
    let value = 0;
    let timeMs = 0;
    while (message.next()) {
      if (message.field === 2) {
        message.expect(1);
        value = message.double();
      } else if (message.field === 3) {
        message.expect(0);
        timeMs = message.int64();
      } else message.skip();
    }
    const labels = Object.fromEntries(readLabels(new ProtobufReader(this.bytes, pos, end)));
    this.exemplars.push({ ref, labels, timeMs, value });
  }
}
