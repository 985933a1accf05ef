import { ProtobufError, ProtobufReader, ProtobufTextError, WIRE_BYTES } from "#lib";

import type { AnyValue } from "../otlp/model.ts";
import { hex, inner, readValue, type Room } from "../otlp/protobuf.ts";
import { MAX_ATTRIBUTES_READ, MAX_FIELDS, roomOf, type Incoming } from "./incoming.ts";
import { MAX_SPANS, MAX_TEXT_CHARACTERS } from "./limits.ts";
import type { Attributes, Span, SpanEvent, SpanLink } from "./model.ts";

/** Fields between two turns of others, where nothing else ends one. */
const FIELDS_PER_TURN = 4096;

/** Names, which are cut off there anyway. */
function text(message: ProtobufReader): string {
  message.expect(WIRE_BYTES);
  return message.stringWithin(4 * MAX_TEXT_CHARACTERS + 4);
}

/** Reads one span, or one resource, within its room. */
class PartReader {
  /** Attributes that were left out because there was no room for them. */
  lost = 0;
  private readonly room: Room;
  private fields = 0;

  constructor(room: Room) {
    this.room = room;
  }

  /** One entry of a list of attributes. */
  into(attributes: Map<string, AnyValue>, field: ProtobufReader): void {
    const { room } = this;
    if (room.values <= 0 || room.bytes <= 0 || attributes.size >= MAX_ATTRIBUTES_READ) {
      field.skip();
      this.lost++;
      return;
    }
    const message = inner(field);
    let key = "";
    let value: AnyValue;
    while (message.next()) {
      this.count();
      if (message.field === 1) key = text(message);
      else if (message.field === 2) value = readValue(inner(message), 0, room);
      else message.skip();
    }
    attributes.set(key, value);
  }

  span(message: ProtobufReader): Span {
    const attributes = new Map<string, AnyValue>();
    const events: SpanEvent[] = [];
    const links: SpanLink[] = [];
    const span = {
      traceId: "",
      spanId: "",
      parentSpanId: "",
      traceState: "",
      name: "",
      kind: 0,
      startNs: 0n,
      endNs: 0n,
      status: 0,
      statusMessage: "",
      attributes,
      events,
      links,
    };
    this.each(message, {
      1: (field) => (span.traceId = hex(field)),
      2: (field) => (span.spanId = hex(field)),
      3: (field) => (span.traceState = text(field)),
      4: (field) => (span.parentSpanId = hex(field)),
      5: (field) => (span.name = text(field)),
      6: (field) => (span.kind = field.uint32()),
      7: (field) => (span.startNs = field.fixed64BigInt()),
      8: (field) => (span.endNs = field.fixed64BigInt()),
      9: (field) => this.into(attributes, field),
      11: (field) => events.push(this.event(inner(field))),
      13: (field) => links.push(this.link(inner(field))),
      15: (field) =>
        this.each(inner(field), {
          2: (own) => (span.statusMessage = text(own)),
          3: (own) => (span.status = own.uint32()),
        }),
    });
    return span;
  }

  resource(message: ProtobufReader): Attributes {
    const attributes = new Map<string, AnyValue>();
    this.each(message, { 1: (field) => this.into(attributes, field) });
    return attributes;
  }

  private event(message: ProtobufReader): SpanEvent {
    const attributes = new Map<string, AnyValue>();
    const event = { timeNs: 0n, name: "", attributes };
    this.each(message, {
      1: (field) => (event.timeNs = field.fixed64BigInt()),
      2: (field) => (event.name = text(field)),
      3: (field) => this.into(attributes, field),
    });
    return event;
  }

  private link(message: ProtobufReader): SpanLink {
    const attributes = new Map<string, AnyValue>();
    const link = { traceId: "", spanId: "", attributes };
    this.each(message, {
      1: (field) => (link.traceId = hex(field)),
      2: (field) => (link.spanId = hex(field)),
      4: (field) => this.into(attributes, field),
    });
    return link;
  }

  private each(
    message: ProtobufReader,
    fields: Readonly<Record<number, (field: ProtobufReader) => void>>,
  ): void {
    while (message.next()) {
      this.count();
      const read = fields[message.field];
      if (read === undefined) message.skip();
      else read(message);
    }
  }

  private count(): void {
    if (++this.fields > MAX_FIELDS) throw new ProtobufError("a span has too many parts");
  }
}

/** A span whose texts are no UTF-8 is refused alone: those beside it are whole. */
function readOne(field: ProtobufReader, textBytes: number): Pick<Incoming, "span" | "lost"> {
  const reader = new PartReader(roomOf(textBytes));
  const message = inner(field);
  try {
    const span = reader.span(message);
    return { span, lost: reader.lost };
  } catch (error) {
    if (error instanceof ProtobufTextError) return { span: undefined, lost: 0 };
    throw error;
  }
}

/** Goes to each field of a number: true when it is there, false where others may have a turn. */
function* fieldsOf(message: ProtobufReader, number: number): Generator<boolean> {
  for (let fields = 1; message.next(); fields++) {
    if (message.field === number) yield true;
    else message.skip();
    if (fields % FIELDS_PER_TURN === 0) yield false;
  }
}

const again = ({ bytes, pos, end }: ProtobufReader): ProtobufReader =>
  new ProtobufReader(bytes, pos, end);

function* readScope(
  message: ProtobufReader,
  resource: Attributes,
  textBytes: number,
): Generator<Incoming | undefined> {
  let scope = "";
  const first = again(message);
  for (const found of fieldsOf(first, 1)) {
    if (!found) yield;
    else {
      const own = inner(first);
      for (const named of fieldsOf(own, 1)) if (named) scope = text(own);
    }
  }
  for (const found of fieldsOf(message, 2))
    yield found ? { resource, scope, ...readOne(message, textBytes) } : undefined;
}

function* readResource(
  message: ProtobufReader,
  textBytes: number,
): Generator<Incoming | undefined> {
  let resource: Attributes = new Map();
  const first = again(message);
  for (const found of fieldsOf(first, 1)) {
    if (found) resource = new PartReader(roomOf(textBytes)).resource(inner(first));
    else yield;
  }
  for (const found of fieldsOf(message, 2)) {
    if (found) yield* readScope(inner(message), resource, textBytes);
    else yield;
  }
}

/**
 * Reads opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest, one span at a time; `undefined` comes where
 * others may have a turn although there is no span.
 * @param textBytes of one text that are read.
 * @throws ProtobufError wherever the bytes turn out not to be that: what was read before counts for nothing then.
 */
export function* readSpansProtobuf(
  body: Uint8Array,
  textBytes = Infinity,
): Generator<Incoming | undefined> {
  let spans = 0;
  const root = new ProtobufReader(body);
  for (const found of fieldsOf(root, 1)) {
    if (!found) yield;
    else
      for (const one of readResource(inner(root), textBytes)) {
        if (one !== undefined && ++spans > MAX_SPANS) throw new ProtobufError("too many spans");
        yield one;
      }
  }
}
