import { ProtobufError, ProtobufReader, WIRE_BYTES, WIRE_FIXED64, WIRE_VARINT } from "#lib";
import type { Exemplar, MetricMetadata, SeriesRef } from "#store";

import type { Gate } from "../limits/gate.ts";
import { readHistogram } from "./histogram.ts";
import { kindOf } from "./metadata.ts";
import { MAX_EXEMPLARS, MAX_METADATA } from "./read-v1.ts";

/** Symbols of one request, and references of one series, that are read. */
const MAX_SYMBOLS = 1_000_000;
const MAX_REFS = 10_000;
/** Symbols, or fields of one series, that are read at once; others have their turn in between. */
const FIELDS_AT_ONCE = 512;
const MAX_TEXT = 1024;

type Pair = readonly [name: string, value: string];

/**
 * Reads io.prometheus.write.v2.Request: series name their labels by indices into a table of symbols that the request
 * brings along. Every method throws ProtobufError on malformed bytes.
 */
export class WriteRequestV2Reader {
  readonly metadata: { metric: string; metadata: MetricMetadata }[] = [];
  readonly exemplars: Exemplar[] = [];
  /** Exemplars beyond the limit, which were not read. */
  exemplarsRefused = 0;
  private readonly symbols: string[] = [];
  /** Metrics whose metadata were read: every series brings them along. */
  private readonly described = new Set<string>();
  private readonly steps: Generator<undefined, void>;
  private readonly gate: Gate;
  private readonly view: DataView;

  constructor(body: Buffer, gate: Gate) {
    this.gate = gate;
    this.view = new DataView(body.buffer, body.byteOffset, body.length);
    this.steps = this.everything(body);
  }

  /** Reads at most `count` series, or some of one that is long; true at the end of the request. */
  run(count: number): boolean {
    for (let left = count; left > 0; left--) if (this.steps.next().done === true) return true;
    return false;
  }

  private *everything(body: Buffer): Generator<undefined, void> {
    // Symbols may stand behind the series that need them.
    const symbols = new ProtobufReader(body);
    for (let count = 1; symbols.next(); count++) {
      if (symbols.field !== 4) symbols.skip();
      else if (this.symbols.length >= MAX_SYMBOLS) throw new ProtobufError("too many symbols");
      else {
        symbols.expect(WIRE_BYTES);
        this.symbols.push(symbols.string());
      }
      if (count % FIELDS_AT_ONCE === 0) yield;
    }
    if (this.symbols.length > 0 && this.symbols[0] !== "")
      throw new ProtobufError("the first symbol is not the empty text");
    const series = new ProtobufReader(body);
    while (series.next()) {
      if (series.field === 5) {
        series.expect(WIRE_BYTES);
        yield* this.one(series.message());
      } else series.skip();
      yield;
    }
  }

  private *one(message: ProtobufReader): Generator<undefined, void> {
    const { pos } = message;
    const refs: number[] = [];
    let metadata: ProtobufReader | undefined;
    let samples = 0;
    for (let count = 1; message.next(); count++) {
      if (count % FIELDS_AT_ONCE === 0) yield;
      if (message.field === 1) message.repeated(refs, () => message.uint32(), MAX_REFS);
      else if (message.field === 5) metadata = message.message();
      else {
        if (message.field === 2 || message.field === 3) samples++;
        message.skip();
      }
    }
    const pairs = this.pairs(refs);
    if (metadata !== undefined) this.describe(pairs, metadata);
    const ref = this.gate.series(pairs, samples);
    if (ref === undefined) return;
    const fields = new ProtobufReader(message.bytes, pos, message.end);
    for (let count = 1; fields.next(); count++) {
      if (count % FIELDS_AT_ONCE === 0) yield;
      this.content(ref, fields);
    }
  }

  /** A sample, a histogram or an exemplar; what else a series has was read before. */
  private content(ref: SeriesRef, fields: ProtobufReader): void {
    if (fields.field < 2 || fields.field > 4) return fields.skip();
    fields.expect(WIRE_BYTES);
    const field = fields.message();
    if (fields.field === 2) this.sample(ref, field);
    else if (fields.field === 3) readHistogram(field, ref, this.gate);
    else if (this.exemplars.length < MAX_EXEMPLARS) this.exemplar(ref, field);
    else this.exemplarsRefused++;
  }

  private pairs(refs: readonly number[]): Pair[] {
    if (refs.length % 2 !== 0) throw new ProtobufError("references to labels do not come in pairs");
    const pairs: Pair[] = [];
    for (let i = 0; i < refs.length; i += 2)
      pairs.push([this.symbol(refs[i]), this.symbol(refs[i + 1])]);
    return pairs;
  }

  private symbol(ref: number | undefined): string {
    const text = this.symbols[ref ?? -1];
    if (text === undefined)
      throw new ProtobufError(
        `reference ${ref} is not in the table of ${this.symbols.length} symbols`,
      );
    return text;
  }

  private describe(pairs: readonly Pair[], message: ProtobufReader): void {
    const metadata: MetricMetadata = { type: "unknown", unit: "", help: "" };
    while (message.next()) {
      if (message.field === 1) metadata.type = kindOf(message.uint32());
      else if (message.field === 3)
        metadata.help = this.symbol(message.uint32()).slice(0, MAX_TEXT);
      else if (message.field === 4)
        metadata.unit = this.symbol(message.uint32()).slice(0, MAX_TEXT);
      else message.skip();
    }
    const name = pairs.find(([label]) => label === "__name__")?.[1] ?? "";
    if (metadata.type === "unknown" && metadata.help === "" && metadata.unit === "") return;
    const metric = familyOf(name, metadata);
    if (this.described.size >= MAX_METADATA || this.described.has(metric)) return;
    this.described.add(metric);
    this.metadata.push({ metric, metadata });
  }

  private sample(ref: SeriesRef, message: ProtobufReader): void {
    let [timeMs, low, high] = [0, 0, 0];
    while (message.next()) {
      if (message.field === 1) {
        message.expect(WIRE_FIXED64);
        low = this.view.getUint32(message.pos, true);
        const at = message.pos;
        message.skip();
        high = this.view.getUint32(at + 4, true);
      } else if (message.field === 2) {
        message.expect(WIRE_VARINT);
        timeMs = message.int64();
      } else message.skip();
    }
    this.gate.sample(ref, timeMs, low, high);
  }

  private exemplar(ref: SeriesRef, message: ProtobufReader): void {
    const refs: number[] = [];
    let value = 0;
    let timeMs = 0;
    while (message.next()) {
      if (message.field === 1) message.repeated(refs, () => message.uint32(), MAX_REFS);
      else if (message.field === 2) {
        message.expect(WIRE_FIXED64);
        value = message.double();
      } else if (message.field === 3) {
        message.expect(WIRE_VARINT);
        timeMs = message.int64();
      } else message.skip();
    }
    this.exemplars.push({ ref, labels: Object.fromEntries(this.pairs(refs)), timeMs, value });
  }
}

/** Metadata belong to the family: what is sent with `x_bucket` describes the histogram `x`. */
function familyOf(name: string, { type }: MetricMetadata): string {
  if (type === "histogram" || type === "gaugehistogram")
    return name.replace(/_(?:bucket|count|sum)$/, "");
  if (type === "summary") return name.replace(/_(?:count|sum)$/, "");
  return name;
}
