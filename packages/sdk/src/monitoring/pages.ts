import type { MetricsCollector } from "../collector/index.ts";
import type { ComponentResult, Components } from "./components.ts";

/** An answer that a framework's adapter sends. */
export type Page = { status: number; contentType: string; body: string };

export type PagesOptions = {
  service: string;
  collector: MetricsCollector;
  components: Components;
  /** Asked for as a bearer token at `/metrics`. */
  metricsToken?: string | undefined;
  now?: () => number;
};

const json = (status: number, body: unknown): Page => ({
  status,
  contentType: "application/json",
  body: JSON.stringify(body),
});

/** Compares without telling by its time how much was right. */
function isSame(given: string, wanted: string): boolean {
  let difference = given.length ^ wanted.length;
  for (let at = 0; at < wanted.length; at++) {
    difference |= (given.charCodeAt(at) || 0) ^ wanted.charCodeAt(at);
  }
  return difference === 0;
}

const summaryOf = (results: readonly ComponentResult[]): Record<string, number> => ({
  total_components: results.length,
  healthy: results.filter(({ status }) => status === "healthy").length,
  degraded: results.filter(({ status }) => status === "degraded").length,
  unhealthy: results.filter(({ status }) => status === "unhealthy").length,
});

/** `/metrics`, `/health` and what is below it, for any HTTP server. */
export class Pages {
  readonly #options: PagesOptions;
  readonly #now: () => number;

  constructor(options: PagesOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** Null when the path is none of ours. Never throws. */
  async answer(
    method: string,
    path: string,
    headers: { accept?: string | undefined; authorization?: string | undefined },
  ): Promise<Page | null> {
    const clean = path.length > 1 ? path.replace(/\/$/, "") : path;
    if (method !== "GET" && method !== "HEAD") {
      return method === "POST" && clean === "/health/check" ? this.#check() : null;
    }
    if (clean === "/metrics") return this.#metrics(headers);
    if (clean === "/health") return this.#health();
    if (clean === "/health/live") {
      return json(200, {
        status: "alive",
        timestamp: this.#time(),
        service: this.#options.service,
      });
    }
    if (clean === "/health/ready") return this.#ready();
    const name = /^\/health\/(?:components|dependencies)\/([^/]+)$/.exec(clean)?.[1];
    return name === undefined ? null : this.#component(name);
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
  }

  #metrics(headers: { accept?: string | undefined; authorization?: string | undefined }): Page {
    const { metricsToken, collector } = this.#options;
    if (metricsToken !== undefined) {
      const given = /^Bearer +(.+)$/i.exec(headers.authorization ?? "")?.[1] ?? "";
      if (!isSame(given, metricsToken)) return json(401, { error: "a bearer token is needed" });
    }
    const { format, contentType } = collector.registry.contentType(headers.accept);
    return { status: 200, contentType, body: collector.registry.expose(format) };
  }

  #health(): Page {
    const { components, service } = this.#options;
    const { status } = components;
    const results = components.results();
    return json(status === "unhealthy" ? 503 : 200, {
      status,
      message: status === "healthy" ? "all components are healthy" : `the service is ${status}`,
      service,
      timestamp: this.#time(),
      components: results,
      summary: summaryOf(Object.values(results)),
    });
  }

  #ready(): Page {
    const { status } = this.#options.components;
    const ready = status !== "unhealthy";
    return json(ready ? 200 : 503, {
      status: ready ? "ready" : "not_ready",
      system_status: status,
      timestamp: this.#time(),
    });
  }

  #component(encoded: string): Page {
    let name = encoded;
    try {
      name = decodeURIComponent(encoded);
    } catch {
      // A percent sign that begins nothing names no component.
    }
    const results = this.#options.components.results();
    if (!Object.hasOwn(results, name)) return json(404, { error: "there is no such component" });
    const result = results[name] as ComponentResult;
    return json(result.status === "unhealthy" ? 503 : 200, { component: name, ...result });
  }

  async #check(): Promise<Page> {
    await this.#options.components.checkAll();
    return this.#health();
  }
}
