import { writeResource, writeSpan } from "./otlp.ts";
import { ProtobufWriter } from "./protobuf.ts";
import type { Attributes, RecordedSpan } from "./span.ts";

/** Fields of ExportTraceServiceRequest, ResourceSpans, ScopeSpans and InstrumentationScope. */
const FIELDS = { resourceSpans: 1, resource: 1, scopeSpans: 2, scope: 1, spans: 2, name: 1 };
/** Bytes of the lengths of whole requests, which have some hundred kilobytes at most times. */
const LENGTH_BYTES = 3;

/** The resource as a part of every request, written once. */
export function resourcePart(attributes: Attributes): Uint8Array {
  const writer = new ProtobufWriter();
  const start = writer.open(FIELDS.resource, LENGTH_BYTES);
  writeResource(writer, attributes);
  writer.close(start, LENGTH_BYTES);
  return writer.written().slice();
}

/**
 * Spans of one request, as its bytes: each is written when it ends, and nothing of it is kept. Objects that wait for half a
 * second would be moved about by the garbage collector, which costs more than the spans.
 */
export class SpanBatch {
  readonly #writer = new ProtobufWriter();
  readonly #resource: Uint8Array;
  #resourceStart = 0;
  #scopeStart = 0;
  #scope: string | null = null;
  #body: Uint8Array<ArrayBuffer> | null = null;
  ended = 0;
  announced = 0;
  /** When it was first tried to send it, in milliseconds; 0 before. */
  sinceMs = 0;

  constructor(resource: Uint8Array) {
    this.#resource = resource;
    this.clear();
  }

  get isEmpty(): boolean {
    return this.ended === 0 && this.announced === 0;
  }

  /** Bytes that were written. */
  get bytes(): number {
    return this.#writer.length;
  }

  get capacity(): number {
    return this.#writer.capacity;
  }

  /** Writes a span that has ended, or one that goes on. @throws What reading the span throws; then nothing is written. */
  add(span: RecordedSpan): void {
    if (this.#scope !== span.scope) this.#enter(span.scope);
    const { length } = this.#writer;
    try {
      writeSpan(this.#writer, FIELDS.spans, span);
    } catch (error) {
      this.#writer.cut(length);
      throw error;
    }
    if (span.endMs === 0) this.announced++;
    else this.ended++;
  }

  /** The request: it stays the same however often it is sent, and takes no more spans. */
  finish(): Uint8Array<ArrayBuffer> {
    if (this.#body !== null) return this.#body;
    if (this.#scope !== null) this.#writer.close(this.#scopeStart, LENGTH_BYTES);
    this.#writer.close(this.#resourceStart, LENGTH_BYTES);
    return (this.#body = this.#writer.written());
  }

  /** Empty again, in the memory that it has. */
  clear(): void {
    this.#writer.cut(0);
    this.#resourceStart = this.#writer.open(FIELDS.resourceSpans, LENGTH_BYTES);
    this.#writer.raw(this.#resource);
    this.#scope = null;
    this.#body = null;
    this.ended = 0;
    this.announced = 0;
    this.sinceMs = 0;
  }

  #enter(scope: string): void {
    const writer = this.#writer;
    if (this.#scope !== null) writer.close(this.#scopeStart, LENGTH_BYTES);
    this.#scopeStart = writer.open(FIELDS.scopeSpans, LENGTH_BYTES);
    const start = writer.open(FIELDS.scope, 1);
    writer.text(FIELDS.name, scope);
    writer.close(start, 1);
    this.#scope = scope;
  }
}
