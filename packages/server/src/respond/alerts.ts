import type { Alert, Delivery } from "@fleetlight/contract";
import { externalUrl, type Config } from "#config";
import type { Evaluation } from "#decide";
import { Channel, describeError, type Logger, type Now } from "#lib";
import type { Registry } from "@fleetlight/sdk";
import type { EventStore, StateStore, StoredAlert } from "#store";

import { AlertBook, type Change } from "./alert-book.ts";
import { AlertEvents } from "./alert-events.ts";
import { AlertWriter } from "./alert-writer.ts";
import type { PipelineStats } from "./alertmanager.ts";
import type { Instruments } from "./instruments.ts";
import type { AlertPipeline } from "./manager.ts";
import { fromRule } from "./pipeline-alert.ts";
import type { PipelineAlert } from "./types.ts";

const HOUR_MS = 3_600_000;

/** Resolved alerts that are kept, per tenant. */
const MAX_HISTORY = 10_000;
const HISTORY_MS = 30 * 24 * HOUR_MS;

/** Changes of alerts this shortly before a start are told again as events: the process may have died in between. */
const RETELL_MS = 10 * 60_000;
const MAX_RETOLD = 10_000;

const MAX_DELIVERIES_LISTED = 1000;

interface AlertsOptions {
  state: StateStore;
  config: () => Config;
  /** Who is told of alerts; it is started and stopped along. */
  pipeline: AlertPipeline;
  events: EventStore;
  now: Now;
  logger: Logger;
  registry: Registry;
}

/** The alerts of all tenants, and who is told about them. */
export interface Alerts {
  /** Loads active alerts and undelivered notifications. MUST be called before rules are evaluated. */
  start(): Promise<void>;
  /** Writes what waits, within a few seconds; undelivered notifications stay in the outbox. */
  stop(): Promise<void>;
  /** Takes what rules emit. Never throws; alerts are visible at once, durable and told about shortly after. */
  handle(evaluations: readonly Evaluation[]): void;
  /** Pending and firing alerts of a tenant, or of all, newest first. */
  active(tenant?: string): Alert[];
  /** Alerts that were resolved in the last hours, newest first. */
  history(tenant: string, query: { hours: number; limit: number }): Promise<Alert[]>;
  /** One alert, active or past. */
  get(tenant: string, id: string): Promise<Alert | undefined>;
  /** Notifications about one alert, or about all, newest first, with their attempts. */
  deliveries(
    tenant: string,
    query?: { alertId?: string | undefined; limit?: number | undefined },
  ): Promise<Delivery[]>;
  /** Told of every change of an alert at once. @returns a function that ends the subscription. */
  onAlert(listener: (tenant: string, alert: Alert) => void): () => void;
  /** Notifications that wait, how long the oldest one has, and how many were given up. */
  stats(): Pick<PipelineStats, "queued" | "oldestQueuedSeconds" | "failed">;
}

const byNewest = (a: Alert, b: Alert): number => Date.parse(b.active_at) - Date.parse(a.active_at);

class AlertKeeper implements Alerts {
  private readonly options: AlertsOptions;
  private readonly instruments: Instruments;
  private readonly book = new AlertBook();
  private readonly events: AlertEvents;
  private readonly writer: AlertWriter;
  private readonly listeners: Channel<{ tenant: string; alert: Alert }>;
  private pruning: NodeJS.Timeout | undefined;

  constructor(options: AlertsOptions) {
    this.options = options;
    const { state, registry, pipeline } = options;
    this.instruments = pipeline.instruments;
    const common = { ...options, instruments: this.instruments };
    this.listeners = new Channel((error) =>
      options.logger.error({ err: error }, "a listener for alerts failed"),
    );
    this.events = new AlertEvents(common);
    this.writer = new AlertWriter({ ...common, alerts: state.alerts });
    registry.collect(() => this.measure());
  }

