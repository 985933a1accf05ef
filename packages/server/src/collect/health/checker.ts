import type { ServiceRegistration } from "@fleetlight/contract";
import type { Registry } from "@fleetlight/sdk";

import type { Config } from "#config";
import {
  createScheduler,
  describeError,
  isoTime,
  type Logger,
  type Now,
  type Outbound,
  type Scheduler,
  type SchedulerStats,
} from "#lib";
import type { MetricStore } from "#store";

import type { ServiceChange, ServiceRegistry, WatchedService } from "../services/index.ts";
import { heartbeatChecker } from "./heartbeat/index.ts";
import { httpChecker } from "./http/index.ts";
import { createOwnMetrics } from "./own-metrics.ts";
import { CheckSamples, type SampleCounts } from "./samples.ts";
import type { Checker, ProbeContext, ProbeOutcome } from "./types.ts";

export interface HealthCheckerOptions {
  registry: ServiceRegistry;
  metrics: MetricStore;
  outbound: Outbound;
  config: () => Config;
  now: Now;
  /** Numbers in [0, 1), for jitter. */
  random: () => number;
  logger: Logger;
  /** Where the checker counts what it does. */
  registryMetrics: Registry;
}

export interface HealthChecker {
  /** Begins with all services of the registry, spread over time, and follows its changes. */
  start(): void;
  /** Call it after the configuration changed: shorter intervals hold at once, not after the longer one. */
  reconfigure(): void;
  stats(): SchedulerStats & SampleCounts;
  /** Breaks off what is under way and waits for its samples. No series is ended: the next process goes on with them. */
  stop(): Promise<void>;
}

/** One checker per mode; a service of another mode is not checked. */
const CHECKERS: Partial<Record<string, Checker>> = {
  http: httpChecker,
  heartbeat: heartbeatChecker,
};

/** First checks after a start are spread by this much per service, so that a large fleet comes without a jolt. */
const SPREAD_PER_SERVICE_MS = 2;

const modeOf = ({ check }: ServiceRegistration): string => check?.mode ?? "http";
const keyOf = ({ tenant, registration }: WatchedService): string =>
  `${tenant}\u0000${registration.id}`;

class Checks implements HealthChecker {
  private readonly options: HealthCheckerOptions;
  private readonly scheduler: Scheduler;
  private readonly samples: CheckSamples;
  private readonly own: ReturnType<typeof createOwnMetrics>;
  private readonly stopping = new AbortController();
  private readonly context: ProbeContext;
  private unsubscribe: (() => void) | undefined;

  constructor(options: HealthCheckerOptions) {
    const { metrics, outbound, config, now, logger, registryMetrics } = options;
    this.options = options;
    this.samples = new CheckSamples(metrics, logger);
    this.scheduler = createScheduler({
      now,
      maxConcurrency: () => config().checks.max_concurrency,
      onError: (error) => logger.error({ error: describeError(error) }, "A health check failed"),
    });
    this.own = createOwnMetrics({
      registry: registryMetrics,
      scheduler: this.scheduler,
      counts: this.samples.counts,
    });
    const { signal } = this.stopping;
    this.context = { outbound, config, now, startedMs: now(), signal };
  }

  start(): void {
    this.context.startedMs = this.options.now();
    this.unsubscribe = this.options.registry.onChange((change) => this.follow(change));
    const services = this.options.registry.list();
    for (const service of services) {
      const spreadMs = Math.min(services.length * SPREAD_PER_SERVICE_MS, this.intervalMs(service));
      this.schedule(service, this.options.now() + this.options.random() * spreadMs);
    }
  }

  reconfigure(): void {
    const nowMs = this.options.now();
    for (const service of this.options.registry.list()) {
      const inMs = this.options.random() * this.intervalMs(service);
      this.scheduler.advance(keyOf(service), nowMs + inMs);
    }
  }

  stats(): SchedulerStats & SampleCounts {
    return { ...this.scheduler.stats(), ...this.samples.counts };
  }

  async stop(): Promise<void> {
    this.unsubscribe?.();
    this.stopping.abort();
    await this.scheduler.stop();
    await this.samples.settle();
  }

  private follow({ kind, service }: ServiceChange): void {
    const nowMs = this.options.now();
    if (kind === "registered" || kind === "updated") this.schedule(service, nowMs);
    else if (kind === "removed") this.drop(service);
    else if (kind === "heartbeat" && this.isNewsFrom(service)) {
      this.scheduler.advance(keyOf(service), nowMs);
    }
  }

  /** Whether a heartbeat changes anything; for a service that is healthy already its timeout moves by itself. */
  private isNewsFrom({ registration, status }: WatchedService): boolean {
    return modeOf(registration) === "heartbeat" && status !== "healthy";
  }

  private drop(service: WatchedService): void {
    this.scheduler.remove(keyOf(service));
    this.samples.end(keyOf(service), this.options.now());
  }

  private schedule(service: WatchedService, firstMs: number): void {
    const checker = CHECKERS[modeOf(service.registration)];
    if (!checker || service.vanishedAtMs !== null) {
      this.drop(service);
      return;
    }
    const { registration } = service;
    this.scheduler.add(keyOf(service), firstMs, async (dueMs) => {
      this.own.lateness.observe(Math.max(0, this.options.now() - dueMs) / 1000);
      const outcome = await checker.probe(service, this.context);
      // The answer of a former registration, or of a check that was broken off, says nothing.
      if (service.registration !== registration || this.stopping.signal.aborted) return null;
      if (outcome) this.conclude(service, outcome);
      return this.nextMs(service, checker, dueMs);
    });
  }

  private conclude(service: WatchedService, outcome: ProbeOutcome): void {
    const { tenant, registration } = service;
    const { degraded, ...result } = outcome;
    const atMs = this.options.now();
    const { registry } = this.options;
    registry.recordCheck(tenant, registration.id, { at: isoTime(atMs), ...result }, degraded);
    if (registry.get(tenant, registration.id) !== service || service.vanishedAtMs !== null) return;
    const verdict = degraded ? "degraded" : "healthy";
    this.own.checks.inc({ result: result.healthy ? verdict : "unhealthy" });
    const isHttp = modeOf(registration) === "http";
    this.samples.record(keyOf(service), service, atMs, {
      success: result.healthy,
      durationSeconds: isHttp ? result.response_time : null,
      statusCode: isHttp ? (result.status_code ?? 0) : null,
      status: service.status,
    });
  }

  /** Never later than one interval after the last due time: jitter only makes checks earlier. */
  private nextMs(service: WatchedService, checker: Checker, dueMs: number): number {
    const { jitter } = this.options.config().checks;
    const paceMs = this.intervalMs(service) * (1 - jitter * this.options.random());
    const nowMs = this.options.now();
    // After a pause of the machine there is nothing to catch up on.
    const byPaceMs = Math.max(dueMs + paceMs, nowMs);
    return Math.min(byPaceMs, checker.deadlineMs(service, this.context));
  }

  private intervalMs({ registration }: WatchedService): number {
    const { check = {} } = registration;
    if (check.interval_seconds !== undefined) return check.interval_seconds * 1000;
    return this.options.config().monitoring.health_check_interval;
  }
}

/** Checks every service of the registry at its own pace; each check is recorded as samples and as its status. */
export const createHealthChecker = (options: HealthCheckerOptions): HealthChecker =>
  new Checks(options);
