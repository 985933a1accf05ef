import { externalUrl, type AlertmanagerConfig, type Config } from "#config";
import {
  Channel,
  describeError,
  limitReached,
  type Logger,
  type Now,
  type Outbound,
  type OutboundPolicy,
} from "#lib";
import type { Registry } from "@fleetlight/sdk";
import type { StateStore } from "#store";

import { AlertTable, MAX_ALERTS, type AlertNews, type Tracked } from "./alert-table.ts";
import type {
  Alertmanager,
  AlertmanagerChange,
  PipelineStats,
  PostedAlert,
  SilenceView,
  Suppressor,
} from "./alertmanager.ts";
import { ChannelSet } from "./channel-set.ts";
import { Deliverer, type ChannelEntry } from "./delivery/deliverer.ts";
import { dependencySuppressor, type DirectDependencies } from "./dependencies.ts";
import { copiesFor } from "./delivery/fallback.ts";
import { Flusher } from "./flusher.ts";
import { Groups } from "./groups/groups.ts";
import { createInstruments, type Instruments } from "./instruments.ts";
import { NotificationLog } from "./log/notification-log.ts";
import { findOrphans } from "./log/orphans.ts";
import { fromPosted, hasEnded } from "./pipeline-alert.ts";
import { ReceivedAlerts } from "./received-alerts.ts";
import { SilenceBook } from "./silences/silences.ts";
import { toStored } from "./stages/enqueue.ts";
import { Tester } from "./tester.ts";
import type { Notification, NotificationChannel, PipelineAlert } from "./types.ts";
import { Views } from "./views.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How long notifications are kept once they are delivered or given up. */
const HISTORY_MS = 30 * DAY_MS;

/** Longest cooldown that a rule may have. */
const LONGEST_COOLDOWN_MS = 366 * DAY_MS;

/** How often alerts are looked at whose end was given in advance. */
const SWEEP_MS = 1000;
const PRUNE_MS = HOUR_MS;

/** Alerts of one post that are taken at once. */
const POST_SLICE = 100;

const NOTHING: Suppressor = () => [];

interface ManagerOptions {
  state: StateStore;
  config: () => Config;
  alertmanager: () => AlertmanagerConfig;
  outbound: Outbound;
  policy: () => OutboundPolicy;
  /** Services that a service depends on directly. */
  dependencies: DirectDependencies;
  now: Now;
  random: () => number;
  logger: Logger;
  registry: Registry;
}

type FindExtra = (
  tenant: string,
  receiver: string,
  integration: string,
) => NotificationChannel | undefined;

/** The pipeline of all tenants, put together. */
export class AlertPipeline implements Alertmanager {
  readonly silences: SilenceBook;
  readonly instruments: Instruments;
  private readonly options: ManagerOptions;
  private readonly table: AlertTable;
  private readonly log: NotificationLog;
  private readonly groupBook: Groups<ReturnType<Flusher["flush"]>>;
  private readonly deliverer: Deliverer;
  private readonly received: ReceivedAlerts;
  private readonly flusher: Flusher;
  private readonly views: Views;
  private readonly tester: Tester;
  private readonly listeners: Channel<AlertmanagerChange>;
  private maintenanceOf = NOTHING;
  private acknowledgedBy = NOTHING;
  private readonly dependsOn: Suppressor;
  private findExtra: FindExtra = () => undefined;
  private channelSet: ChannelSet | undefined;
  private timers: NodeJS.Timeout[] = [];

