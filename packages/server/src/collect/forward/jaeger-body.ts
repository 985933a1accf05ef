import { setImmediate as nextTurn } from "node:timers/promises";

import type { AnyValue } from "../otlp/model.ts";
import { textOf } from "../otlp/model.ts";
import { spanReaders, type Attributes, type Incoming, type Span } from "../spans/index.ts";
import type { Parcel } from "./parcel.ts";

/** Longest text of a tag; Jaeger's agents cut at the same length or earlier. */
const MAX_TEXT_BYTES = 65_536;
const SLICE_MS = 8;
const NS_PER_US = 1000n;
const STOP = Buffer.from([0]);
const KINDS = ["", "internal", "server", "client", "producer", "consumer"];

const head = (type: number, id: number): Buffer => Buffer.from([type, 0, id]);

function i32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function long(id: number, value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(11);
  bytes.set([10, 0, id]);
  bytes.writeBigInt64BE(BigInt.asIntN(64, value), 3);
  return bytes;
}

function text(id: number, value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([head(11, id), i32(bytes.length), bytes]);
}

const struct = (...fields: readonly Buffer[]): Buffer => Buffer.concat([...fields, STOP]);
const list = (id: number, items: readonly Buffer[]): Buffer =>
  Buffer.concat([head(15, id), Buffer.from([12]), i32(items.length), ...items]);
const int = (id: number, value: number): Buffer => Buffer.concat([head(8, id), i32(value)]);

/** A tag of the type that fits the value. */
function tag(name: string, value: AnyValue): Buffer {
  if (typeof value === "boolean")
    return struct(text(1, name), int(2, 2), head(2, 5), Buffer.from([value ? 1 : 0]));
  if (typeof value === "number" && Number.isSafeInteger(value))
    return struct(text(1, name), int(2, 3), long(6, BigInt(value)));
  if (typeof value === "number") {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeDoubleBE(value);
    return struct(text(1, name), int(2, 1), head(4, 4), bytes);
  }
  return struct(text(1, name), int(2, 0), text(3, textOf(value)));
}

const tagsOf = (attributes: Attributes): Buffer[] =>
  [...attributes].map(([name, value]) => tag(name, value));

const bits = (hex: string): bigint => (/^[0-9a-f]+$/.test(hex) ? BigInt(`0x${hex}`) : 0n);

const reference = (type: number, traceId: string, spanId: string): Buffer =>
  struct(
    int(1, type),
    long(2, bits(traceId.slice(16))),
    long(3, bits(traceId.slice(0, 16))),
    long(4, bits(spanId)),
  );

function spanOf({ span, scope }: { span: Span; scope: string }): Buffer {
  const tags = tagsOf(span.attributes);
  if (scope !== "") tags.push(tag("otel.scope.name", scope));
  if (span.kind > 0 && span.kind < KINDS.length) tags.push(tag("span.kind", KINDS[span.kind]));
  if (span.status === 1) tags.push(tag("otel.status_code", "OK"));
  if (span.status === 2) tags.push(tag("otel.status_code", "ERROR"), tag("error", true));
  if (span.statusMessage !== "") tags.push(tag("otel.status_description", span.statusMessage));
  return struct(
    long(1, bits(span.traceId.slice(16))),
    long(2, bits(span.traceId.slice(0, 16))),
    long(3, bits(span.spanId)),
    long(4, bits(span.parentSpanId)),
    text(5, span.name),
    list(
      6,
      span.links.map((link) => reference(1, link.traceId, link.spanId)),
    ),
    int(7, 1),
    long(8, span.startNs / NS_PER_US),
    long(9, span.endNs > span.startNs ? (span.endNs - span.startNs) / NS_PER_US : 0n),
    list(10, tags),
    list(
      11,
      span.events.map(({ timeNs, name, attributes }) =>
        struct(long(1, timeNs / NS_PER_US), list(2, [tag("event", name), ...tagsOf(attributes)])),
      ),
    ),
  );
}

function batchOf(resource: Attributes, spans: readonly Buffer[]): Buffer {
  const service = textOf(resource.get("service.name")) || "unknown_service";
  const process = struct(text(1, service), list(2, tagsOf(resource)));
  return struct(Buffer.concat([head(12, 1), process]), list(2, spans));
}

/** Batches for a collector that understands Jaeger's Thrift only: one for each resource of the parcel. */
export async function jaegerBodies({ body, encoding }: Parcel): Promise<Buffer[]> {
  if (encoding === "jaeger") return [body];
  const spans = new Map<Incoming["resource"], Buffer[]>();
  let turnMs = performance.now();
  for (const incoming of spanReaders[encoding](body, MAX_TEXT_BYTES)) {
    if (incoming?.span !== undefined) {
      const { resource, span, scope } = incoming;
      const own = spans.get(resource) ?? [];
      spans.set(resource, own);
      own.push(spanOf({ span, scope }));
    }
    if (performance.now() - turnMs < SLICE_MS) continue;
    await nextTurn();
    turnMs = performance.now();
  }
  return [...spans].map(([resource, own]) => batchOf(resource, own));
}
