import {
  ThriftReader,
  THRIFT_BOOL,
  THRIFT_DOUBLE,
  THRIFT_I32,
  THRIFT_I64,
  THRIFT_LIST,
  THRIFT_STRING,
  THRIFT_STRUCT,
  badRequest,
} from "#lib";

import type { AnyValue } from "../otlp/model.ts";
import { MAX_ATTRIBUTES_READ, MAX_FIELDS, type Incoming } from "./incoming.ts";
import { MAX_SPANS, MAX_TEXT_CHARACTERS } from "./limits.ts";
import type { Attributes, Span, SpanEvent, SpanLink } from "./model.ts";
import { statusOf, takeText } from "./tags.ts";

const NS_PER_US = 1000n;
const NAME_BYTES = 4 * MAX_TEXT_CHARACTERS;
const CHILD_OF = 0;
const KINDS = ["", "internal", "server", "client", "producer", "consumer"];

const hex64 = (id: bigint): string => BigInt.asUintN(64, id).toString(16).padStart(16, "0");
const microseconds = (us: bigint): bigint => BigInt.asUintN(64, us < 0n ? 0n : us * NS_PER_US);

/** Field of a tag that holds the value of its type: string, double, bool, long, binary. */
const VALUES = [
  [3, THRIFT_STRING],
  [4, THRIFT_DOUBLE],
  [5, THRIFT_BOOL],
  [6, THRIFT_I64],
  [7, THRIFT_STRING],
] as const;
const BINARY = 4;

class BatchReader {
  lost = 0;
  private readonly thrift: ThriftReader;
  private readonly textBytes: number;

  constructor(body: Buffer, textBytes: number) {
    this.thrift = new ThriftReader(body, MAX_FIELDS);
    this.textBytes = textBytes;
  }

  *read(): Generator<Incoming> {
    const { thrift } = this;
    let resource: Attributes | undefined;
    while (thrift.next()) {
      if (thrift.is(1, THRIFT_STRUCT)) resource = this.process();
      else if (thrift.is(2, THRIFT_LIST)) {
        // Thrift's writers keep to the order of the fields.
        if (resource === undefined)
          throw badRequest("a batch's process must come before its spans");
        const count = thrift.list(THRIFT_STRUCT);
        if (count > MAX_SPANS) throw badRequest("the batch has too many spans");
        for (let index = 0; index < count; index++) {
          thrift.parts = MAX_FIELDS;
          this.lost = 0;
          yield { resource, ...this.span(), lost: this.lost };
        }
      } else thrift.skip();
    }
  }

  private process(): Attributes {
    const { thrift } = this;
    let tags = new Map<string, AnyValue>();
    let service = "";
    while (thrift.next()) {
      if (thrift.is(1, THRIFT_STRING)) service = thrift.string(NAME_BYTES);
      else if (thrift.is(2, THRIFT_LIST)) tags = this.tags();
      else thrift.skip();
    }
    const host = tags.get("hostname");
    if (host !== undefined && !tags.has("host.name")) tags.set("host.name", host);
    return tags.set("service.name", service);
  }

