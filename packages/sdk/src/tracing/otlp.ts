import { idOf } from "./ids.ts";
import type { ProtobufWriter } from "./protobuf.ts";
import type { Attributes, AttributeValue, RecordedSpan } from "./span.ts";
import { MAX_TEXT_CHARACTERS } from "./span.ts";

/** Fields of OTLP's messages, by their numbers: opentelemetry/proto/{trace,common,resource}/v1. */
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
const EVENT = { time: 1, name: 2, attributes: 3 } as const;
const LINK = { traceId: 1, spanId: 2, attributes: 4 } as const;
const STATUS = { message: 2, code: 3 } as const;
const KEY_VALUE = { key: 1, value: 2 } as const;
const VALUE = { string: 1, bool: 2, int: 3, double: 4, array: 5 } as const;
const ARRAY_VALUES = 1;
const RESOURCE_ATTRIBUTES = 1;

/** Lists in lists are no attribute values; whoever gives them all the same gets so many. */
const MAX_DEPTH = 4;

/** Bytes of a length, as most messages of that kind have them. */
const SMALL = 1;
const MEDIUM = 2;

/** An attribute's value; what is no value of an attribute stays empty. */
function writeValue(
  writer: ProtobufWriter,
  field: number,
  value: AttributeValue | null | undefined,
  depth = 0,
): void {
  const start = writer.open(field, SMALL);
  switch (typeof value) {
    case "string":
      writer.text(
        VALUE.string,
        value.length > MAX_TEXT_CHARACTERS ? value.slice(0, MAX_TEXT_CHARACTERS) : value,
      );
      break;
    case "boolean":
      writer.uint(VALUE.bool, value ? 1 : 0);
      break;
    case "number":
      if (Number.isSafeInteger(value)) writer.int(VALUE.int, value);
      else if (Number.isFinite(value)) writer.double(VALUE.double, value);
      // Readers that speak JSON have no other way to say it.
      else writer.text(VALUE.string, String(value));
      break;
    case "object":
      if (Array.isArray(value) && depth < MAX_DEPTH) {
        const list = writer.open(VALUE.array, SMALL);
        for (const one of value as readonly AttributeValue[]) {
          writeValue(writer, ARRAY_VALUES, one, depth + 1);
        }
        writer.close(list, SMALL);
      }
      break;
    default:
  }
  writer.close(start, SMALL);
}

/** Objects of others may have getters that throw: one attribute is less than a span. */
function valueAt(attributes: Attributes, key: string): AttributeValue | undefined {
  try {
    return attributes[key];
  } catch {
    return undefined;
  }
}

function writeAttributes(writer: ProtobufWriter, field: number, attributes: Attributes): void {
  for (const key in attributes) {
    const value = valueAt(attributes, key);
    if (value === undefined || value === null) continue;
    const start = writer.open(field, SMALL);
    writer.text(KEY_VALUE.key, key);
    writeValue(writer, KEY_VALUE.value, value);
    writer.close(start, SMALL);
  }
}

/** The attributes of a `Resource`. */
export const writeResource = (writer: ProtobufWriter, attributes: Attributes): void =>
  writeAttributes(writer, RESOURCE_ATTRIBUTES, attributes);

function writeEvents(writer: ProtobufWriter, events: RecordedSpan["events"]): void {
  for (const { name, timeMs, attributes } of events) {
    const start = writer.open(SPAN.events, MEDIUM);
    writer.nanoseconds(EVENT.time, timeMs);
    writer.text(EVENT.name, name);
    writeAttributes(writer, EVENT.attributes, attributes);
    writer.close(start, MEDIUM);
  }
}

function writeLinks(writer: ProtobufWriter, links: RecordedSpan["links"]): void {
  for (const { context, attributes } of links) {
    const start = writer.open(SPAN.links, SMALL);
    writer.id(LINK.traceId, idOf(context.traceId));
    writer.id(LINK.spanId, idOf(context.spanId));
    if (attributes !== undefined) writeAttributes(writer, LINK.attributes, attributes);
    writer.close(start, SMALL);
  }
}

/** One span as a field of `ScopeSpans`. A span that goes on has the end 0. */
export function writeSpan(writer: ProtobufWriter, field: number, span: RecordedSpan): void {
  const start = writer.open(field, MEDIUM);
  writer.id(SPAN.traceId, span.trace);
  writer.id(SPAN.spanId, span.own);
  if (span.traceState !== "") writer.text(SPAN.traceState, span.traceState);
  if (span.parent !== null) writer.id(SPAN.parentSpanId, span.parent);
  writer.text(SPAN.name, String(span.name));
  writer.uint(SPAN.kind, span.kind + 1);
  writer.nanoseconds(SPAN.start, span.startMs);
  writer.nanoseconds(SPAN.end, span.endMs);
  writeAttributes(writer, SPAN.attributes, span.attributes);
  if (span.events.length > 0) writeEvents(writer, span.events);
  if (span.links.length > 0) writeLinks(writer, span.links);
  if (span.statusCode !== 0) {
    const status = writer.open(SPAN.status, SMALL);
    if (span.statusMessage !== "") writer.text(STATUS.message, span.statusMessage);
    writer.uint(STATUS.code, span.statusCode);
    writer.close(status, SMALL);
  }
  writer.close(start, MEDIUM);
}
