import { describeError, type Logger, type Now } from "#lib";

import { DueQueue } from "../delivery/due-queue.ts";
import type { Instruments } from "../instruments.ts";
import { hasEnded } from "../pipeline-alert.ts";
import { createRouter, groupKey, groupLabels, type Router } from "../routing/index.ts";
import type { PipelineAlert } from "../types.ts";
import type { RouteConfig } from "#config";
import { AggregationGroup } from "./group.ts";

/** Groups of all tenants; alerts of further ones wait until others are gone. */
const MAX_GROUPS = 50_000;

/** Time that flushes may take in one go before everybody else has a turn. */
const SLICE_MS = 8;

/** Groups, and alerts in them, that are written in one transaction: it is written on the main thread. */
const MAX_BATCH = 40;
const MAX_BATCH_ALERTS = 150;

/** The timer wakes at least this often, so that a clock that is set is noticed. */
const LONGEST_SLEEP_MS = 1000;

/** Pause after flushes that could not be written down. */
const RETRY_MS = 1000;

/** Empty groups are forgotten this often, as upstream. */
const SWEEP_MS = 30_000;

/** What the stages made of a group. */
export interface FlushResult {
  group: AggregationGroup;
  atMs: number;
  /** Alerts that were over; they leave the group unless somebody has yet to be told. */
  ended: readonly PipelineAlert[];
  /** Earliest time before the next tick at which the outcome would be another one. */
  wakeAtMs: number;
  /** When nothing can change before that time unless an alert does; undefined when every tick has to be looked at. */
  quietUntilMs: number | undefined;
}

interface GroupsOptions<Result extends FlushResult> {
  route: () => RouteConfig;
  now: Now;
  logger: Logger;
  instruments: Instruments;
  /** Runs the stages; quick and without effect. */
  flush: (group: AggregationGroup, nowMs: number) => Result;
  /** Writes what came of it, all or nothing. `nextMs` of the groups is already the next one. */
  commit: (results: readonly Result[]) => Promise<void>;
  /** Fingerprints of alerts in the group that somebody believes to fire. */
  openIn: (group: AggregationGroup) => ReadonlySet<string>;
  /** Groups that are gone. */
  forget: (groups: readonly AggregationGroup[]) => Promise<void>;
}

const placeOf = (tenant: string, routeId: string, key: string): string =>
  `${tenant}\n${routeId}\n${key}`;

/** Groups alerts and says when each group is told of, with upstream's timers: one heap and one timer for all. */
export class Groups<Result extends FlushResult> {
  private readonly options: GroupsOptions<Result>;
  private readonly groups = new Map<string, AggregationGroup>();
  private readonly due = new DueQueue<AggregationGroup>();
  /** Ticks from before the restart, by tenant and key. */
  private readonly restored = new Map<string, number>();
  private router: Router;
  private root: RouteConfig;
  private timer: NodeJS.Timeout | undefined;
  private timerAtMs = Infinity;
  private sweeping: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private isRunning = false;
  private started = false;
  private stopped = false;
  private lagMs = 0;

  constructor(options: GroupsOptions<Result>) {
    this.options = options;
    this.root = options.route();
    this.router = createRouter(this.root);
  }

  /** Groups that were there before the restart keep their ticks. */
  restore(groups: readonly { tenant: string; groupKey: string; nextFlushMs: number }[]): void {
    for (const { tenant, groupKey: key, nextFlushMs } of groups)
      this.restored.set(`${tenant}\n${key}`, nextFlushMs);
  }

  /** Until then nobody is told of anything: what was told before is not known yet. */
  start(): void {
    this.started = true;
    this.sweeping = setInterval(() => this.sweep(), SWEEP_MS).unref();
    this.arm();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    clearInterval(this.sweeping);
    await this.running;
  }

  /** Another route tree: every group is gone, and the alerts have to be put again. */
  reconfigure(): boolean {
    const root = this.options.route();
    if (root === this.root) return false;
    this.root = root;
    this.router = createRouter(root);
    for (const group of this.groups.values()) {
      group.isGone = true;
      // An unchanged node keeps its key, and with it its ticks.
      if (group.hasFlushed) this.restored.set(`${group.tenant}\n${group.key}`, group.nextMs);
    }
    this.groups.clear();
    return true;
  }

  /** Every group is looked at now and its ticks count from here, as upstream does when it is told to reload. */
  restartTicks(): void {
    const nowMs = this.options.now();
    for (const group of this.groups.values()) if (group.hasFlushed) this.advance(group, nowMs);
  }

  paths(labels: Readonly<Record<string, string>>): RouteConfig[][] {
    return this.router.paths(labels);
  }

  keyOf(route: RouteConfig, labels: Readonly<Record<string, string>>): string {
    return groupKey(this.router, route, groupLabels(route, labels));
  }

  /** The groups that an alert belongs to; fewer than its routes when there is no room. */
  place(alert: PipelineAlert): AggregationGroup[] {
    const nowMs = this.options.now();
    return this.router.match(alert.labels).flatMap((route) => {
      const labels = groupLabels(route, alert.labels);
      const key = groupKey(this.router, route, labels);
      const place = placeOf(alert.tenant, route.id, key);
      const known = this.groups.get(place);
      if (known) return known;
      if (this.groups.size >= MAX_GROUPS) {
        this.options.instruments.groupsRefused.inc();
        return [];
      }
      const group = new AggregationGroup({
        tenant: alert.tenant,
        route,
        key,
        labels,
        nextMs: nowMs + route.groupWaitMs,
      });
      const former = this.restored.get(`${alert.tenant}\n${key}`);
      if (former !== undefined) {
        group.hasFlushed = true;
        group.nextMs = Math.min(former, nowMs + Math.max(1, route.groupIntervalMs));
        group.flushedMs = group.nextMs - route.groupIntervalMs;
      }
      this.groups.set(place, group);
      this.due.push(group, group.nextMs);
      return group;
    });
  }

