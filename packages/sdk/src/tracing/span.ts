import { newSpanId } from "./ids.ts";
import type { Id } from "./ids.ts";

export type AttributeValue =
  | string
  | number
  | boolean
  | readonly (string | number | boolean | null | undefined)[];
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

/** As W3C's trace context has it. */
export type SpanContext = {
  traceId: string;
  spanId: string;
  /** 1 when the trace is recorded. */
  traceFlags: number;
  isRemote?: boolean;
  traceState?: { serialize(): string } | undefined;
};

export type SpanStatus = { code: number; message?: string };
export type SpanLink = { context: SpanContext; attributes?: Attributes };

/** Milliseconds since 1970, a `Date`, or OpenTelemetry's pair of seconds and nanoseconds. */
export type TimeInput = number | Date | readonly [number, number];

/** OpenTelemetry's `Span`: spans of its SDKs, and ours, are both. */
export type Span = {
  spanContext(): SpanContext;
  setAttribute(key: string, value: AttributeValue): unknown;
  setAttributes(attributes: Attributes): unknown;
  addEvent(name: string, attributes?: Attributes | TimeInput, time?: TimeInput): unknown;
  addLink(link: SpanLink): unknown;
  addLinks(links: SpanLink[]): unknown;
  setStatus(status: SpanStatus): unknown;
  updateName(name: string): unknown;
  end(time?: TimeInput): void;
  isRecording(): boolean;
  recordException(exception: unknown, time?: TimeInput): void;
};

/** Kinds as OpenTelemetry's API counts them; its protocol counts from 1. */
export const KIND = { internal: 0, server: 1, client: 2, producer: 3, consumer: 4 } as const;
export const STATUS = { unset: 0, ok: 1, error: 2 } as const;

export type SpanEvent = { name: string; timeMs: number; attributes: Attributes };

/** What the exporter reads of a span; `endMs` is 0 while it goes on. Times are Unix milliseconds with a fraction. */
export type RecordedSpan = {
  readonly trace: Id;
  readonly own: Id;
  readonly parent: Id | null;
  readonly traceState: string;
  readonly scope: string;
  readonly name: string;
  readonly kind: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
  readonly statusCode: number;
  readonly statusMessage: string;
  /** When the exporter last told of it while it went on; 0 before. This and what follows belongs to the exporter. */
  toldMs: number;
  /** Among the spans that go on, with its neighbours there. */
  isListed: boolean;
  older: RecordedSpan | null;
  newer: RecordedSpan | null;
};

/** Where spans go. Both are called for every recorded span, in this order; neither throws. */
export type SpanSink = {
  started(span: RecordedSpan): void;
  ended(span: RecordedSpan): void;
};

/** Of one span: more are dropped and counted. */
export const MAX_ATTRIBUTES = 128;
export const MAX_EVENTS = 128;
export const MAX_LINKS = 128;
/** Longer texts of attributes are cut; prompts fit in. */
export const MAX_TEXT_CHARACTERS = 65_536;
const MAX_NAME_CHARACTERS = 256;
const MAX_STACK_CHARACTERS = 4096;

/** What did not fit into spans, of all spans together. */
export type Losses = { attributes: number; events: number; links: number };

const NONE: readonly never[] = [];

/** What callers without types give may be anything, also something that cannot become a text. */
export function textOf(value: unknown, maxCharacters: number): string {
  if (value === undefined || value === null) return "";
  try {
    return String(value).slice(0, maxCharacters);
  } catch {
    return "";
  }
}

/** Unix milliseconds of whatever OpenTelemetry calls a time. */
export function msOf(time: TimeInput): number {
  if (typeof time === "number") return time;
  if (time instanceof Date) return time.getTime();
  return time[0] * 1000 + time[1] / 1e6;
}

/** What a span has from the one above it; without one above `own` is null. */
export type Line = {
  readonly trace: Id;
  readonly own: Id | null;
  readonly traceState: string;
  readonly recording: boolean;
};

export type SpanStart = {
  kind?: number;
  startTime?: TimeInput;
  /** They become the span's own. */
  attributes?: Record<string, AttributeValue | undefined>;
};

export type SpanOwner = { sink: SpanSink; losses: Losses; nowMs: () => number };

/** A time that was given, or now. */
function timeOf(given: TimeInput | undefined, { nowMs }: SpanOwner): number {
  if (given === undefined || given === null) return nowMs();
  const ms = msOf(given);
  return Number.isFinite(ms) ? ms : nowMs();
}

