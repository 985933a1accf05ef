import { ProtobufReader, ProtobufError } from "#lib";

import type { AnyValue } from "../otlp/model.ts";
import { hex, inner, readFields, readValue, text } from "../otlp/protobuf.ts";
import type { Attributes, ScopeSpans, Span, SpanEvent, SpanLink } from "./model.ts";
import { MAX_SPANS } from "./limits.ts";

/** One entry of a list of attributes. */
function readInto(attributes: Map<string, AnyValue>, message: ProtobufReader): void {
  let key = "";
  let value: AnyValue;
  while (message.next()) {
    if (message.field === 1) key = text(message);
    else if (message.field === 2) value = readValue(inner(message), 0);
    else message.skip();
  }
  attributes.set(key, value);
}

function readEvent(message: ProtobufReader): SpanEvent {
  const attributes = new Map<string, AnyValue>();
  const event = { timeNs: 0n, name: "", attributes };
  readFields(message, {
    1: (field) => (event.timeNs = field.fixed64BigInt()),
    2: (field) => (event.name = text(field)),
    3: (field) => readInto(attributes, inner(field)),
  });
  return event;
}

function readLink(message: ProtobufReader): SpanLink {
  const attributes = new Map<string, AnyValue>();
  const link = { traceId: "", spanId: "", attributes };
  readFields(message, {
    1: (field) => (link.traceId = hex(field)),
    2: (field) => (link.spanId = hex(field)),
    4: (field) => readInto(attributes, inner(field)),
  });
  return link;
}

function readStatus(
  message: ProtobufReader,
  span: { status: number; statusMessage: string },
): void {
  readFields(message, {
    2: (field) => (span.statusMessage = text(field)),
    3: (field) => (span.status = field.uint32()),
  });
}

function readSpan(message: ProtobufReader): Span {
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
  readFields(message, {
    1: (field) => (span.traceId = hex(field)),
    2: (field) => (span.spanId = hex(field)),
    3: (field) => (span.traceState = text(field)),
    4: (field) => (span.parentSpanId = hex(field)),
    5: (field) => (span.name = text(field)),
    6: (field) => (span.kind = field.uint32()),
    7: (field) => (span.startNs = field.fixed64BigInt()),
    8: (field) => (span.endNs = field.fixed64BigInt()),
    9: (field) => readInto(attributes, inner(field)),
    11: (field) => events.push(readEvent(inner(field))),
    13: (field) => links.push(readLink(inner(field))),
    15: (field) => readStatus(inner(field), span),
  });
  return span;
}

function readScope(message: ProtobufReader, resource: Attributes, count: () => void): ScopeSpans {
  let scope = "";
  const spans: Span[] = [];
  readFields(message, {
    1: (field) => readFields(inner(field), { 1: (one) => (scope = text(one)) }),
    2: (field) => {
      count();
      spans.push(readSpan(inner(field)));
    },
  });
  return { resource, scope, spans };
}

/** Reads opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest. @throws ProtobufError */
export function readSpansProtobuf(body: Uint8Array): ScopeSpans[] {
  const found: ScopeSpans[] = [];
  let spans = 0;
  const count = () => {
    if (++spans > MAX_SPANS) throw new ProtobufError("too many spans");
  };
  readFields(new ProtobufReader(body), {
    1: (field) => {
      const resource = new Map<string, AnyValue>();
      const scopes: ProtobufReader[] = [];
      readFields(inner(field), {
        1: (own) =>
          readFields(inner(own), { 1: (attribute) => readInto(resource, inner(attribute)) }),
        2: (own) => scopes.push(inner(own)),
      });
      for (const scope of scopes) found.push(readScope(scope, resource, count));
    },
  });
  return found;
}
