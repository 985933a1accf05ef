import { hostname } from "node:os";

import type { AgentPerformance } from "@fleetlight/contract";

import { FleetlightError } from "../client/index.ts";
import type { CheckpointQuestion, FleetlightClient, Hours, Registered } from "../client/index.ts";
import { createFleetlightClient } from "../client/node.ts";
import { askBy } from "../http/ask.ts";
import type { Ask } from "../http/ask.ts";
import { askBySockets } from "../http/sockets.ts";
import { VERSION } from "../version.ts";
import { createMetricsCollector } from "../collector/index.ts";
import type { MetricsCollector } from "../collector/index.ts";
import { CustomMetrics } from "../metrics/index.ts";
import type { Registry } from "../metrics/index.ts";
import {
  baggageOf,
  createClock,
  createTransport,
  extract,
  inject,
  KIND,
  newSpanId,
  OTLP_TYPE,
  ROOT,
  spanOf,
  Tracing,
  withBaggage,
  withSpan,
} from "../tracing/index.ts";
import type {
  Attributes,
  Baggage,
  Carrier,
  Context,
  OpenTelemetryApi,
  SpanProcessor,
} from "../tracing/index.ts";
import { Checkpoints } from "./checkpoint.ts";
import type { CheckpointAnswer, CheckpointOptions } from "./checkpoint.ts";
import { Components } from "./components.ts";
import type { ComponentCheck, ComponentResult } from "./components.ts";
import { dashboardOf } from "./dashboard.ts";
import type { Dashboard } from "./dashboard.ts";
import { checksOf } from "./dependencies.ts";
import { onExit, sendAtExit } from "./exit.ts";
import { Operation } from "./operation.ts";
import { serviceOf } from "./options.ts";
import type { MonitoringOptions, Service } from "./options.ts";
import { exposeStats } from "./own-metrics.ts";
import { Pages } from "./pages.ts";
import { MetricsPusher } from "./push.ts";
import { Recorder } from "./recorder.ts";
import { onSignals } from "./signals.ts";
import type { MonitoringStats } from "./stats.ts";
import { judge } from "./system-health.ts";
import type { SystemHealth } from "./system-health.ts";
import { Validator } from "./validate.ts";
import type { Validation } from "./validate.ts";
import { Work } from "./work.ts";

const DEFAULT_EXIT_MS = 2000;
const DEFAULT_FLUSH_MS = 5000;
const DEFAULT_VALIDATION_MS = 5000;
const DEFAULT_MAX_QUEUED = 8192;
const DEFAULT_TIMEOUT_MS = 5000;

function resourceOf(service: Service, more: Attributes | undefined): Attributes {
  return {
    "service.name": service.name,
    "service.instance.id": service.id,
    "service.version": service.version,
    "host.name": hostname(),
    "process.pid": process.pid,
    "process.runtime.name": "nodejs",
    "process.runtime.version": process.versions.node,
    "telemetry.sdk.name": "fleetlight",
    "telemetry.sdk.language": "nodejs",
    "telemetry.sdk.version": VERSION,
    ...more,
  };
}

const refusedSpans = (status: number): FleetlightError =>
  new FleetlightError("spans_refused", `the server refused spans: ${status}`, status);

/**
 * What an agent's process has to say and to ask. Whatever records (`start…`, `complete…`, `record…`, `trace…`, `waitFor`)
 * neither throws nor waits for the network, and a function that it is given runs exactly once, with its answer and its
 * error unchanged. What asks the server (`get…`) rejects with FleetlightError.
 */
export class Monitoring extends Work {
  readonly client: FleetlightClient;
  readonly collector: MetricsCollector;
  /** Metrics that are defined by data and recorded by name. */
  readonly metrics: CustomMetrics;
  /** What a mounted server answers at `/metrics` and `/health`. */
  readonly pages: Pages;
  readonly service: Service;
  readonly #options: MonitoringOptions;
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #ask: Ask;
  readonly #tracing: Tracing;
  readonly #recorder: Recorder;
  readonly #checkpoints: Checkpoints;
  readonly #components: Components;
  readonly #pusher: MetricsPusher | null;
  readonly #registered: Registered | null;
  readonly #nowMs: () => number;
  readonly #removeExitHooks: () => void;
  #shutdown: Promise<boolean> | null = null;
  #triedAtExit = false;

