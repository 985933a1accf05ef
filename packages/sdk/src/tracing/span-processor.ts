import { idOf } from "./ids.ts";
import type { Id } from "./ids.ts";
import { msOf } from "./span.ts";
import type { Attributes, RecordedSpan, SpanContext, SpanLink, SpanSink } from "./span.ts";

type HrTime = readonly [number, number];

/** OpenTelemetry's `ReadableSpan`, as its SDKs of version 1 and later have it. */
type ReadableSpan = {
  readonly name: string;
  readonly kind: number;
  spanContext(): SpanContext;
  readonly parentSpanContext?: SpanContext | undefined;
  readonly parentSpanId?: string;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly status: { code: number; message?: string };
  readonly attributes: Attributes;
  readonly events: readonly { name: string; time: HrTime; attributes?: Attributes }[];
  readonly links: readonly SpanLink[];
  readonly instrumentationScope?: { name: string };
  readonly instrumentationLibrary?: { name: string };
};

/** OpenTelemetry's `SpanProcessor`. */
export type SpanProcessor = {
  onStart(span: unknown, context?: unknown): void;
  onEnd(span: unknown): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
};

/** A span of another SDK as the exporter reads it; nothing is copied before it is sent. */
class HostSpan implements RecordedSpan {
  readonly #span: ReadableSpan;
  #ended = false;
  toldMs = 0;
  isListed = false;
  older: RecordedSpan | null = null;
  newer: RecordedSpan | null = null;

  constructor(span: ReadableSpan) {
    this.#span = span;
  }

  end(): void {
    this.#ended = true;
  }
  get trace(): Id {
    return idOf(this.#span.spanContext().traceId);
  }
  get own(): Id {
    return idOf(this.#span.spanContext().spanId);
  }
  get parent(): Id | null {
    const id = this.#span.parentSpanContext?.spanId ?? this.#span.parentSpanId;
    return id === undefined ? null : idOf(id);
  }
  get traceState(): string {
    return this.#span.spanContext().traceState?.serialize() ?? "";
  }
  get scope(): string {
    return (this.#span.instrumentationScope ?? this.#span.instrumentationLibrary)?.name ?? "";
  }
  get name(): string {
    return this.#span.name;
  }
  get kind(): number {
    return this.#span.kind;
  }
  get startMs(): number {
    return msOf(this.#span.startTime);
  }
  get endMs(): number {
    return this.#ended ? Math.max(1, msOf(this.#span.endTime)) : 0;
  }
  get attributes(): Attributes {
    return this.#span.attributes;
  }
  get events(): RecordedSpan["events"] {
    return this.#span.events.map(({ name, time, attributes }) => ({
      name,
      timeMs: msOf(time),
      attributes: attributes ?? {},
    }));
  }
  get links(): readonly SpanLink[] {
    return this.#span.links;
  }
  get statusCode(): number {
    return this.#span.status.code;
  }
  get statusMessage(): string {
    return this.#span.status.message ?? "";
  }
}

/** Hands the spans of a host's own provider to our exporter, from their start on. */
export function createSpanProcessor(
  exporter: SpanSink & { flush(timeoutMs: number): Promise<boolean> },
): SpanProcessor {
  const spans = new WeakMap<object, HostSpan>();
  const flush = async (): Promise<void> => void (await exporter.flush(FLUSH_TIMEOUT_MS));
  return {
    onStart(span) {
      const host = new HostSpan(span as ReadableSpan);
      spans.set(span as object, host);
      exporter.started(host);
    },
    onEnd(span) {
      // Providers hand over spans that are not sampled as well.
      if ((((span as ReadableSpan).spanContext().traceFlags ?? 0) & 1) === 0) return;
      const host = spans.get(span as object) ?? new HostSpan(span as ReadableSpan);
      host.end();
      exporter.ended(host);
    },
    forceFlush: flush,
    shutdown: flush,
  };
}

const FLUSH_TIMEOUT_MS = 5000;