  // oxlint-disable-next-line max-lines-per-function -- puts the parts together, each a few lines
  constructor(options: ManagerOptions) {
    this.options = options;
    const { state, registry, logger, now, alertmanager } = options;
    this.instruments = createInstruments(registry);
    const common = { now, logger, instruments: this.instruments };
    this.listeners = new Channel((error) =>
      logger.error({ err: error }, "a listener for the alert pipeline failed"),
    );
    this.table = new AlertTable({ now, inhibitRules: () => alertmanager().inhibitRules });
    this.dependsOn = dependencySuppressor(this.table, options.dependencies);
    this.log = new NotificationLog(state.notificationLog);
    this.received = new ReceivedAlerts(state.receivedAlerts);
    this.silences = new SilenceBook({
      repository: state.silences,
      now,
      retentionMs: () => this.retentionMs(),
      onChange: (tenant, silence) => this.onSilence(tenant, silence),
      alerts: (tenant) => this.firing(tenant),
    });
    this.deliverer = new Deliverer({
      ...common,
      random: options.random,
      outbox: state.outbox,
      find: (...place) => this.findChannel(...place),
      copiesFor: (receiver, notification) => this.copiesFor(receiver, notification),
      onDone: (notification, outcome, error) =>
        this.listeners.publish({
          kind: "delivery",
          tenant: notification.tenant,
          notification,
          outcome,
          error,
        }),
    });
    this.flusher = new Flusher({
      ...common,
      table: this.table,
      log: this.log,
      deliverer: this.deliverer,
      channels: () => this.channelsNow(),
      context: {
        intervals: () => alertmanager().timeIntervals,
        silencedBy: ({ tenant, labels }) => this.silences.idsFor(tenant, labels),
        maintenance: (alert, nowMs) => this.maintenanceOf(alert, nowMs),
        acknowledged: (alert, nowMs) => this.acknowledgedBy(alert, nowMs),
        dependsOn: this.dependsOn,
      },
    });
    this.groupBook = new Groups({
      ...common,
      route: () => alertmanager().route,
      flush: (group, nowMs) => this.flusher.flush(group, nowMs),
      commit: (results) => this.flusher.commit(results),
      openIn: (group) => this.flusher.openIn(group),
      forget: (groups) =>
        this.log.forget(groups, (receiver) =>
          (this.channelsNow().of(receiver) ?? []).map(({ channel }) => channel.name),
        ),
    });
    this.views = new Views({
      table: this.table,
      groups: this.groupBook,
      silences: this.silences,
      now,
      intervals: () => alertmanager().timeIntervals,
      maintenance: (alert, nowMs) => this.maintenanceOf(alert, nowMs),
      acknowledged: (alert, nowMs) => this.acknowledgedBy(alert, nowMs),
      dependsOn: this.dependsOn,
    });
    this.tester = new Tester({ now, table: this.table, channels: () => this.channelsNow() });
    registry.collect(() => this.measure());
  }

  readonly alerts: Alertmanager["alerts"] = (tenant, filter) => this.views.alerts(tenant, filter);
  readonly groups: Alertmanager["groups"] = (tenant, filter) => this.views.groups(tenant, filter);
  readonly get: Alertmanager["get"] = (tenant, fingerprint) => this.views.get(tenant, fingerprint);
  readonly explainRoute: Alertmanager["explainRoute"] = (tenant, labels) =>
    this.views.explainRoute(tenant, labels);
  readonly suppressions: Alertmanager["suppressions"] = (tenant, fingerprint) =>
    this.views.suppressions(tenant, fingerprint);
  readonly testReceiver: Alertmanager["testReceiver"] = (tenant, receiver) =>
    this.tester.test(tenant, receiver);
  readonly preview: Alertmanager["preview"] = (tenant, receiver, fingerprint) =>
    this.tester.preview(tenant, receiver, fingerprint);

  /** Loads what an earlier process left. Alerts of rules are put next, then `start` is called. */
  async load(): Promise<void> {
    const { state, now } = this.options;
    await this.silences.load();
    await this.log.load(now() - LONGEST_COOLDOWN_MS);
    this.groupBook.restore(await state.notificationLog.groups());
    for (const alert of await this.received.load(now())) this.restore(alert);
  }

  /** An alert that was there before the restart: nobody is told that it is new. */
  restore(alert: PipelineAlert): void {
    this.place(this.table.put(alert).tracked);
  }

  async start(): Promise<void> {
    const { state, now, logger } = this.options;
    const orphans = await findOrphans(this.log.all(), { state, table: this.table, nowMs: now() });
    for (const alert of orphans) this.put(alert);
    if (orphans.length > 0) {
      this.instruments.orphans.inc(orphans.length);
      logger.info({ alerts: orphans.length }, "alerts ended while the server was down");
    }
    await this.deliverer.start();
    this.groupBook.start();
    this.timers = [
      setInterval(() => this.sweep(), SWEEP_MS).unref(),
      setInterval(() => void this.prune(), PRUNE_MS).unref(),
    ];
    await this.prune();
  }

