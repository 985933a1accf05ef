import type { Alert, Delivery } from "@fleetlight/contract";
import type { Config } from "#config";
import type { Evaluation } from "#decide";
import { Channel, describeError, type Logger, type Now, type Outbound } from "#lib";
import type { Registry } from "@fleetlight/sdk";
import type { EventStore, StateStore, StoredAlert } from "#store";

import { AlertBook, type Change } from "./alert-book.ts";
import { AlertEvents } from "./alert-events.ts";
import { AlertWriter } from "./alert-writer.ts";
import { CooldownMemory } from "./cooldowns.ts";
import { Dispatcher } from "./dispatch/dispatcher.ts";
import { createInstruments, type Instruments } from "./instruments.ts";
import { createChannels, type NotificationChannel } from "./notify/index.ts";
import { buildPipeline, type Stage } from "./pipeline.ts";

const HOUR_MS = 3_600_000;

/** Resolved alerts that are kept, per tenant. */
const MAX_HISTORY = 10_000;
const HISTORY_MS = 30 * 24 * HOUR_MS;

/** Longest cooldown that a rule may have. */
const LONGEST_COOLDOWN_MS = 366 * 24 * HOUR_MS;

/** Changes of alerts this shortly before a start are told again as events: the process may have died in between. */
const RETELL_MS = 10 * 60_000;
const MAX_RETOLD = 10_000;

const MAX_DELIVERIES_LISTED = 1000;

interface AlertsOptions {
  state: StateStore;
  config: () => Config;
  outbound: Outbound;
  events: EventStore;
  now: Now;
  random: () => number;
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
  stats(): { queued: number; oldestQueuedSeconds: number; failed: number };
}

const byNewest = (a: Alert, b: Alert): number => Date.parse(b.active_at) - Date.parse(a.active_at);

class AlertKeeper implements Alerts {
  private readonly options: AlertsOptions;
  private readonly instruments: Instruments;
  private readonly book = new AlertBook();
  private readonly cooldowns: CooldownMemory;
  private readonly events: AlertEvents;
  private readonly writer: AlertWriter;
  private readonly dispatcher: Dispatcher;
  private readonly pipeline: Stage;
  private readonly listeners: Channel<{ tenant: string; alert: Alert }>;
  private channelsOf: { config: Config; channels: Map<string, NotificationChannel> } | undefined;
  private pruning: NodeJS.Timeout | undefined;

  constructor(options: AlertsOptions) {
    this.options = options;
    const { state, registry } = options;
    this.instruments = createInstruments(registry);
    const common = { ...options, instruments: this.instruments };
    this.listeners = new Channel((error) =>
      options.logger.error({ err: error }, "a listener for alerts failed"),
    );
    this.cooldowns = new CooldownMemory({
      now: options.now,
      onOver: (fingerprints) => this.process(this.book.firing(fingerprints)),
    });
    this.events = new AlertEvents(common);
    this.dispatcher = new Dispatcher({
      ...common,
      outbox: state.outbox,
      channels: () => this.channels(),
    });
    this.writer = new AlertWriter({
      ...common,
      alerts: state.alerts,
      onWritten: (deliveries) => this.dispatcher.add(deliveries),
    });
    this.pipeline = buildPipeline({
      cooldowns: this.cooldowns,
      channels: () => this.channels(),
      queued: () => this.queued(),
      suppressed: (reason, count) => this.instruments.suppressed.inc({ reason }, count),
      keep: (alerts) => this.book.keep(alerts),
    });
    registry.collect(() => this.measure());
  }

  async start(): Promise<void> {
    const { state, now } = this.options;
    const recent = await state.alerts.changedSince(now() - RETELL_MS, MAX_RETOLD);
    this.book.load([...recent, ...(await state.alerts.active())]);
    this.cooldowns.load(await state.alerts.notifiedSince(now() - LONGEST_COOLDOWN_MS));
    this.events.tell(recent);
    await this.dispatcher.start();
    await this.prune();
    this.pruning = setInterval(() => void this.prune(), HOUR_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.pruning);
    this.cooldowns.stop();
    await Promise.all([this.writer.stop(), this.events.stop()]);
    await this.dispatcher.stop();
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
    return this.options.state.outbox.list(tenant, alertId, Math.min(limit, MAX_DELIVERIES_LISTED));
  }

  onAlert(listener: (tenant: string, alert: Alert) => void): () => void {
    return this.listeners.subscribe(({ tenant, alert }) => listener(tenant, alert));
  }

  stats(): { queued: number; oldestQueuedSeconds: number; failed: number } {
    const { oldestMs, failed } = this.dispatcher.stats();
    const waitedMs = oldestMs === null ? 0 : this.options.now() - oldestMs;
    return { queued: this.queued(), oldestQueuedSeconds: Math.max(0, waitedMs / 1000), failed };
  }

  /** Sends changes through the pipeline, and what comes out of it to the store, the events and the listeners. */
  private process(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    const nowMs = this.options.now();
    const batch = this.pipeline(
      {
        notices: changes.flatMap(({ stored, reached, cooldownMs }) => {
          if (reached === "resolved") return { stored, status: "resolved" as const, cooldownMs };
          const isUntold = stored.alert.state === "firing" && stored.receivers.length === 0;
          return isUntold ? { stored, status: "firing" as const, cooldownMs } : [];
        }),
        alerts: changes.map(({ stored }) => stored),
        deliveries: [],
      },
      nowMs,
    );
    const told = new Set(batch.deliveries.map((delivery) => delivery.alertId));
    this.writer.write(
      batch.alerts.filter(
        (stored, index) => changes[index]?.isLasting || told.has(stored.alert.id),
      ),
      batch.deliveries,
    );
    this.announce(changes, batch.alerts);
  }

  private announce(changes: readonly Change[], alerts: readonly StoredAlert[]): void {
    const reached = alerts.filter((_, index) => changes[index]?.reached != null);
    for (const { alert } of reached) {
      this.instruments.transitions.inc({ state: alert.state });
      if (alert.state === "resolved") this.cooldowns.release(alert.fingerprint);
    }
    this.events.tell(reached);
    for (const { tenant, alert } of alerts) this.listeners.publish({ tenant, alert });
  }

  /** Built again when the configuration was replaced, so that the next attempt already goes to the new address. */
  private channels(): ReadonlyMap<string, NotificationChannel> {
    const config = this.options.config();
    if (this.channelsOf?.config !== config) {
      this.channelsOf = { config, channels: createChannels({ ...this.options, config }) };
    }
    return this.channelsOf.channels;
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

  private queued(): number {
    return this.dispatcher.queued + this.writer.queued;
  }

  private measure(): void {
    this.instruments.queued.set(this.queued());
    for (const state of ["pending", "firing"] as const) {
      this.instruments.active.set({ state }, this.book.count(state));
    }
  }
}

/** The alerts that rules raise: kept, shown and told about. */
export const createAlerts = (options: AlertsOptions): Alerts => new AlertKeeper(options);