  /** Puts an alert, or what is new about it, into its groups. */
  put(alert: PipelineAlert, groups: readonly AggregationGroup[]): void {
    const nowMs = this.options.now();
    for (const group of groups) {
      const former = group.alerts.get(alert.fingerprint);
      group.alerts.set(alert.fingerprint, alert);
      const { groupWaitMs, groupIntervalMs } = group.route;
      if (!group.hasFlushed) {
        if (alert.startsAtMs + groupWaitMs <= nowMs) this.advance(group, nowMs);
      } else if (groupIntervalMs === 0) {
        const isNews = !former || hasEnded(former, nowMs) !== hasEnded(alert, nowMs);
        this.advance(group, isNews ? nowMs : alert.endsAtMs);
      } else this.advance(group, group.tickAt(nowMs));
    }
    this.arm();
  }

  /** Looks at a group now instead of at its next tick. */
  advance(group: AggregationGroup, atMs: number): void {
    if (group.isFlushing) {
      group.isDirty = true;
      return;
    }
    if (group.nextMs <= atMs) return;
    group.nextMs = atMs;
    this.due.push(group, atMs);
    this.arm();
  }

  list(tenant: string): AggregationGroup[] {
    return [...this.groups.values()].filter((group) => group.tenant === tenant);
  }

  stats(): { groups: number; lagSeconds: number } {
    const waitedMs = Math.max(0, this.options.now() - Math.min(this.due.nextMs, Infinity));
    return { groups: this.groups.size, lagSeconds: Math.max(this.lagMs, waitedMs) / 1000 };
  }

  private arm(): void {
    if (!this.started || this.stopped || this.isRunning || this.due.size === 0) return;
    const nowMs = this.options.now();
    const atMs = Math.min(this.due.nextMs, nowMs + LONGEST_SLEEP_MS);
    if (this.timer !== undefined && this.timerAtMs <= atMs) return;
    clearTimeout(this.timer);
    this.timerAtMs = atMs;
    if (atMs <= nowMs) {
      // Whatever else changes in this turn of the loop is told of together.
      this.timer = undefined;
      this.begin();
      return;
    }
    this.timer = setTimeout(() => this.begin(), atMs - nowMs);
  }

  private begin(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.isRunning) this.running = this.run();
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (!this.stopped && this.due.nextMs <= this.options.now()) {
      await this.flushSome();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    this.isRunning = false;
    this.timerAtMs = Infinity;
    this.arm();
  }

  private async flushSome(): Promise<void> {
    const { now, commit, flush, logger, instruments } = this.options;
    const nowMs = now();
    const untilMs = performance.now() + SLICE_MS;
    const results: Result[] = [];
    let alerts = 0;
    while (results.length < MAX_BATCH && alerts < MAX_BATCH_ALERTS && performance.now() < untilMs) {
      const dueMs = this.due.nextMs;
      const group = this.due.pop(nowMs);
      if (!group) break;
      // A group may be in the heap more than once; only the place that it was last given counts.
      if (group.isGone || group.isFlushing || group.nextMs !== dueMs) continue;
      this.lagMs = nowMs - dueMs;
      group.isFlushing = true;
      group.isDirty = false;
      const result = flush(group, nowMs);
      group.flushedMs = nowMs;
      const tickMs =
        result.quietUntilMs === undefined
          ? group.nextTick(nowMs)
          : group.tickAt(result.quietUntilMs);
      group.nextMs = Math.min(tickMs, Math.max(nowMs + 1, result.wakeAtMs));
      alerts += group.alerts.size;
      results.push(result);
    }
    if (results.length === 0) return;
    try {
      await commit(results);
      for (const result of results) this.settle(result);
    } catch (error) {
      instruments.writeFailures.inc();
      logger.error(
        { error: describeError(error), groups: results.length },
        "notifications could not be written into the state store; trying again",
      );
      for (const { group } of results) group.nextMs = now() + RETRY_MS;
    }
    for (const { group } of results) {
      group.isFlushing = false;
      if (group.isDirty) group.nextMs = Math.min(group.nextMs, now());
      this.due.push(group, group.nextMs);
    }
  }

  /** Alerts that are over and of which nobody has to be told any more leave the group. */
  private settle({ group, ended }: Result): void {
    group.hasFlushed = true;
    if (ended.length === 0) return;
    const open = this.options.openIn(group);
    for (const alert of ended) {
      const { fingerprint } = alert;
      if (group.alerts.get(fingerprint) === alert && !open.has(fingerprint))
        group.alerts.delete(fingerprint);
    }
  }

  private sweep(): void {
    const gone: AggregationGroup[] = [];
    for (const [place, group] of this.groups) {
      if (group.alerts.size > 0 || group.isFlushing || !group.hasFlushed) continue;
      group.isGone = true;
      this.groups.delete(place);
      this.restored.delete(`${group.tenant}\n${group.key}`);
      gone.push(group);
    }
    if (gone.length > 0) {
      this.options.forget(gone).catch((error: unknown) => {
        this.options.logger.warn(
          { error: describeError(error) },
          "groups that are gone could not be removed from the state store",
        );
      });
    }
  }
}

/** Alerts of a group as they are at one moment: an alert whose end is still to come has none. */
export function snapshot(
  group: AggregationGroup,
  nowMs: number,
): { alerts: PipelineAlert[]; ended: PipelineAlert[] } {
  const alerts = [...group.alerts.values()];
  return { alerts, ended: alerts.filter((alert) => hasEnded(alert, nowMs)) };
}
