import { contextManager, ownContexts, ROOT, spanOf, withSpan } from "./context.ts";
import type { Context } from "./context.ts";
import { SpanExporter } from "./exporter.ts";
import type { ExporterOptions, ExporterStats } from "./exporter.ts";
import { hostContexts, hostProvider } from "./host-api.ts";
import type { SpanOptions, Tracer, TracerProvider } from "./host-api.ts";
import { idOf, newTraceId } from "./ids.ts";
import { propagator } from "./propagation.ts";
import { LightSpan, MAX_ATTRIBUTES } from "./span.ts";
import type { Line, Losses, Span, SpanOwner } from "./span.ts";
import { createSpanProcessor } from "./span-processor.ts";
import type { SpanProcessor } from "./span-processor.ts";

const SCOPE = "@fleetlight/sdk";

export type TracingOptions = ExporterOptions & {
  /** Share of new traces that is recorded, 0 to 1; a trace that comes from elsewhere is recorded when its sender says so. */
  sampleRatio?: number | undefined;
};

export type TracingStats = ExporterStats & {
  /** Parts of spans that did not fit in. */
  cut: Losses;
  /** Whether spans go to the tracer provider that the process has registered; then all other figures stay as they are. */
  hosted: boolean;
};

/** `trace`, `context` and `propagation` of `@opentelemetry/api`. */
export type OpenTelemetryApi = {
  trace: { setGlobalTracerProvider(provider: never): boolean };
  context: { setGlobalContextManager(manager: never): boolean };
  propagation: { setGlobalPropagator(propagator: never): boolean };
};

/** What others give us stays theirs, and is as much as fits into a span. */
function copied(options: SpanOptions): SpanOptions {
  const entries = Object.entries(options.attributes ?? {}).slice(0, MAX_ATTRIBUTES);
  return { ...options, attributes: Object.fromEntries(entries) };
}

/** Spans of this process: through the provider that it has registered with OpenTelemetry's API, else through our own. */
export class Tracing {
  readonly exporter: SpanExporter;
  readonly #owner: SpanOwner;
  readonly #losses: Losses = { attributes: 0, events: 0, links: 0 };
  readonly #sampleRatio: number;
  readonly #provider: TracerProvider;
  readonly #ownTracer: Tracer;
  #hostTracer: { provider: TracerProvider; tracer: Tracer } | null = null;

  constructor(options: TracingOptions) {
    this.exporter = new SpanExporter(options);
    this.#owner = { sink: this.exporter, losses: this.#losses, nowMs: options.nowMs };
    this.#sampleRatio = options.sampleRatio ?? 1;
    this.#provider = { getTracer: (name) => this.#tracer(name) };
    this.#ownTracer = {
      startSpan: (name, options = {}, context = ROOT) =>
        this.#startOwn(SCOPE, name, options, context),
    };
  }

  /** The attributes that are given become the span's own. */
  start(name: string, options: SpanOptions, context: Context): Span {
    return this.#currentTracer().startSpan(name, options, context);
  }

  active(): Context {
    return (hostContexts() ?? ownContexts).active();
  }

  with<A extends unknown[], T>(context: Context, fn: (...args: A) => T, ...args: A): T {
    const host = hostContexts();
    return host === null
      ? ownContexts.with(context, fn, ...args)
      : host.with(context, fn, undefined, ...args);
  }

  /** Makes ours the provider of the process, so that the spans of instrumentations come along; false when it has one. */
  share(api: OpenTelemetryApi): boolean {
    const shared = api.trace.setGlobalTracerProvider(this.#provider as never);
    if (shared) {
      api.context.setGlobalContextManager(contextManager as never);
      api.propagation.setGlobalPropagator(propagator as never);
    }
    return shared;
  }

  /** For a provider of the host's own: it sends to Fleetlight what that provider records. */
  spanProcessor(): SpanProcessor {
    return createSpanProcessor(this.exporter);
  }

  stats(): TracingStats {
    return {
      ...this.exporter.stats(),
      cut: { ...this.#losses },
      hosted: hostProvider(this.#provider) !== null,
    };
  }

  #currentTracer(): Tracer {
    const provider = hostProvider(this.#provider);
    if (provider === null) return this.#ownTracer;
    if (this.#hostTracer?.provider !== provider) {
      this.#hostTracer = { provider, tracer: provider.getTracer(SCOPE) };
    }
    return this.#hostTracer.tracer;
  }

  #tracer(scope: string): Tracer & { startActiveSpan: (...args: unknown[]) => unknown } {
    const startSpan: Tracer["startSpan"] = (name, options = {}, context = this.active()) =>
      this.#startOwn(scope, name, copied(options), context);
    return {
      startSpan,
      startActiveSpan: (name, ...rest) => {
        const fn = rest.pop() as (span: Span) => unknown;
        const [options, given] = rest as [SpanOptions?, Context?];
        const context = given ?? this.active();
        const span = startSpan(String(name), options, context);
        return this.with(withSpan(context, span), () => fn(span));
      },
    };
  }

  #startOwn(scope: string, name: string, options: SpanOptions, context: Context): Span {
    const above = options.root === true ? undefined : spanOf(context);
    const span = new LightSpan(this.#owner, this.#lineOf(above), scope, name, options);
    if (options.links !== undefined) span.addLinks(options.links);
    return span;
  }

  /** Ours say without an object in between what they are. */
  #lineOf(above: Span | undefined): Line {
    if (above instanceof LightSpan) return above;
    if (above === undefined) {
      const recording = this.#sampleRatio >= 1 || Math.random() < this.#sampleRatio;
      return { trace: newTraceId(), own: null, traceState: "", recording };
    }
    const { traceId, spanId, traceFlags, traceState } = above.spanContext();
    return {
      trace: idOf(traceId),
      own: idOf(spanId),
      traceState: traceState?.serialize() ?? "",
      recording: (traceFlags & 1) === 1,
    };
  }
}