/** A span of our own. Nothing that is called on it throws, whatever it is given. */
export class LightSpan implements Span, RecordedSpan {
  readonly trace: Id;
  readonly own: Id;
  readonly parent: Id | null;
  readonly traceState: string;
  readonly scope: string;
  readonly kind: number;
  readonly startMs: number;
  readonly attributes: Record<string, AttributeValue | undefined>;
  name: string;
  endMs = 0;
  events: readonly SpanEvent[] = NONE;
  links: readonly SpanLink[] = NONE;
  statusCode: number = STATUS.unset;
  statusMessage = "";
  toldMs = 0;
  isListed = false;
  older: RecordedSpan | null = null;
  newer: RecordedSpan | null = null;
  readonly recording: boolean;
  readonly #owner: SpanOwner;

  constructor(owner: SpanOwner, above: Line, scope: string, name: string, start: SpanStart) {
    this.trace = above.trace;
    this.own = newSpanId();
    this.parent = above.own;
    this.traceState = above.traceState;
    this.scope = scope;
    this.name = name;
    this.kind = start.kind ?? KIND.internal;
    this.startMs = timeOf(start.startTime, owner);
    this.attributes = start.attributes ?? {};
    this.recording = above.recording;
    this.#owner = owner;
    if (this.recording) owner.sink.started(this);
  }

  spanContext(): SpanContext {
    const { traceState } = this;
    const context: SpanContext = {
      traceId: this.trace.text,
      spanId: this.own.text,
      traceFlags: this.recording ? 1 : 0,
    };
    if (traceState !== "") context.traceState = { serialize: () => traceState };
    return context;
  }

  isRecording(): boolean {
    return this.recording && this.endMs === 0;
  }

  setAttribute(key: string, value: AttributeValue): this {
    if (!this.isRecording() || typeof key !== "string") return this;
    if (value === undefined || value === null) return this;
    const { attributes } = this;
    // Counting is slow: it is done for new names of spans that have many.
    if (!(key in attributes) && Object.keys(attributes).length >= MAX_ATTRIBUTES) {
      this.#owner.losses.attributes++;
      return this;
    }
    attributes[key] = value;
    return this;
  }

  setAttributes(attributes: Attributes): this {
    for (const key in attributes) this.setAttribute(key, attributes[key] as AttributeValue);
    return this;
  }

  addEvent(name: string, attributes?: Attributes | TimeInput, time?: TimeInput): this {
    if (!this.isRecording()) return this;
    const given = typeof attributes === "object" && !Array.isArray(attributes);
    const own = given && !(attributes instanceof Date) ? (attributes as Attributes) : {};
    const at = own === attributes || attributes === undefined ? time : (attributes as TimeInput);
    if (this.events.length >= MAX_EVENTS) this.#owner.losses.events++;
    else {
      const timeMs = timeOf(at, this.#owner);
      this.events = [
        ...this.events,
        { name: textOf(name, MAX_NAME_CHARACTERS), timeMs, attributes: own },
      ];
    }
    return this;
  }

  addLink(link: SpanLink): this {
    if (!this.isRecording() || typeof link?.context?.traceId !== "string") return this;
    if (this.links.length >= MAX_LINKS) this.#owner.losses.links++;
    else this.links = [...this.links, link];
    return this;
  }

  addLinks(links: SpanLink[]): this {
    for (const link of links) this.addLink(link);
    return this;
  }

  setStatus(status: SpanStatus): this {
    if (!this.isRecording()) return this;
    this.statusCode = Number.isInteger(status?.code) ? status.code : STATUS.unset;
    this.statusMessage = textOf(status?.message, MAX_TEXT_CHARACTERS);
    return this;
  }

  updateName(name: string): this {
    if (this.isRecording()) this.name = textOf(name, MAX_NAME_CHARACTERS);
    return this;
  }

  recordException(exception: unknown, time?: TimeInput): void {
    const { type, message, stack } = describeError(exception);
    const attributes: Record<string, AttributeValue> = { "exception.message": message };
    if (type !== "") attributes["exception.type"] = type;
    if (stack !== "") attributes["exception.stacktrace"] = stack;
    this.addEvent("exception", attributes, time);
  }

  end(time?: TimeInput): void {
    if (this.endMs !== 0) return;
    const endMs = timeOf(time, this.#owner);
    // Zero means that it goes on, and a clock that was set back would make it last for ever.
    this.endMs = Math.max(endMs, this.startMs, 1);
    if (this.recording) this.#owner.sink.ended(this);
  }
}

/** What can be said of anything that was thrown. Never throws itself: a thrown thing may have getters that do. */
export function describeError(thrown: unknown): { type: string; message: string; stack: string } {
  try {
    if (thrown instanceof Error) {
      return {
        type: String(thrown.name || thrown.constructor.name),
        message: String(thrown.message).slice(0, MAX_TEXT_CHARACTERS),
        stack: String(thrown.stack ?? "").slice(0, MAX_STACK_CHARACTERS),
      };
    }
    return { type: "", message: String(thrown).slice(0, MAX_TEXT_CHARACTERS), stack: "" };
  } catch {
    return { type: "", message: "an error that cannot be read", stack: "" };
  }
}