  constructor(options: MonitoringOptions) {
    const nowMs = createClock();
    const service = serviceOf(options.service);
    const client = createFleetlightClient(options);
    const { origin, pathname } = new URL(options.url);
    const url = (origin + pathname).replace(/\/+$/, "");
    const headers: Record<string, string> = {};
    if (options.token !== undefined) headers["authorization"] = `Bearer ${options.token}`;
    if (options.tenant !== undefined) headers["x-scope-orgid"] = options.tenant;
    const { fetch } = options;
    const asking = (background: boolean): Ask =>
      fetch === undefined ? askBySockets({ background }) : askBy(fetch);
    const send = createTransport({
      url: `${url}/v1/traces`,
      headers,
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      ask: asking(true),
      nowMs,
      onRefused: (status) => recorder.attempt(() => options.onError?.(refusedSpans(status))),
    });
    const resource = resourceOf(service, options.resource);
    const tracing = new Tracing({ ...options.tracing, send, resource, nowMs });
    const recorder = new Recorder(tracing, options.enabled !== false);
    super({
      recorder,
      nowMs,
      newId: () => newSpanId().text,
      enter: ({ context }, fn) => tracing.with(context, fn),
    });
    this.#options = options;
    this.#nowMs = nowMs;
    this.#url = url;
    this.#headers = headers;
    this.#ask = asking(false);
    this.#tracing = tracing;
    this.#recorder = recorder;
    this.service = service;
    this.client = client;
    // What may throw comes before what has to be stopped.
    const checks = { ...this.#dependencyChecks(), ...options.components };
    const removeSignals = onSignals(options.exitSignals ?? [], () => this.shutdown());
    this.collector = createMetricsCollector({ ...options.metrics, service: service.id });
    this.metrics = new CustomMetrics(this.registry);
    this.#components = new Components({
      checks,
      registry: this.collector.registry,
      intervalMs: options.componentsIntervalMs,
      timeoutMs: options.componentsTimeoutMs,
    });
    this.pages = new Pages({
      service: service.name,
      collector: this.collector,
      components: this.#components,
      metricsToken: options.metricsToken,
    });
    this.#checkpoints = new Checkpoints(client.checkpoint, options.checkpoints ?? {}, nowMs);
    this.#pusher = this.#createPusher();
    this.#registered = this.#register();
    exposeStats(this.registry, () => this.stats());
    this.#components.start();
    const removeHooks = onExit({
      beforeExit: () => this.#beforeExit(),
      exit: () => this.#atExit(),
    });
    this.#removeExitHooks = () => {
      removeSignals();
      removeHooks();
    };
  }

  /** Custom metrics; they stand beside those of requests and of the process. */
  get registry(): Registry {
    return this.collector.registry;
  }

  /**
   * How the agent fares: throughput, success, quality, cost. Of the last hour when nothing else is said. Null when the
   * server does not answer, or does not know the agent; `onError` is told why. Never rejects.
   */
  async getAgentPerformance(agent: string, range?: Hours): Promise<AgentPerformance | null> {
    try {
      return await this.client.agentPerformance(agent, range);
    } catch (error) {
      this.#recorder.attempt(() => this.#options.onError?.(error as Error));
      return null;
    }
  }

  /** The fleet at a glance. Never rejects. */
  getDashboard(): Promise<Dashboard> {
    const { client } = this;
    return dashboardOf({ overview: client.overview(), agents: client.agents() }, this.#nowMs);
  }

  /** What the server, the components of this process and the SDK say, with what to do about it. Never rejects. */
  async getSystemHealth(): Promise<SystemHealth> {
    await this.#components.checkAll();
    const startMs = this.#nowMs();
    const { health, error } = await this.client.health().then(
      (found) => ({ health: found, error: null }),
      (thrown: unknown) => ({ health: null, error: thrown }),
    );
    const asked = { health, error, startMs, endMs: this.#nowMs() };
    return judge(asked, this.#components.results(), this.stats());
  }

  /** Sends a span and a metric, asks the server for both, and compares. Never rejects. */
  validateIntegration({ timeoutMs = DEFAULT_VALIDATION_MS } = {}): Promise<Validation> {
    const ways = {
      client: this.client,
      serviceName: this.service.name,
      serviceId: this.#registered === null ? null : this.service.id,
      sendSpan: (attribute: { name: string; value: string }) => {
        const span = this.#tracing.start(
          "fleetlight validation",
          { kind: KIND.internal, attributes: { [attribute.name]: attribute.value } },
          ROOT,
        );
        span.end();
        return span.spanContext();
      },
      flush: (ms: number) => this.flush({ timeoutMs: ms }),
      isHosted: () => this.#tracing.stats().hosted,
      refused: () => this.#tracing.stats().dropped.refused,
      push: this.#pushWays(),
      newId: () => newSpanId().text,
      nowMs: this.#nowMs,
    };
    return new Validator(ways, timeoutMs).run();
  }

  /**
   * Whether the work may go on, by the budgets of whoever does it and by stops: call it in each turn of an agent's loop.
   * What is left out of the question is taken from the work around it. A server that is away never stops anything.
   * @throws BudgetExceeded when it may not, unless `onStop` is `return`. Nothing else.
   */
  async checkpoint(
    question: CheckpointQuestion = {},
    options: CheckpointOptions = {},
  ): Promise<CheckpointAnswer> {
    if (this.#options.enabled === false) {
      return { continue: true, reasons: [], budgets: [], asked: false };
    }
    const { agent, conversation, user, workflow } = this.#recorder.around();
    const around = { agent, conversation, user, workflow, trace_id: this.traceId() ?? "" };
    const given = this.#recorder.attempt(() => ({ ...question }));
    return this.#checkpoints.check({ ...around, ...given }, options);
  }

  /** A sign of life, beside those that are sent by themselves; false when the server did not take it. Never rejects. */
  async heartbeat(): Promise<boolean> {
    return this.client.heartbeat(this.service.id).then(
      () => true,
      () => false,
    );
  }

  /** Looks at a component now; undefined when there is none of that name. */
  checkComponent(name: string): Promise<ComponentResult | undefined> {
    return this.#components.check(name);
  }

  /** Id of the trace that the current work belongs to; null outside of any. */
  traceId(): string | null {
    return spanOf(this.#tracing.active())?.spanContext().traceId ?? null;
  }

  /** Writes `traceparent`, `tracestate` and `baggage` of the current work into headers or `_meta`, and answers these. */
  inject<C extends Carrier>(carrier: C): C {
    this.#recorder.attempt(() => inject(this.#tracing.active(), carrier));
    return carrier;
  }

  /** Runs `fn` in the trace that a carrier brings; in the current one when it brings none. */
  continueFrom<T>(carrier: Carrier | null | undefined, fn: () => T): T {
    return this.runIn(this.contextOf(carrier), fn);
  }

  /** The context that a carrier brings, for adapters of frameworks. */
  contextOf(carrier: Carrier | null | undefined): Context {
    const active = this.#tracing.active();
    if (typeof carrier !== "object" || carrier === null) return active;
    return this.#recorder.attempt(() => extract(carrier, active)) ?? active;
  }

  runIn<T>(context: Context, fn: () => T): T {
    return this.#tracing.with(context, fn);
  }

  /** Values that travel along with the trace. */
  baggage(): Baggage {
    return baggageOf(this.#tracing.active());
  }

  /** Runs `fn` with more of them. */
  withBaggage<T>(baggage: Baggage, fn: () => T): T {
    const active = this.#tracing.active();
    const more = typeof baggage === "object" ? baggage : {};
    const context =
      this.#recorder.attempt(() => withBaggage(active, { ...baggageOf(active), ...more })) ??
      active;
    return this.runIn(context, fn);
  }

  /** Begins the span of a request that this process answers. */
  startRequest(name: string, context: Context, attributes: Attributes): Operation {
    const span = this.#tracing.start(name, { kind: KIND.server, attributes }, context);
    return new Operation(span, withSpan(context, span));
  }

  /** Makes our tracer provider that of the process, for instrumentations; false when there is one already. */
  shareTracing(api: OpenTelemetryApi): boolean {
    return this.#tracing.share(api);
  }

  /** For the host's own tracer provider: sends its spans to Fleetlight. */
  spanProcessor(): SpanProcessor {
    return this.#tracing.spanProcessor();
  }

  stats(): MonitoringStats {
    const { tracing = {} } = this.#options;
    return {
      spans: {
        ...this.#tracing.stats(),
        maxQueued: tracing.maxQueuedSpans ?? DEFAULT_MAX_QUEUED,
      },
      work: { open: this.#recorder.openCount, ...this.#recorder.counts },
      metrics: {
        pushed: this.#pusher?.pushed ?? 0,
        pushesFailed: this.#pusher?.failed ?? 0,
        warnings: this.registry.warnings,
      },
      checkpoints: { unanswered: this.#checkpoints.unanswered },
      registered: this.#registered?.registered ?? null,
    };
  }

  /** Sends what waits; false when it could not in time. Never rejects. */
  async flush({ timeoutMs = DEFAULT_FLUSH_MS } = {}): Promise<boolean> {
    const [sent] = await Promise.all([
      this.#tracing.exporter.flush(timeoutMs),
      this.#pusher?.push() ?? true,
    ]);
    return sent;
  }

  /** Sends what waits, and ends everything. Nothing is recorded afterwards. Never rejects. */
  shutdown({
    timeoutMs = this.#options.exitTimeoutMs ?? DEFAULT_EXIT_MS,
    deregister = true,
  } = {}): Promise<boolean> {
    this.#shutdown ??= this.#end(timeoutMs, deregister);
    return this.#shutdown;
  }

  async #end(timeoutMs: number, deregister: boolean): Promise<boolean> {
    this.#removeExitHooks();
    this.#components.stop();
    this.collector.stop();
    this.#tracing.exporter.stop();
    const rest = Promise.all([this.#registered?.stop({ deregister }), this.#pusher?.stop()]);
    const late = new Promise((resolve) => setTimeout(resolve, timeoutMs).unref());
    const [sent] = await Promise.all([
      this.#tracing.exporter.flush(timeoutMs),
      Promise.race([rest, late]),
    ]);
    return sent;
  }

  /** Once: a server that is away must not hold up the end for ever. */
  async #beforeExit(): Promise<void> {
    if (this.#triedAtExit) return;
    this.#triedAtExit = true;
    await this.flush({ timeoutMs: this.#options.exitTimeoutMs ?? DEFAULT_EXIT_MS });
  }

  #atExit(): void {
    if (this.#triedAtExit || this.#options.fetch !== undefined) return;
    const timeoutMs = this.#options.exitTimeoutMs ?? DEFAULT_EXIT_MS;
    const { exporter } = this.#tracing;
    sendAtExit(exporter.rest(), {
      url: `${this.#url}/v1/traces`,
      headers: { ...this.#headers, "content-type": OTLP_TYPE },
      timeoutMs,
    });
  }

  #register(): Registered | null {
    const { enabled, register, heartbeatIntervalMs, onError } = this.#options;
    if (enabled === false || register === false) return null;
    const { id, name, type, url, labels } = this.service;
    // Without an address there is nothing to ask: heartbeats say that it lives.
    const silent = { check: { mode: "heartbeat" as const }, scrape: { enabled: false } };
    const registration = { id, name, type, labels, url: url ?? `http://${hostname()}` };
    return this.client.keepRegistered(
      url === undefined ? { ...registration, ...silent } : registration,
      {
        ...(heartbeatIntervalMs === undefined ? {} : { heartbeatIntervalMs }),
        ...(onError === undefined ? {} : { onError }),
      },
    );
  }

  #dependencyChecks(): Record<string, ComponentCheck> {
    const { dependencies = {}, componentsTimeoutMs = DEFAULT_TIMEOUT_MS } = this.#options;
    return checksOf(dependencies, this.#ask, componentsTimeoutMs);
  }

  #pushWays(): { url: string; headers: Record<string, string>; ask: Ask } {
    return { url: this.#url, headers: this.#headers, ask: this.#ask };
  }

  #createPusher(): MetricsPusher | null {
    const { enabled, pushIntervalMs, timeoutMs = DEFAULT_TIMEOUT_MS } = this.#options;
    if (enabled === false || pushIntervalMs === undefined) return null;
    const pusher = new MetricsPusher({
      ...this.#pushWays(),
      job: this.service.name,
      instance: this.service.id,
      registry: this.registry,
      intervalMs: pushIntervalMs,
      timeoutMs,
    });
    pusher.start();
    return pusher;
  }
}

/**
 * Monitoring of an agent's process: it begins at once, in the background, and ends with `shutdown`.
 * @throws TypeError when `url` or the address of a dependency is none, MetricError when a configured name of a metric is invalid, Error when a
 * signal cannot be listened to. These are mistakes in the program's configuration; nothing throws afterwards.
 */
export function createMonitoring(options: MonitoringOptions): Monitoring {
  return new Monitoring(options);
}
