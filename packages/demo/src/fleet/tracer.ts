import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";

type Value = string | number | boolean;
export type Attributes = Record<string, Value>;

/** Kinds of spans, as OTLP numbers them. */
export const KIND = { internal: 1, server: 2, client: 3 } as const;

type Place = { traceId: string; spanId: string };

/** What a piece of work may add while it goes on. */
export type Span = { set(attributes: Attributes): void; fail(message: string): void };

type Start = {
  service: string;
  name: string;
  kind?: (typeof KIND)[keyof typeof KIND];
  attributes?: Attributes;
};

/** Takes a body of OTLP as JSON. */
export type SendSpans = (body: string) => Promise<void>;

const PAUSE_MS = 1000;
/** Spans that wait to be sent; a server that is away must not cost memory. */
const MAX_WAITING = 4000;
const MAX_BATCH = 500;
/** Traces begun per second; an overload is shown by a part of it. */
const MAX_TRACES_PER_SECOND = 5;
const PARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/;
const ERROR = 2;

const NOTHING: Span = { set: () => {}, fail: () => {} };

const valueOf = (value: Value) => {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
};

const listOf = (attributes: Attributes) =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: valueOf(value) }));

const nanoseconds = (ms: number): string => `${Math.round(ms * 1000)}000`;

/**
 * Spans of the fleet, with W3C's context between its services, sent as any OpenTelemetry SDK sends them. Work outside of
 * a trace that was begun makes none.
 */
export class Tracer {
  readonly #send: SendSpans | undefined;
  readonly #here = new AsyncLocalStorage<Place>();
  readonly #waiting = new Map<string, unknown[]>();
  #count = 0;
  #begun = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param send where spans go; without it none are made. */
  constructor(send?: SendSpans) {
    this.#send = send;
    if (send === undefined) return;
    this.#timer = setInterval(() => {
      this.#begun = 0;
      void this.flush();
    }, PAUSE_MS).unref();
  }

  /** Begins a trace, unless enough were begun in this second. */
  begin<T>(start: Start, work: (span: Span) => Promise<T>): Promise<T> {
    if (this.#send === undefined || this.#begun >= MAX_TRACES_PER_SECOND) return work(NOTHING);
    this.#begun++;
    return this.#run(start, undefined, randomBytes(16).toString("hex"), work);
  }

  /** A part of what goes on here. */
  run<T>(start: Start, work: (span: Span) => T | Promise<T>): Promise<T> {
    const here = this.#here.getStore();
    if (here === undefined) return (async () => work(NOTHING))();
    return this.#run(start, here.spanId, here.traceId, work);
  }

  /** Goes on with what another service has begun; `header` is its `traceparent`. */
  serve<T>(header: unknown, start: Start, work: (span: Span) => T | Promise<T>): Promise<T> {
    const [, traceId, spanId] = PARENT.exec(String(header)) ?? [];
    if (traceId === undefined || this.#send === undefined) return (async () => work(NOTHING))();
    return this.#run({ kind: KIND.server, ...start }, spanId, traceId, work);
  }

  /** Where this is written, for what is written beside spans; empty outside of a trace. */
  ids(): { trace_id?: string; span_id?: string } {
    const here = this.#here.getStore();
    return here === undefined ? {} : { trace_id: here.traceId, span_id: here.spanId };
  }

  /** Headers by which another service goes on with the trace. */
  headers(): Record<string, string> {
    const here = this.#here.getStore();
    return here === undefined ? {} : { traceparent: `00-${here.traceId}-${here.spanId}-01` };
  }

  async #run<T>(
    { service, name, kind = KIND.internal, attributes = {} }: Start,
    parentSpanId: string | undefined,
    traceId: string,
    work: (span: Span) => T | Promise<T>,
  ): Promise<T> {
    const spanId = randomBytes(8).toString("hex");
    const startedAt = performance.timeOrigin + performance.now();
    const known = { ...attributes };
    let status: { code: number; message?: string } = { code: 0 };
    const span: Span = {
      set: (more) => void Object.assign(known, more),
      fail: (message) => void (status = { code: ERROR, message }),
    };
    try {
      return await this.#here.run({ traceId, spanId }, async () => work(span));
    } catch (error) {
      span.fail(error instanceof Error ? error.message : String(error));
      span.set({ "error.type": error instanceof Error ? error.name : "unknown" });
      throw error;
    } finally {
      this.#keep(service, {
        traceId,
        spanId,
        ...(parentSpanId !== undefined && { parentSpanId }),
        name,
        kind,
        startTimeUnixNano: nanoseconds(startedAt),
        endTimeUnixNano: nanoseconds(performance.timeOrigin + performance.now()),
        attributes: listOf(known),
        status,
      });
    }
  }

  #keep(service: string, span: unknown): void {
    if (this.#count >= MAX_WAITING) return;
    this.#count++;
    const own = this.#waiting.get(service);
    if (own === undefined) this.#waiting.set(service, [span]);
    else own.push(span);
    if (this.#count % MAX_BATCH === 0) void this.flush();
  }

  /** Sends what waits. What cannot be sent is lost, as with any exporter whose server is away. */
  async flush(): Promise<void> {
    if (this.#count === 0 || this.#send === undefined) return;
    const resourceSpans = [...this.#waiting].map(([service, spans]) => ({
      resource: { attributes: listOf({ "service.name": service }) },
      scopeSpans: [{ scope: { name: "fleetlight-demo" }, spans }],
    }));
    this.#waiting.clear();
    this.#count = 0;
    await this.#send(JSON.stringify({ resourceSpans })).catch(() => {});
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }
}

/** What OpenTelemetry's conventions for generative AI call an agent at work. */
export const agentWork = (service: string, agent: string): Start => ({
  service,
  name: `invoke_agent ${agent}`,
  attributes: { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": agent },
});

/** A message as the conventions for generative AI have it, in a list of its own. */
export const messageOf = (role: "user" | "assistant", content: string): string =>
  JSON.stringify([{ role, parts: [{ type: "text", content }] }]);

export const toolCall = (service: string, tool: string): Start => ({
  service,
  name: `execute_tool ${tool}`,
  attributes: { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool },
});

export const modelCall = (service: string, model: string): Start => ({
  service,
  name: `chat ${model}`,
  kind: KIND.client,
  attributes: {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "fleetlight-demo",
    "gen_ai.request.model": model,
  },
});