  /** Undelivered notifications stay in the outbox. */
  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    this.silences.stop();
    await this.groupBook.stop();
    await this.deliverer.stop();
    await this.channelSet?.close();
  }

  /** After the configuration changed. */
  reconfigure(): void {
    this.channelSet?.reconfigure();
    this.table.reconfigure();
    if (this.groupBook.reconfigure()) {
      for (const tracked of this.table.all()) {
        tracked.groups = undefined;
        tracked.notes.clear();
        this.place(tracked);
      }
    }
    this.deliverer.pumpAll();
  }

  /** After somebody asked for a reload, whether or not anything has changed. */
  restartTicks(): void {
    this.groupBook.restartTicks();
  }

  /** Takes an alert or what is new about it. Never throws. */
  put(report: PipelineAlert): void {
    const { tracked, news } = this.table.put(report);
    this.place(tracked);
    if (news) this.announce(tracked, news);
  }

  async post(tenant: string, posted: readonly PostedAlert[]): Promise<void> {
    let refused = 0;
    // A slice at a time is made durable and taken, so that many alerts at once keep nobody else waiting.
    for (let start = 0; start < posted.length; start += POST_SLICE) {
      refused += await this.take(tenant, posted.slice(start, start + POST_SLICE));
    }
    if (refused === 0) return;
    this.instruments.alertsRefused.inc(refused);
    throw limitReached("alerts", `a tenant has at most ${MAX_ALERTS} alerts at a time`);
  }

  refused(count: number): void {
    this.instruments.alertmanager.invalid.inc({ version: "v2" }, count);
  }

  tenants(): string[] {
    return this.table.tenantNames();
  }

  receivers(): string[] {
    return this.options.alertmanager().receivers.map(({ name }) => name);
  }

  onChange(listener: (change: AlertmanagerChange) => void): () => void {
    return this.listeners.subscribe(listener);
  }

  async enqueue(notifications: readonly Notification[]): Promise<void> {
    const stored = notifications.map((notification) => {
      const { tenant, receiver, integration } = notification;
      const target = this.findChannel(tenant, receiver, integration)?.channel.target ?? "";
      return toStored(notification, target, this.alertIds(tenant, notification.alerts));
    });
    await this.options.state.outbox.add(stored);
    this.deliverer.add(stored);
  }

  channels(): ReturnType<Alertmanager["channels"]> {
    return [...this.channelsNow().all()].map(({ channel, receiver }) => ({
      name: channel.name,
      kind: channel.kind,
      receiver,
      target: channel.target,
      ...this.deliverer.health(channel.name),
    }));
  }

  stats(): PipelineStats {
    const { oldestMs, failed, openCircuits } = this.deliverer.stats();
    const waitedMs = oldestMs === null ? 0 : this.options.now() - oldestMs;
    const { groups, lagSeconds } = this.groupBook.stats();
    return {
      alerts: this.views.counts(),
      groups,
      queued: this.deliverer.queued,
      oldestQueuedSeconds: Math.max(0, waitedMs / 1000),
      failed,
      openCircuits,
      flushLagSeconds: lagSeconds,
    };
  }

  setMaintenance(suppressor: Suppressor): void {
    this.maintenanceOf = suppressor;
  }

  setAcknowledged(suppressor: Suppressor): void {
    this.acknowledgedBy = suppressor;
  }

  setExtraChannels(find: FindExtra): void {
    this.findExtra = find;
  }

  wake(tenant: string, fingerprint: string): void {
    const nowMs = this.options.now();
    for (const group of this.table.get(tenant, fingerprint)?.groups ?? [])
      if (group.hasFlushed) this.groupBook.advance(group, nowMs);
  }

  /** Notifications that wait; one that was made and is not written yet is not among them. */
  get queued(): number {
    return this.deliverer.queued;
  }

  /** @returns how many found no room. */
  private async take(tenant: string, posted: readonly PostedAlert[]): Promise<number> {
    const nowMs = this.options.now();
    const { resolveTimeoutMs } = this.options.alertmanager();
    const reports = posted.map((one) => fromPosted(tenant, one, { nowMs, resolveTimeoutMs }));
    const known = this.table.of(tenant);
    let room = MAX_ALERTS - known.size;
    const taken = reports.filter(({ fingerprint }) => known.has(fingerprint) || room-- > 0);
    await this.received.write(taken.map((report) => this.table.merged(report)));
    for (const report of taken) {
      this.put(report);
      const status = hasEnded(report, nowMs) ? "resolved" : "firing";
      this.instruments.alertmanager.received.inc({ status, version: "v2" });
    }
    return reports.length - taken.length;
  }

  private retentionMs(): number {
    return this.options.config().alerting.retention;
  }

  private place(tracked: Tracked): void {
    const { alert } = tracked;
    if (tracked.groups === undefined || tracked.groups.some(({ isGone }) => isGone)) {
      tracked.groups = this.groupBook.place(alert);
      tracked.notes.clear();
    }
    this.groupBook.put(alert, tracked.groups);
  }

  private announce({ alert }: Tracked, change: AlertNews): void {
    this.listeners.publish({ kind: "alert", tenant: alert.tenant, change, alert });
  }

  private onSilence(tenant: string, silence: SilenceView): void {
    this.listeners.publish({ kind: "silence", tenant, silence });
  }

  private *firing(tenant: string): Generator<PipelineAlert> {
    for (const { alert, isEnded } of this.table.of(tenant).values()) if (!isEnded) yield alert;
  }

  /** Built again when the configuration was replaced, so that the next attempt already goes to the new address. */
  private channelsNow(): ChannelSet {
    const { alertmanager, config } = this.options;
    const [wanted, url] = [alertmanager(), externalUrl(config())];
    const known = this.channelSet;
    if (known && known.config === wanted && known.externalUrl === url) return known;
    known?.retire();
    const { instruments } = this;
    this.channelSet = new ChannelSet(wanted, url, { ...this.options, instruments });
    return this.channelSet;
  }

  private findChannel(
    tenant: string,
    receiver: string,
    integration: string,
  ): ChannelEntry | undefined {
    const known = this.channelsNow().get(`${receiver}/${integration}`);
    if (known) return known;
    const channel = this.findExtra(tenant, receiver, integration);
    return channel && { channel, ratePerMinute: undefined, fallbackReceiver: undefined };
  }

  private copiesFor(receiver: string, notification: Notification) {
    const { tenant, alerts } = notification;
    return copiesFor(this.channelsNow().of(receiver) ?? [], notification, {
      nowMs: this.options.now(),
      alertIds: this.alertIds(tenant, alerts),
    });
  }

  private alertIds(tenant: string, alerts: Notification["alerts"]): Map<string, string | null> {
    const idOf = (fingerprint: string) =>
      this.table.get(tenant, fingerprint)?.alert.alertId ?? null;
    return new Map(alerts.map(({ fingerprint }) => [fingerprint, idOf(fingerprint)]));
  }

  private sweep(): void {
    for (const tracked of this.table.sweep()) {
      this.place(tracked);
      this.announce(tracked, "resolved");
    }
    // There were too many groups when these came.
    for (const tracked of this.table.all()) {
      if (tracked.isEnded || tracked.groups?.length !== 0) continue;
      tracked.groups = undefined;
      this.place(tracked);
    }
  }

  private async prune(): Promise<void> {
    const { state, now, logger } = this.options;
    try {
      const stale = await this.log.prune(now() - this.retentionMs(), now() - LONGEST_COOLDOWN_MS);
      if (stale > 0) logger.debug({ entries: stale }, "old entries of the notification log left");
      await this.silences.prune();
      await this.received.prune(now());
      await state.outbox.prune(now() - HISTORY_MS);
    } catch (error) {
      logger.warn({ error: describeError(error) }, "old notifications could not be removed");
    }
  }

  private measure(): void {
    const { alertmanager, queued, openCircuits } = this.instruments;
    const stats = this.stats();
    queued.set(stats.queued);
    openCircuits.set(stats.openCircuits);
    alertmanager.groups.set(stats.groups);
    for (const state of ["active", "suppressed"] as const)
      alertmanager.alerts.set({ state }, stats.alerts[state]);
    for (const [state, count] of Object.entries(this.silences.counts()))
      alertmanager.silences.set({ state }, count);
  }
}

/** The alert pipeline; it is at rest until it is loaded and started. */
export const createAlertmanager = (options: ManagerOptions): AlertPipeline =>
  new AlertPipeline(options);
