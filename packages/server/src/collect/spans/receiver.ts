import { setImmediate as nextTurn } from "node:timers/promises";

import type { Registry } from "@fleetlight/sdk";

import type { Config } from "#config";
import { badRequest, ProtobufError, Turns, type Now } from "#lib";
import type { SpanRecord, SpanStore } from "#store";

import type { InFlight } from "../limits/in-flight.ts";
import type { Incoming } from "./incoming.ts";
import type { Span } from "./model.ts";
import type { PriceBook } from "./prices/index.ts";
import { readSpansJaeger } from "./read-jaeger.ts";
import { readSpansJson } from "./read-json.ts";
import { readSpansProtobuf } from "./read-protobuf.ts";
import { readSpansZipkin } from "./read-zipkin.ts";
import { TextMemory } from "./text-memory.ts";
import { RecordMaker } from "./to-record.ts";
import { understand } from "./understand.ts";

/** What a body takes as objects, in multiples of its length, about. */
const OBJECTS_PER_BYTE = 6;
/** Further spans of a day that is to come; senders' clocks differ. */
const FUTURE_MS = 3_600_000;
const NS_PER_MS = 1_000_000n;

const TRACE_ID = /^(?!0+$)[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0+$)[0-9a-f]{16}$/;

/** Spans go to the store in pieces of about so many characters: a piece is written in one turn. */
const PIECE_CHARACTERS = 512 * 1024;
/** What a record takes besides its texts. */
const RECORD_CHARACTERS = 1000;

type Refusal = "invalid_id" | "too_old" | "future" | "malformed" | "invalid_utf8";

/** How spans come in: OTLP's two forms, and those of others. */
export type SpanEncoding = "protobuf" | "json" | "jaeger" | "zipkin";

type Reader = (body: Buffer, textBytes: number) => Iterable<Incoming | undefined>;

export const spanReaders: Readonly<Record<SpanEncoding, Reader>> = {
  protobuf: readSpansProtobuf,
  json: readSpansJson,
  jaeger: readSpansJaeger,
  zipkin: readSpansZipkin,
};

interface Options {
  spans: SpanStore;
  config: () => Pick<Config, "ingest" | "storage" | "traces">;
  now: Now;
  inFlight: InFlight;
  prices: Pick<PriceBook, "priceOf">;
  registry: Registry;
}

/** How one request ended. */
export interface TakenSpans {
  spans: number;
  refused: number;
  messages: readonly string[];
}

const MESSAGES: Readonly<Record<Refusal, string>> = {
  invalid_id: "ids must be 16 bytes (trace) and 8 bytes (span), and not all zero",
  too_old: "older than storage.retention.traces",
  future: "further ahead than an hour",
  malformed: "malformed",
  invalid_utf8: "a text is not valid UTF-8",
};

const sizeOf = ({ row, content }: SpanRecord): number => {
  let size = RECORD_CHARACTERS;
  for (const { text } of content) size += text.length;
  for (const name in row.attributes) size += row.attributes[name]?.length ?? 0;
  return size;
};

/** So much of a text is decoded that what is kept of it is full, and that it shows when there was more. */
const textBytesOf = (maxCharacters: number): number => 4 * (maxCharacters + 1);

/** Takes spans in any encoding; OTLP's are https://opentelemetry.io/docs/specs/otlp/ */
export class SpanReceiver {
  private readonly options: Options;
  private memory = new TextMemory([]);
  private readonly counters;

  constructor(options: Options) {
    this.options = options;
    const { registry } = options;
    this.counters = {
      taken: registry.counter({
        name: "fleetlight_ingest_spans_total",
        help: "Spans that were taken.",
      }),
      refused: registry.counter({
        name: "fleetlight_ingest_spans_refused_total",
        help: "Spans, or for malformed whole requests, that were refused, by reason.",
        labelNames: ["reason"],
      }),
      lost: registry.counter({
        name: "fleetlight_ingest_span_parts_dropped_total",
        help: "Attributes and events beyond the limits, and texts that were cut off.",
        labelNames: ["part"],
      }),
    };
  }