  // oxlint-disable-next-line complexity -- one line for each field of the struct
  private span(): { span: Span; scope: string } {
    const { thrift } = this;
    let [low, high, id, parent, startUs, durationUs] = [0n, 0n, 0n, 0n, 0n, 0n];
    let name = "";
    let attributes = new Map<string, AnyValue>();
    const events: SpanEvent[] = [];
    let links: (SpanLink & { type: number })[] = [];
    while (thrift.next()) {
      if (thrift.is(1, THRIFT_I64)) low = thrift.i64();
      else if (thrift.is(2, THRIFT_I64)) high = thrift.i64();
      else if (thrift.is(3, THRIFT_I64)) id = thrift.i64();
      else if (thrift.is(4, THRIFT_I64)) parent = thrift.i64();
      else if (thrift.is(5, THRIFT_STRING)) name = thrift.string(NAME_BYTES);
      else if (thrift.is(6, THRIFT_LIST)) links = this.references();
      else if (thrift.is(8, THRIFT_I64)) startUs = thrift.i64();
      else if (thrift.is(9, THRIFT_I64)) durationUs = thrift.i64();
      else if (thrift.is(10, THRIFT_LIST)) attributes = this.tags();
      else if (thrift.is(11, THRIFT_LIST))
        for (let left = thrift.list(THRIFT_STRUCT); left > 0; left--) events.push(this.log());
      else thrift.skip();
    }
    const traceId = hex64(high) + hex64(low);
    const above = links.find((link) => link.type === CHILD_OF && link.traceId === traceId);
    const parentSpanId = parent === 0n ? (above?.spanId ?? "") : hex64(parent);
    const scope = takeText(attributes, "otel.scope.name", "otel.library.name");
    const kind = KINDS.indexOf(takeText(attributes, "span.kind"));
    const startNs = microseconds(startUs);
    return {
      scope,
      span: {
        traceId,
        spanId: hex64(id),
        parentSpanId,
        traceState: takeText(attributes, "w3c.tracestate"),
        name,
        kind: Math.max(0, kind),
        startNs,
        endNs: startNs + microseconds(durationUs),
        ...statusOf(attributes),
        attributes,
        events,
        links: links
          .filter((link) => link.spanId !== parentSpanId || link.traceId !== traceId)
          .map((link) => ({
            traceId: link.traceId,
            spanId: link.spanId,
            attributes: link.attributes,
          })),
      },
    };
  }

  private references(): (SpanLink & { type: number })[] {
    const { thrift } = this;
    const found: (SpanLink & { type: number })[] = [];
    for (let left = thrift.list(THRIFT_STRUCT); left > 0; left--) {
      let type = CHILD_OF;
      let [low, high, id] = [0n, 0n, 0n];
      while (thrift.next()) {
        if (thrift.is(1, THRIFT_I32)) type = thrift.i32();
        else if (thrift.is(2, THRIFT_I64)) low = thrift.i64();
        else if (thrift.is(3, THRIFT_I64)) high = thrift.i64();
        else if (thrift.is(4, THRIFT_I64)) id = thrift.i64();
        else thrift.skip();
      }
      found.push({
        traceId: hex64(high) + hex64(low),
        spanId: hex64(id),
        attributes: new Map(),
        type,
      });
    }
    return found;
  }

  /** Something that was logged within the span: `event` or `message` says what. */
  private log(): SpanEvent {
    const { thrift } = this;
    let timeNs = 0n;
    let attributes = new Map<string, AnyValue>();
    while (thrift.next()) {
      if (thrift.is(1, THRIFT_I64)) timeNs = microseconds(thrift.i64());
      else if (thrift.is(2, THRIFT_LIST)) attributes = this.tags();
      else thrift.skip();
    }
    return { timeNs, name: takeText(attributes, "event", "message"), attributes };
  }

  private tags(): Map<string, AnyValue> {
    const { thrift } = this;
    const tags = new Map<string, AnyValue>();
    for (let left = thrift.list(THRIFT_STRUCT); left > 0; left--) {
      if (tags.size < MAX_ATTRIBUTES_READ) tags.set(...this.tag());
      else {
        thrift.skip(THRIFT_STRUCT);
        this.lost++;
      }
    }
    return tags;
  }

  private tag(): [string, AnyValue] {
    const { thrift } = this;
    let key = "";
    let type = 0;
    let value: AnyValue;
    while (thrift.next()) {
      const [field, wire] = VALUES[type] ?? VALUES[0];
      if (thrift.is(1, THRIFT_STRING)) key = thrift.string(NAME_BYTES);
      else if (thrift.is(2, THRIFT_I32)) type = thrift.i32();
      else if (!thrift.is(field, wire)) thrift.skip();
      else if (wire === THRIFT_DOUBLE) value = thrift.double();
      else if (wire === THRIFT_BOOL) value = thrift.bool();
      else if (wire === THRIFT_I64) value = Number(thrift.i64());
      else if (type === BINARY)
        value = thrift.binary().subarray(0, this.textBytes).toString("base64");
      else value = thrift.string(this.textBytes);
    }
    return [key, value];
  }
}

/**
 * Reads a batch of Jaeger's own clients, in Thrift's binary protocol, one span at a time.
 * @throws FleetlightError `bad_request` wherever the bytes turn out not to be that.
 */
export const readSpansJaeger = (body: Buffer, textBytes = Infinity): Generator<Incoming> =>
  new BatchReader(body, textBytes).read();