  async start(): Promise<void> {
    const { state, now, pipeline } = this.options;
    const recent = await state.alerts.changedSince(now() - RETELL_MS, MAX_RETOLD);
    this.book.load([...recent, ...(await state.alerts.active())]);
    await pipeline.load();
    for (const { stored, cooldownMs } of this.book.firing())
      pipeline.restore(this.toPipeline(stored, cooldownMs));
    this.events.tell(recent);
    await pipeline.start();
    await this.prune();
    this.pruning = setInterval(() => void this.prune(), HOUR_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.pruning);
    await Promise.all([this.writer.stop(), this.events.stop()]);
    await this.options.pipeline.stop();
  }

  handle(evaluations: readonly Evaluation[]): void {
    this.process(evaluations.flatMap((evaluation) => this.book.apply(evaluation) ?? []));
  }

  active(tenant?: string): Alert[] {
    return this.book
      .list(tenant)
      .map(({ alert }) => alert)
      .toSorted(byNewest);
  }

  async history(
    tenant: string,
    { hours, limit }: { hours: number; limit: number },
  ): Promise<Alert[]> {
    const sinceMs = this.options.now() - hours * HOUR_MS;
    const found = await this.options.state.alerts.history(tenant, sinceMs, limit);
    return found.map(({ alert }) => alert);
  }

  async get(tenant: string, id: string): Promise<Alert | undefined> {
    const active = this.book.find(tenant, id);
    return (active ?? (await this.options.state.alerts.get(tenant, id)))?.alert;
  }

  deliveries(
    tenant: string,
    query: { alertId?: string | undefined; limit?: number | undefined } = {},
  ): Promise<Delivery[]> {
    const { alertId, limit = MAX_DELIVERIES_LISTED } = query;
    return this.options.state.outbox.list(tenant, {
      alertId,
      limit: Math.min(limit, MAX_DELIVERIES_LISTED),
    });
  }

  onAlert(listener: (tenant: string, alert: Alert) => void): () => void {
    return this.listeners.subscribe(({ tenant, alert }) => listener(tenant, alert));
  }

  stats(): PipelineStats {
    return this.options.pipeline.stats();
  }

  /** Sends changes to the store, to those who are told of alerts, to the events and to the listeners. */
  private process(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    this.writer.write(changes.filter(({ isLasting }) => isLasting).map(({ stored }) => stored));
    for (const { stored, cooldownMs } of changes) {
      // Who is still pending may yet turn out to be nothing.
      if (stored.alert.fired_at !== null)
        this.options.pipeline.put(this.toPipeline(stored, cooldownMs));
    }
    this.announce(changes);
  }

  private toPipeline({ tenant, alert }: StoredAlert, cooldownMs: number): PipelineAlert {
    return fromRule(tenant, alert, {
      externalUrl: externalUrl(this.options.config()),
      cooldownMs,
    });
  }

  private announce(changes: readonly Change[]): void {
    const reached = changes.flatMap((change) => (change.reached === null ? [] : change.stored));
    for (const { alert } of reached) this.instruments.transitions.inc({ state: alert.state });
    this.events.tell(reached);
    for (const { stored } of changes)
      this.listeners.publish({ tenant: stored.tenant, alert: stored.alert });
  }

  private async prune(): Promise<void> {
    const { state, now, logger } = this.options;
    this.book.sweep(now());
    try {
      await state.alerts.prune({
        olderThanMs: now() - HISTORY_MS,
        maxAlertsPerTenant: MAX_HISTORY,
      });
    } catch (error) {
      logger.warn({ error: describeError(error) }, "old alerts could not be removed");
    }
  }

  private measure(): void {
    for (const state of ["pending", "firing"] as const) {
      this.instruments.active.set({ state }, this.book.count(state));
    }
  }
}

/** The alerts that rules raise: kept, shown and told about. */
export const createAlerts = (options: AlertsOptions): Alerts => new AlertKeeper(options);
