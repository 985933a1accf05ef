import type { IncomingMessage, ServerResponse } from "node:http";

import { collectProcessMetrics, createRegistry } from "../metrics/index.ts";
import type { Counter, Histogram, Registry } from "../metrics/index.ts";

/** One answered request; `status` is the HTTP status, `endpoint` the route's pattern rather than the path asked for. */
export type RequestRecord = {
  method: string;
  endpoint: string;
  status: number;
  durationSeconds?: number;
};

export type CollectorNames = {
  requests: string;
  errors: string;
  duration: string;
};

export type CollectorOptions = {
  /** Name of the service; the `component` of its errors unless `component` is given. */
  service: string;
  component?: string;
  /** Put before the names below; `agent_lightning_` when left out. */
  prefix?: string;
  /** Names without the prefix: `requests_total`, `errors_total`, `request_duration_seconds` when left out. */
  names?: Partial<CollectorNames>;
  /** Labels of every series. A scraper adds `job` and `instance` itself. */
  defaultLabels?: Readonly<Record<string, string>>;
  /** Upper bounds of the duration histogram, in seconds. */
  buckets?: readonly number[];
  /** Leaves `process_*` and `nodejs_*` out when false. */
  processMetrics?: boolean;
  /** Adds the request metrics to this registry instead of a new one; `prefix` and `defaultLabels` are then its own. */
  registry?: Registry;
  /** Milliseconds; the monotonic clock when left out. */
  now?: () => number;
};

export type MetricsCollector = {
  readonly registry: Registry;
  /** Counts a request, its duration, and an error when the status is 5xx. */
  recordRequest(request: RequestRecord): void;
  /** Counts an error that is no request, e.g. of a background job. */
  recordError(error: { errorType: string; component?: string }): void;
  /** Records `request` under `endpoint` when its response is finished or its connection breaks (status 499). */
  track(request: IncomingMessage, response: ServerResponse, endpoint: string): void;
  /** Answers a scrape. Bind it to `/metrics` of any node:http server. */
  handler(request: IncomingMessage, response: ServerResponse): void;
  /** Stops the process observers. */
  stop(): void;
};

const METHODS = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
  "TRACE",
  "CONNECT",
]);

/** A method is the client's text: anything unknown becomes one series, not one each. */
const methodLabel = (method: string): string => {
  const upper = method.toUpperCase();
  return METHODS.has(upper) ? upper : "OTHER";
};

const statusLabel = (status: number): string =>
  Number.isInteger(status) && status >= 100 && status <= 599 ? String(status) : "unknown";

/** Status recorded for a request whose client went away before the answer. */
const CLIENT_CLOSED = 499;

class Collector implements MetricsCollector {
  readonly registry: Registry;
  readonly #requests: Counter<"method" | "endpoint" | "status">;
  readonly #errors: Counter<"error_type" | "component">;
  readonly #duration: Histogram<"method" | "endpoint">;
  readonly #component: string;
  readonly #now: () => number;
  readonly #stop: () => void;

  constructor(options: CollectorOptions) {
    const prefix = options.prefix ?? "agent_lightning_";
    const defaultLabels = options.defaultLabels ?? {};
    this.registry = options.registry ?? createRegistry({ prefix, defaultLabels });
    this.#component = options.component ?? options.service;
    this.#now = options.now ?? (() => performance.now());
    this.#requests = this.registry.counter({
      name: options.names?.requests ?? "requests_total",
      help: "Requests answered.",
      labelNames: ["method", "endpoint", "status"],
    });
    this.#errors = this.registry.counter({
      name: options.names?.errors ?? "errors_total",
      help: "Errors, answers with a 5xx status included.",
      labelNames: ["error_type", "component"],
    });
    this.#duration = this.registry.histogram({
      name: options.names?.duration ?? "request_duration_seconds",
      help: "Time from a request to the end of its answer.",
      labelNames: ["method", "endpoint"],
      ...(options.buckets === undefined ? {} : { buckets: options.buckets }),
    });
    this.#stop =
      options.processMetrics === false ? () => {} : collectProcessMetrics(this.registry).stop;
  }

  recordRequest({ method, endpoint, status, durationSeconds }: RequestRecord): void {
    const label = methodLabel(method);
    this.#requests.inc({ method: label, endpoint, status: statusLabel(status) });
    if (durationSeconds !== undefined) {
      this.#duration.observe({ method: label, endpoint }, durationSeconds);
    }
    if (status >= 500 && status <= 599) this.recordError({ errorType: `http_${status}` });
  }

  recordError({ errorType, component }: { errorType: string; component?: string }): void {
    this.#errors.inc({ error_type: errorType, component: component ?? this.#component });
  }

  track(request: IncomingMessage, response: ServerResponse, endpoint: string): void {
    const start = this.#now();
    response.once("close", () => {
      this.recordRequest({
        method: request.method ?? "GET",
        endpoint,
        status: response.writableFinished ? response.statusCode : CLIENT_CLOSED,
        durationSeconds: (this.#now() - start) / 1000,
      });
    });
  }

  handler(request: IncomingMessage, response: ServerResponse): void {
    const method = request.method ?? "GET";
    if (method !== "GET" && method !== "HEAD") {
      response.writeHead(405, { allow: "GET, HEAD" }).end();
      return;
    }
    const { format, contentType } = this.registry.contentType(request.headers.accept);
    const body = Buffer.from(this.registry.expose(format));
    response.writeHead(200, { "content-type": contentType, "content-length": body.length });
    response.end(method === "HEAD" ? undefined : body);
  }

  stop(): void {
    this.#stop();
  }
}

/**
 * The metrics of a service: `agent_lightning_requests_total{method,endpoint,status}`,
 * `agent_lightning_errors_total{error_type,component}`, `agent_lightning_request_duration_seconds{method,endpoint}` and the
 * process metrics. Its own metrics go into `registry`.
 * @throws MetricError when a configured name breaks the conventions of Prometheus. Nothing else throws.
 */
export function createMetricsCollector(options: CollectorOptions): MetricsCollector {
  return new Collector(options);
}
