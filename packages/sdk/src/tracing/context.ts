import { AsyncLocalStorage } from "node:async_hooks";

import type { Span, SpanContext } from "./span.ts";

/** What travels along with work: OpenTelemetry's `Context`, and interchangeable with it. */
export type Context = {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): Context;
  deleteValue(key: symbol): Context;
};

/** OpenTelemetry's own keys: a context made here is understood by its API, and the other way round. */
const SPAN_KEY = Symbol.for("OpenTelemetry Context Key SPAN");

/** Further keys and values by turns, beyond the first one. */
const NO_PAIRS: readonly unknown[] = [];

/** A context is made for each piece of work and may live long: a span and one more value have fields of their own. */
class OwnContext implements Context {
  readonly span: Span | undefined;
  readonly #key: symbol | undefined;
  readonly #value: unknown;
  readonly #pairs: readonly unknown[];

  constructor(
    span: Span | undefined,
    key: symbol | undefined,
    value: unknown,
    pairs: readonly unknown[],
  ) {
    this.span = span;
    this.#key = key;
    this.#value = value;
    this.#pairs = pairs;
  }

  getValue(key: symbol): unknown {
    if (key === SPAN_KEY) return this.span;
    if (key === this.#key) return this.#value;
    const at = this.#pairs.indexOf(key);
    return at < 0 ? undefined : this.#pairs[at + 1];
  }

  setValue(key: symbol, value: unknown): Context {
    if (key === SPAN_KEY) {
      return new OwnContext(value as Span | undefined, this.#key, this.#value, this.#pairs);
    }
    if (this.#key === undefined || key === this.#key) {
      return value === this.#value ? this : new OwnContext(this.span, key, value, this.#pairs);
    }
    const at = this.#pairs.indexOf(key);
    const pairs = at < 0 ? [...this.#pairs, key, value] : this.#pairs.with(at + 1, value);
    return new OwnContext(this.span, this.#key, this.#value, pairs);
  }

  deleteValue(key: symbol): Context {
    return this.getValue(key) === undefined ? this : this.setValue(key, undefined);
  }
}

export const ROOT: Context = new OwnContext(undefined, undefined, undefined, NO_PAIRS);

const storage = new AsyncLocalStorage<Context>();

/** Our own memory of what is active, for processes in which nobody registered another one. */
export const ownContexts = {
  active: (): Context => storage.getStore() ?? ROOT,
  with: <A extends unknown[], T>(context: Context, fn: (...args: A) => T, ...args: A): T =>
    storage.run(context, fn, ...args),
};

/** The same as OpenTelemetry's API wants it: see `Tracing.share`. */
export const contextManager = {
  active: ownContexts.active,
  with<A extends unknown[], R>(
    context: Context,
    fn: (...args: A) => R,
    self?: unknown,
    ...args: A
  ): R {
    return storage.run(context, () => fn.apply(self, args));
  },
  bind<T>(context: Context, target: T): T {
    if (typeof target !== "function") return target;
    const bound = function (this: unknown, ...args: unknown[]): unknown {
      return storage.run(context, () => target.apply(this, args) as unknown);
    };
    return bound as T;
  },
  enable() {
    return contextManager;
  },
  disable() {
    return contextManager;
  },
};

export const spanOf = (context: Context): Span | undefined =>
  context instanceof OwnContext ? context.span : (context.getValue(SPAN_KEY) as Span | undefined);

export const withSpan = (context: Context, span: Span): Context => context.setValue(SPAN_KEY, span);

/** A span of another process: nothing but its ids. */
export function withRemote(context: Context, remote: SpanContext): Context {
  return withSpan(context, new RemoteSpan(remote));
}

class RemoteSpan implements Span {
  readonly #context: SpanContext;

  constructor(context: SpanContext) {
    this.#context = context;
  }

  spanContext(): SpanContext {
    return this.#context;
  }
  setAttribute(): this {
    return this;
  }
  setAttributes(): this {
    return this;
  }
  addEvent(): this {
    return this;
  }
  addLink(): this {
    return this;
  }
  addLinks(): this {
    return this;
  }
  setStatus(): this {
    return this;
  }
  updateName(): this {
    return this;
  }
  end(): void {}
  isRecording(): boolean {
    return false;
  }
  recordException(): void {}
}
