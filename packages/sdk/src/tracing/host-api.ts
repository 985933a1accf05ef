import type { Context } from "./context.ts";
import type { Attributes, Span, SpanLink, TimeInput } from "./span.ts";

export type SpanOptions = {
  kind?: number;
  attributes?: Attributes;
  links?: SpanLink[];
  startTime?: TimeInput;
  root?: boolean;
};

/** OpenTelemetry's `Tracer`, as far as it is used here. */
export type Tracer = { startSpan(name: string, options?: SpanOptions, context?: Context): Span };
export type TracerProvider = { getTracer(name: string, version?: string): Tracer };
type ContextManager = {
  active(): Context;
  with<A extends unknown[], T>(
    context: Context,
    fn: (...args: A) => T,
    self: unknown,
    ...args: A
  ): T;
};
type Delegating = TracerProvider & { getDelegate?: () => unknown };

/**
 * Where `@opentelemetry/api` 1.x keeps what a process has registered, in whichever copy of it: that is how copies find one
 * another. Looking there needs no import, works in bundles, and sees a provider that is registered later.
 */
const REGISTERED = Symbol.for("opentelemetry.js.api.1");

type Registered = { trace?: Delegating; context?: ContextManager };

let found: Registered | undefined;

/** The API makes one object, and keeps it: what is registered and taken back are its fields. */
const registered = (): Registered | undefined =>
  (found ??= (globalThis as unknown as Record<symbol, Registered | undefined>)[REGISTERED]);

/** The tracer provider of the process, when there is one; `ours` is told apart from it. */
export function hostProvider(ours: unknown): TracerProvider | null {
  const provider = registered()?.trace;
  if (provider === undefined) return null;
  return provider === ours || provider.getDelegate?.() === ours ? null : provider;
}

/** The context manager of the process, when there is one. */
export const hostContexts = (): ContextManager | null => registered()?.context ?? null;
