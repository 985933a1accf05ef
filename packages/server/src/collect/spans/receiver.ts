import { setImmediate as nextTurn } from "node:timers/promises";

import type { Registry } from "@fleetlight/sdk";

import type { Config } from "#config";
import { badRequest, ProtobufError, type Now } from "#lib";
import type { SpanRecord, SpanStore } from "#store";

import type { InFlight } from "../limits/in-flight.ts";
import type { ScopeSpans, Span } from "./model.ts";
import { readSpansJson } from "./read-json.ts";
import { readSpansProtobuf } from "./read-protobuf.ts";
import { RecordMaker } from "./to-record.ts";
import { understand } from "./understand.ts";

/** How long a body may keep the event loop before others have a turn. */
const SLICE_MS = 8;
/** What a body takes as objects, in multiples of its length, about. */
const OBJECTS_PER_BYTE = 6;
/** Further spans of a day that is to come; senders' clocks differ. */
const FUTURE_MS = 3_600_000;
const NS_PER_MS = 1_000_000n;

const TRACE_ID = /^(?!0+$)[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0+$)[0-9a-f]{16}$/;

type Refusal = "invalid_id" | "too_old" | "future" | "malformed";

interface Options {
  spans: SpanStore;
  config: () => Pick<Config, "ingest" | "storage" | "traces">;
  now: Now;
  inFlight: InFlight;
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
};

/** Takes spans over OTLP/HTTP: https://opentelemetry.io/docs/specs/otlp/ */
export class SpanReceiver {
  private readonly options: Options;
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
   * @throws FleetlightError `bad_request` (400), `overloaded` (503); then nothing was taken.
   */
  write(tenant: string, body: Buffer, encoding: "protobuf" | "json"): Promise<TakenSpans> {
    return this.options.inFlight.run(body.length * OBJECTS_PER_BYTE, async () => {
      const refused = new Map<Refusal, number>();
      const records = await this.records(this.decode(body, encoding), refused);
      await this.options.spans.append(tenant, records);
      this.counters.taken.inc(records.length);
      for (const [reason, count] of refused) this.counters.refused.inc({ reason }, count);
      return {
        spans: records.length,
        refused: [...refused.values()].reduce((sum, count) => sum + count, 0),
        messages: [...refused].map(([reason, count]) => `${count} spans: ${MESSAGES[reason]}`),
      };
    });
  }

  private decode(body: Buffer, encoding: "protobuf" | "json"): ScopeSpans[] {
    try {
      return encoding === "json" ? readSpansJson(body) : readSpansProtobuf(body);
    } catch (error) {
      this.counters.refused.inc({ reason: "malformed" });
      throw error instanceof ProtobufError ? badRequest(error.message) : error;
    }
  }

  private async records(
    scopes: readonly ScopeSpans[],
    refused: Map<Refusal, number>,
  ): Promise<SpanRecord[]> {
    const nowMs = this.options.now();
    const { keep_content, mask, max_content_characters } = this.options.config().traces;
    const maker = new RecordMaker({
      keepContent: keep_content,
      masks: mask,
      maxContent: max_content_characters,
      nowNs: BigInt(nowMs) * NS_PER_MS,
    });
    const records: SpanRecord[] = [];
    let turnMs = performance.now();
    for (const { resource, scope, spans } of scopes)
      for (const span of spans) {
        const reason = this.refusal(span, nowMs);
        if (reason === undefined) records.push(maker.record(understand(span, scope), resource));
        else refused.set(reason, (refused.get(reason) ?? 0) + 1);
        if (performance.now() - turnMs < SLICE_MS) continue;
        await nextTurn();
        turnMs = performance.now();
      }
    const { attributes, events, cut } = maker.losses;
    if (attributes > 0) this.counters.lost.inc({ part: "attributes" }, attributes);
    if (events > 0) this.counters.lost.inc({ part: "events" }, events);
    if (cut > 0) this.counters.lost.inc({ part: "text" }, cut);
    return records;
  }

  private refusal(span: Span, nowMs: number): Refusal | undefined {
    if (!TRACE_ID.test(span.traceId) || !SPAN_ID.test(span.spanId)) return "invalid_id";
    if (span.parentSpanId !== "" && !/^[0-9a-f]{16}$/.test(span.parentSpanId)) return "invalid_id";
    const startMs = Number(span.startNs / NS_PER_MS);
    if (startMs < nowMs - this.options.config().storage.retention.traces) return "too_old";
    return startMs > nowMs + Math.max(FUTURE_MS, this.options.config().ingest.max_future)
      ? "future"
      : undefined;
  }
}
