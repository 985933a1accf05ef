import { setImmediate as nextTurn } from "node:timers/promises";

import { ProtobufWriter } from "#lib";

import type { AnyValue } from "../otlp/model.ts";
import { spanReaders, type Attributes, type Incoming } from "../spans/index.ts";
import type { Parcel } from "./parcel.ts";

/** Longest text of an attribute that is passed on. */
const MAX_TEXT_BYTES = 1 << 20;
const SLICE_MS = 8;

/** Writes opentelemetry.proto.common.v1.AnyValue. Zipkin and Jaeger have no lists and maps. */
function writeValue(writer: ProtobufWriter, value: AnyValue): void {
  if (typeof value === "boolean") writer.uint(2, value ? 1 : 0);
  else if (typeof value === "number" && Number.isSafeInteger(value)) writer.int64(3, value);
  else if (typeof value === "number") writer.double(4, value);
  else if (typeof value === "string") writer.string(1, value);
}

function writeAttributes(writer: ProtobufWriter, field: number, attributes: Attributes): void {
  for (const [name, value] of attributes)
    writer.message(field, () => {
      writer.string(1, name);
      writer.message(2, () => writeValue(writer, value));
    });
}

function writeSpan(writer: ProtobufWriter, { span }: Incoming): void {
  if (span === undefined) return;
  writer.message(2, () => {
    writer.bytes(1, Buffer.from(span.traceId, "hex"));
    writer.bytes(2, Buffer.from(span.spanId, "hex"));
    writer.string(3, span.traceState);
    if (span.parentSpanId !== "") writer.bytes(4, Buffer.from(span.parentSpanId, "hex"));
    writer.string(5, span.name);
    writer.uint(6, span.kind);
    writer.fixed64(7, span.startNs);
    writer.fixed64(8, span.endNs);
    writeAttributes(writer, 9, span.attributes);
    for (const event of span.events)
      writer.message(11, () => {
        writer.fixed64(1, event.timeNs);
        writer.string(2, event.name);
        writeAttributes(writer, 3, event.attributes);
      });
    for (const link of span.links)
      writer.message(13, () => {
        writer.bytes(1, Buffer.from(link.traceId, "hex"));
        writer.bytes(2, Buffer.from(link.spanId, "hex"));
        writeAttributes(writer, 4, link.attributes);
      });
    writer.message(15, () => {
      writer.string(2, span.statusMessage);
      writer.uint(3, span.status);
    });
  });
}

/** What Jaeger's or Zipkin's clients sent, as an ExportTraceServiceRequest. */
export async function otlpBody({ body, encoding }: Parcel): Promise<Buffer> {
  if (encoding === "protobuf" || encoding === "json") return body;
  /** Spans by resource and scope. */
  const groups = new Map<Attributes, Map<string, Buffer[]>>();
  const writer = new ProtobufWriter();
  let turnMs = performance.now();
  for (const incoming of spanReaders[encoding](body, MAX_TEXT_BYTES)) {
    if (incoming === undefined) continue;
    writeSpan(writer, incoming);
    const scopes = groups.get(incoming.resource) ?? new Map<string, Buffer[]>();
    groups.set(incoming.resource, scopes);
    const own = scopes.get(incoming.scope) ?? [];
    scopes.set(incoming.scope, own);
    own.push(Buffer.from(writer.take()));
    if (performance.now() - turnMs < SLICE_MS) continue;
    await nextTurn();
    turnMs = performance.now();
  }
  const parts: Buffer[] = [];
  for (const [resource, scopes] of groups) {
    writer.message(1, () => {
      writer.message(1, () => writeAttributes(writer, 1, resource));
      for (const [scope, spans] of scopes)
        writer.message(2, () => {
          writer.message(1, () => writer.string(1, scope));
          writer.raw(Buffer.concat(spans));
        });
    });
    parts.push(Buffer.from(writer.take()));
  }
  return Buffer.concat(parts);
}
