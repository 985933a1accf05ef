import { ProtobufError, ProtobufReader, ProtobufTextError, WIRE_BYTES } from "#lib";

import type { AnyValue } from "../otlp/model.ts";
import { enter, hex, inner, readValue, type Room } from "../otlp/protobuf.ts";
import { MAX_ATTRIBUTES_READ, MAX_FIELDS, roomOf, type Incoming } from "./incoming.ts";
import { MAX_SPANS, MAX_TEXT_CHARACTERS } from "./limits.ts";
import type { Attributes, Span, SpanEvent, SpanLink } from "./model.ts";

/** Numbers of the fields of opentelemetry.proto.trace.v1.Span. */
const SPAN = {
  traceId: 1,
  spanId: 2,
  traceState: 3,
  parentSpanId: 4,
  name: 5,
  kind: 6,
  start: 7,
  end: 8,
  attributes: 9,
  events: 11,
  links: 13,
  status: 15,
} as const;

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
  private readonly message: ProtobufReader;
  private readonly room: Room;
  private fields = 0;

  /** @param message of the part alone */
  constructor(message: ProtobufReader, room: Room) {
    this.message = message;
    this.room = room;
  }

  span(): Span {
    const { message } = this;
    const attributes = new Map<string, AnyValue>();
    const span: Span & { events: SpanEvent[]; links: SpanLink[] } = {
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
      events: [],
      links: [],
    };
    while (this.next()) {
      if (message.field === SPAN.attributes) this.attribute(attributes);
      else if (message.field === SPAN.events) span.events.push(this.event());
      else if (message.field === SPAN.links) span.links.push(this.link());
      else if (message.field === SPAN.status) this.status(span);
      else this.plain(span);
    }
    return span;
  }

  resource(): Attributes {
    const attributes = new Map<string, AnyValue>();
    while (this.next()) {
      if (this.message.field === 1) this.attribute(attributes);
      else this.message.skip();
    }
    return attributes;
  }

  /** Fields of a span that are texts or numbers. */
  private plain(span: Span): void {
    const { message } = this;
    switch (message.field) {
      case SPAN.traceId:
        span.traceId = hex(message);
        break;
      case SPAN.spanId:
        span.spanId = hex(message);
        break;
      case SPAN.traceState:
        span.traceState = text(message);
        break;
      case SPAN.parentSpanId:
        span.parentSpanId = hex(message);
        break;
      case SPAN.name:
        span.name = text(message);
        break;
      case SPAN.kind:
        span.kind = message.uint32();
        break;
      case SPAN.start:
        span.startNs = message.fixed64BigInt();
        break;
      case SPAN.end:
        span.endNs = message.fixed64BigInt();
        break;
      default:
        message.skip();
    }
  }

  private status(span: Span): void {
    const { message } = this;
    const outer = enter(message);
    while (this.next()) {
      if (message.field === 2) span.statusMessage = text(message);
      else if (message.field === 3) span.status = message.uint32();
      else message.skip();
    }
    message.leave(outer);
  }

  /** One entry of a list of attributes. */
  private attribute(into: Map<string, AnyValue>): void {
    const { message, room } = this;
    if (room.values <= 0 || room.bytes <= 0 || into.size >= MAX_ATTRIBUTES_READ) {
      message.skip();
      this.lost++;
      return;
    }
    let key = "";
    let value: AnyValue;
    const outer = enter(message);
    while (this.next()) {
      if (message.field === 1) key = text(message);
      else if (message.field === 2) value = readValue(message, 0, room);
      else message.skip();
    }
    message.leave(outer);
    into.set(key, value);
  }

  private event(): SpanEvent {
    const { message } = this;
    const attributes = new Map<string, AnyValue>();
    const event = { timeNs: 0n, name: "", attributes };
    const outer = enter(message);
    while (this.next()) {
      if (message.field === 1) event.timeNs = message.fixed64BigInt();
      else if (message.field === 2) event.name = text(message);
      else if (message.field === 3) this.attribute(attributes);
      else message.skip();
    }
    message.leave(outer);
    return event;
  }

  private link(): SpanLink {
    const { message } = this;
    const attributes = new Map<string, AnyValue>();
    const link = { traceId: "", spanId: "", attributes };
    const outer = enter(message);
    while (this.next()) {
      if (message.field === 1) link.traceId = hex(message);
      else if (message.field === 2) link.spanId = hex(message);
      else if (message.field === 4) this.attribute(attributes);
      else message.skip();
    }
    message.leave(outer);
    return link;
  }

  private next(): boolean {
    if (++this.fields > MAX_FIELDS) throw new ProtobufError("a span has too many parts");
    return this.message.next();
  }
}

/** A span whose texts are no UTF-8 is refused alone: those beside it are whole. */
function readOne(field: ProtobufReader, textBytes: number): Pick<Incoming, "span" | "lost"> {
  const reader = new PartReader(inner(field), roomOf(textBytes));
  try {
    const span = reader.span();
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
    if (found) resource = new PartReader(inner(first), roomOf(textBytes)).resource();
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