  /**
   * Takes one decompressed body; durable and readable when it resolves. What is refused is in the result, for the
   * answer's partial success.
   * @throws FleetlightError `bad_request` (400), then nothing was taken; `overloaded` (503), then the sender comes again
   * with all of it, and a span that was taken before is known by its id.
   */
  write(tenant: string, body: Buffer, encoding: SpanEncoding): Promise<TakenSpans> {
    const { inFlight } = this.options;
    return inFlight.run(body.length * OBJECTS_PER_BYTE, async () => {
      const refused = new Map<Refusal, number>();
      const { spans, durable } = await inFlight.read(body.length, () =>
        this.read(tenant, body, encoding, refused),
      );
      await durable;
      this.counters.taken.inc(spans);
      for (const [reason, count] of refused) this.counters.refused.inc({ reason }, count);
      return {
        spans,
        refused: [...refused.values()].reduce((sum, count) => sum + count, 0),
        messages: [...refused].map(([reason, count]) => `${count} spans: ${MESSAGES[reason]}`),
      };
    });
  }

  /** @returns the number of spans, once they are read and their way into the log has begun */
  private async read(
    tenant: string,
    body: Buffer,
    encoding: SpanEncoding,
    refused: Map<Refusal, number>,
  ): Promise<{ spans: number; durable: Promise<void> }> {
    const records = await this.records(body, encoding, refused).catch((error: unknown) => {
      this.counters.refused.inc({ reason: "malformed" });
      throw error instanceof ProtobufError ? badRequest(error.message) : error;
    });
    const spans = records.length;
    await this.options.inFlight.pause();
    return { spans, durable: this.append(tenant, records) };
  }

  /**
   * Takes the records out of the list. None of them is referred to from here while the log is written: what waits for the
   * disk would grow old in the heap, and be the larger part of the garbage collector's work.
   */
  private async append(tenant: string, records: SpanRecord[]): Promise<void> {
    while (records.length > 0) {
      await this.appendPiece(tenant, records);
      if (records.length > 0) await nextTurn();
    }
  }

  private appendPiece(tenant: string, records: SpanRecord[]): Promise<void> {
    let count = 0;
    for (let size = 0; size < PIECE_CHARACTERS && count < records.length; count++)
      size += sizeOf(records[count] as SpanRecord);
    const piece = records.splice(0, count);
    return this.options.spans.append(tenant, piece, records.length);
  }

  private async records(
    body: Buffer,
    encoding: SpanEncoding,
    refused: Map<Refusal, number>,
  ): Promise<SpanRecord[]> {
    const nowMs = this.options.now();
    const { keep_content, mask, max_content_characters } = this.options.config().traces;
    if (this.memory.masks !== mask) this.memory = new TextMemory(mask);
    const maker = new RecordMaker({
      keepContent: keep_content,
      memory: this.memory,
      maxContent: max_content_characters,
      nowNs: BigInt(nowMs) * NS_PER_MS,
      priceOf: (span, timeMs) => this.options.prices.priceOf(span, timeMs),
    });
    const records: SpanRecord[] = [];
    let lost = 0;
    const turns = new Turns();
    for (const incoming of spanReaders[encoding](body, textBytesOf(max_content_characters))) {
      if (incoming !== undefined) {
        const { span, scope, resource } = incoming;
        const reason = span === undefined ? "invalid_utf8" : this.refusal(span, nowMs);
        lost += incoming.lost;
        if (span !== undefined && reason === undefined)
          records.push(maker.record(understand(span, scope), resource));
        else if (reason !== undefined) refused.set(reason, (refused.get(reason) ?? 0) + 1);
      }
      if (turns.isLong) await turns.next();
    }
    const { attributes, events, cut } = maker.losses;
    if (attributes + lost > 0) this.counters.lost.inc({ part: "attributes" }, attributes + lost);
    if (events > 0) this.counters.lost.inc({ part: "events" }, events);
    if (cut > 0) this.counters.lost.inc({ part: "text" }, cut);
    return records;
  }

  private refusal(span: Span, nowMs: number): Refusal | undefined {
    if (!TRACE_ID.test(span.traceId) || !SPAN_ID.test(span.spanId)) return "invalid_id";
    if (span.parentSpanId !== "" && !/^[0-9a-f]{16}$/.test(span.parentSpanId)) return "invalid_id";
    const startMs = Number(span.startNs / NS_PER_MS);
    if (startMs < nowMs - this.options.config().storage.retention.traces) return "too_old";
    // An end of a far day would be a duration of years, in every figure that is made of it.
    const latestMs = Math.max(startMs, Number(span.endNs / NS_PER_MS));
    return latestMs > nowMs + Math.max(FUTURE_MS, this.options.config().ingest.max_future)
      ? "future"
      : undefined;
  }
}
