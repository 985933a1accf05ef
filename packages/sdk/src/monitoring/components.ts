import type { Gauge, Histogram, Registry } from "../metrics/index.ts";

export type ComponentStatus = "healthy" | "degraded" | "unhealthy";
export type ComponentReport = {
  status: ComponentStatus;
  message?: string;
  details?: Readonly<Record<string, unknown>>;
};
/** Looks at a part of the host: true, false, or more. What it throws is its failure. */
export type ComponentCheck = (
  signal: AbortSignal,
) => ComponentReport | boolean | Promise<ComponentReport | boolean>;

export type ComponentResult = {
  status: ComponentStatus;
  message: string;
  details: Readonly<Record<string, unknown>>;
  /** ISO 8601. */
  timestamp: string;
  response_time: number;
};

export type ComponentsOptions = {
  checks: Readonly<Record<string, ComponentCheck>>;
  registry: Registry;
  /** Milliseconds between checks; 30,000 when left out. */
  intervalMs?: number | undefined;
  /** Milliseconds for one check; 5,000 when left out. */
  timeoutMs?: number | undefined;
  now?: () => number;
};

const DEFAULT_INTERVAL_MS = 30_000;
const DEFAULT_TIMEOUT_MS = 5000;
const RANK: Record<ComponentStatus, number> = { unhealthy: 0, degraded: 1, healthy: 2 };

/** Health of the parts of a host, looked at in the background; what is asked for is answered from the latest results. */
export class Components {
  readonly #options: ComponentsOptions;
  readonly #results = new Map<string, ComponentResult>();
  readonly #running = new Map<string, Promise<ComponentResult>>();
  readonly #status: Gauge<"component">;
  readonly #duration: Histogram<"component">;
  readonly #now: () => number;
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(options: ComponentsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    const { registry } = options;
    this.#status = registry.gauge({
      name: "maos_component_health_status",
      help: "Health of a component: 0 unhealthy, 1 degraded, 2 healthy.",
      labelNames: ["component"],
      unprefixed: true,
    });
    this.#duration = registry.histogram({
      name: "maos_health_check_duration_seconds",
      help: "Time that checks of a component took.",
      labelNames: ["component"],
      unprefixed: true,
    });
    registry
      .gauge({
        name: "maos_system_health_status",
        help: "Health of all components together: that of the worst one.",
        unprefixed: true,
      })
      .collect((gauge) => gauge.set(RANK[this.status]));
  }

  get names(): string[] {
    return Object.keys(this.#options.checks);
  }

  /** That of the worst component; healthy while none has been looked at. */
  get status(): ComponentStatus {
    let worst: ComponentStatus = "healthy";
    for (const { status } of this.#results.values()) if (RANK[status] < RANK[worst]) worst = status;
    return worst;
  }

  results(): Readonly<Record<string, ComponentResult>> {
    return Object.fromEntries(this.#results);
  }

  start(): void {
    if (this.#timer !== null || this.names.length === 0) return;
    void this.checkAll();
    this.#timer = setInterval(
      () => void this.checkAll(),
      this.#options.intervalMs ?? DEFAULT_INTERVAL_MS,
    );
    this.#timer.unref?.();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  async checkAll(): Promise<void> {
    await Promise.all(this.names.map((name) => this.check(name)));
  }

  /** Looks at one component now. Never rejects; undefined when there is none of that name. */
  async check(name: string): Promise<ComponentResult | undefined> {
    if (!Object.hasOwn(this.#options.checks, name)) return undefined;
    let running = this.#running.get(name);
    if (running === undefined) {
      running = this.#look(name).finally(() => this.#running.delete(name));
      this.#running.set(name, running);
    }
    return running;
  }

  async #look(name: string): Promise<ComponentResult> {
    const startMs = performance.now();
    const signal = AbortSignal.timeout(this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const report = await this.#ask(name, signal);
    const seconds = (performance.now() - startMs) / 1000;
    const result: ComponentResult = {
      status: report.status in RANK ? report.status : "unhealthy",
      message: String(report.message ?? ""),
      details: report.details ?? {},
      timestamp: new Date(this.#now()).toISOString(),
      response_time: seconds,
    };
    this.#results.set(name, result);
    this.#status.set({ component: name }, RANK[result.status]);
    this.#duration.observe({ component: name }, seconds);
    return result;
  }

  async #ask(name: string, signal: AbortSignal): Promise<ComponentReport> {
    try {
      const late = new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => reject(new Error("it did not answer in time")));
      });
      const check = this.#options.checks[name] as ComponentCheck;
      const answer = await Promise.race([(async () => check(signal))(), late]);
      if (typeof answer === "boolean") return { status: answer ? "healthy" : "unhealthy" };
      return answer ?? { status: "unhealthy", message: "the check answered nothing" };
    } catch (error) {
      return {
        status: "unhealthy",
        message: error instanceof Error ? error.message : String(error),
      };
    }
  }
}
