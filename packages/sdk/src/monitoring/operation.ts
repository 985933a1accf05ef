import { ATTRIBUTES } from "../attributes.ts";
import { describeError, inject, STATUS, textOf } from "../tracing/index.ts";
import type { Attributes, AttributeValue, Carrier, Context, Span } from "../tracing/index.ts";

/** What a model was paid for. Write it where no instrumentation of the model's client does. */
export type Usage = {
  model?: string;
  provider?: string;
  inputTokens?: number;
  outputTokens?: number;
  /** Part of the input that came from a cache. */
  cachedTokens?: number;
  /** Part of the output that nobody reads. */
  reasoningTokens?: number;
  costUsd?: number;
};

export type Outcome = {
  /** True when left out, unless there is an error. */
  success?: boolean;
  error?: unknown;
};

/** Names and ids are labels of series at the server: longer ones are cut. */
const MAX_NAME_CHARACTERS = 256;

export const nameOf = (value: unknown): string => textOf(value, MAX_NAME_CHARACTERS);

/** Work that goes on. Nothing that is called on it throws. */
export class Operation {
  readonly context: Context;
  readonly #span: Span;

  constructor(span: Span, context: Context) {
    this.#span = span;
    this.context = context;
  }

  get traceId(): string {
    return this.#span.spanContext().traceId;
  }

  get spanId(): string {
    return this.#span.spanContext().spanId;
  }

  set(name: string, value: AttributeValue): this {
    this.#span.setAttribute(name, value);
    return this;
  }

  event(name: string, attributes: Attributes = {}): this {
    this.#span.addEvent(name, attributes);
    return this;
  }

  usage(usage: Usage): this {
    if (typeof usage !== "object" || usage === null) return this;
    const { model, provider, inputTokens, outputTokens, cachedTokens, reasoningTokens } = usage;
    const attributes: Record<string, AttributeValue | undefined> = {
      "gen_ai.request.model": model,
      "gen_ai.provider.name": provider,
      "gen_ai.usage.input_tokens": inputTokens,
      "gen_ai.usage.output_tokens": outputTokens,
      "gen_ai.usage.cache_read.input_tokens": cachedTokens,
      "gen_ai.usage.reasoning.output_tokens": reasoningTokens,
      [ATTRIBUTES.cost]: usage.costUsd,
    };
    for (const name in attributes) {
      const value = attributes[name];
      if (value !== undefined) this.#span.setAttribute(name, value);
    }
    return this;
  }

  /** Of the result, 0 to 1; what is outside is taken to the nearer end. */
  quality(score: number): this {
    if (!Number.isFinite(score)) return this;
    return this.set(ATTRIBUTES.quality, Math.min(1, Math.max(0, score)));
  }

  reads(resource: string): this {
    return this.set(ATTRIBUTES.resource, nameOf(resource)).set(ATTRIBUTES.resourceAccess, "read");
  }

  writes(resource: string): this {
    return this.set(ATTRIBUTES.resource, nameOf(resource)).set(ATTRIBUTES.resourceAccess, "write");
  }

  /** What the agent asserts: two values of one subject contradict one another. */
  claims(subject: string, value: string): this {
    return this.set(ATTRIBUTES.claimSubject, nameOf(subject)).set(
      ATTRIBUTES.claimValue,
      nameOf(value),
    );
  }

  /** Writes W3C's headers, so that whoever receives the carrier goes on in this trace. */
  inject<C extends Carrier>(carrier: C): C {
    inject(this.context, carrier);
    return carrier;
  }

  rename(name: string): this {
    this.#span.updateName(name);
    return this;
  }

  /** A failure without an error, by its kind. */
  failWith(type: string): this {
    this.#span.setAttribute("error.type", type);
    this.#span.setStatus({ code: STATUS.error });
    return this;
  }

  fail(error: unknown): this {
    const { type, message } = describeError(error);
    if (type !== "") this.#span.setAttribute("error.type", type);
    this.#span.recordException(error instanceof Error ? error : message);
    this.#span.setStatus({ code: STATUS.error, message });
    return this;
  }

  /** Ends it with the attribute that says how it went. */
  complete(outcome: Outcome, time?: number): void {
    try {
      const { error, success = error === undefined } = outcome ?? {};
      if (error !== undefined) this.fail(error);
      else if (!success) this.#span.setStatus({ code: STATUS.error });
      this.#span.setAttribute(ATTRIBUTES.success, Boolean(success));
    } finally {
      this.#span.end(time);
    }
  }

  end(time?: number): void {
    this.#span.end(time);
  }
}

export const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof value === "object" &&
  value !== null &&
  "then" in value &&
  typeof (value as { then: unknown }).then === "function";
