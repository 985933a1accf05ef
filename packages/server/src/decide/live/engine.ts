import { createScheduler, type LabelSet, type Logger, type Now, type Scheduler } from "#lib";
import type { PromQLQueries } from "#query";
import type { Registry } from "@fleetlight/sdk";
import type { MetricStore, SeriesRef, StoredAlert } from "#store";

import {
  AlertingRule,
  plainCandidate,
  type AlertChange,
  type RuleAlert,
  type Surroundings,
} from "../alerting/index.ts";
import type { Evaluation } from "../types.ts";
import { AlertRecorder } from "./alert-recorder.ts";
import type { Cause } from "./announcer.ts";
import { Evaluator, type Evaluated } from "./evaluator.ts";
import { Follower } from "./follower.ts";
import { createRuleInstruments, type RuleInstruments } from "./instruments.ts";
import { LiveRule, type RuleSetup } from "./live-rule.ts";
import { RemovedServices } from "./removed-services.ts";
import { FOR_GRACE_MS, restoreForState } from "./restore-for-state.ts";
import { restoredAlert } from "./restore.ts";
import { Touched } from "./touched.ts";

/** Silence after a start that ends no alert: scrapes and checks need a while to come round. */
const MIN_GRACE_MS = 5 * 60_000;

/** How long series of new rules are looked for before other work has its turn. */
const FOLLOW_TURN_MS = 5;

export interface EngineOptions {
  metrics: MetricStore;
  queries: Pick<PromQLQueries, "instant">;
  lookbackMs: () => number;
  intervalMs: () => number;
  surroundings: (tenant: string) => Surroundings;
  now: Now;
  logger: Logger;
  registry: Registry;
  emit: (evaluations: Evaluation[]) => void;
  /** Told of every new series before its rules are. */
  onTenant: (tenant: string) => void;
}

const keyOf = (tenant: string, ruleId: string): string => `${tenant}\n${ruleId}`;

/** The alert rules that are in force, of all origins: evaluated when samples arrive, when a wait ends, and when told to. */
export class RuleEngine {
  private readonly options: EngineOptions;
  private readonly follower: Follower;
  private readonly evaluator: Evaluator;
  private readonly recorder: AlertRecorder;
  private readonly removedServices: RemovedServices;
  private readonly touched: Touched;
  private readonly due: Scheduler;
  private readonly lives = new Set<LiveRule>();
  private readonly subscriptions: (() => void)[] = [];
  private readonly unfollowed = new Set<LiveRule>();
  private following: NodeJS.Immediate | undefined;
  private restorable = new Map<string, StoredAlert[]>();
  private readonly startedAtMs: number;
  readonly instruments: RuleInstruments;

  constructor(options: EngineOptions) {
    this.options = options;
    const { metrics, now, logger } = options;
    this.startedAtMs = now();
    this.instruments = createRuleInstruments(options.registry);
    this.follower = new Follower(metrics);
    this.recorder = new AlertRecorder(metrics, logger);
    this.removedServices = new RemovedServices(metrics);
    this.due = createScheduler({
      now,
      onError: (error, key) => logger.error({ err: error, rule: key }, "a rule broke off"),
    });
    this.evaluator = new Evaluator({
      ...options,
      removed: this.removedServices,
      surroundings: (live) => options.surroundings(live.tenant),
      instruments: this.instruments,
      graceMs: () => Math.max(MIN_GRACE_MS, 2 * options.intervalMs()),
      onEvaluated: (live, occasion) => this.onEvaluated(live, occasion),
    });
    const { follower, evaluator } = this;
    this.touched = new Touched({ metrics, now, follower, evaluator });
    options.registry.collect(() => this.measure());
  }

  /** Takes the alerts that were active before the restart, and begins to listen to the store. */
  start(active: readonly StoredAlert[]): void {
    for (const stored of active) {
      const key = keyOf(stored.tenant, stored.alert.rule_id);
      this.restorable.set(key, [...(this.restorable.get(key) ?? []), stored]);
    }
    const { metrics, onTenant } = this.options;
    this.subscriptions.push(
      metrics.onSeries((tenant: string, ref: SeriesRef, labels: LabelSet) => {
        onTenant(tenant);
        this.follower.onSeries(tenant, ref, labels);
      }),
      metrics.onWatched((refs) => this.touched.touch(refs)),
    );
  }

  /** Alerts whose rule was removed or switched off while the server was down are over. */
  endOrphans(): void {
    const atMs = this.options.now();
    const orphans = [...this.restorable.values()].flat();
    this.restorable = new Map();
    if (orphans.length === 0) return;
    this.options.emit(
      orphans.map(({ tenant, alert: { fingerprint } }) => ({
        kind: "resolved",
        tenant,
        fingerprint,
        value: null,
        atMs,
      })),
    );
  }

  stop(): void {
    for (const unsubscribe of this.subscriptions) unsubscribe();
    clearImmediate(this.following);
    this.touched.stop();
    this.evaluator.stop();
    void this.due.stop();
  }

  /** A rule is in force from now on; who calls this evaluates it. */
  begin(setup: RuleSetup): LiveRule {
    const live = new LiveRule(setup);
    const key = keyOf(live.tenant, live.definition.id);
    for (const stored of this.restorable.get(key) ?? []) {
      const alert = restoredAlert(stored);
      live.state.restore(alert);
      live.unheard.add(alert);
      this.evaluator.announcer.recognise(alert, stored.alert.fingerprint);
    }
    this.restorable.delete(key);
    this.evaluator.count(live);
    this.lives.add(live);
    this.followLater(live);
    return live;
  }

  /** The rule is another one from now on; its alerts go on where they still hold. */
  change(live: LiveRule, { definition, plan, spec, offsetMs, intervalMs }: RuleSetup): void {
    const isOther = live.definition.query !== definition.query;
    if (isOther) this.unfollow(live);
    live.definition = definition;
    live.offsetMs = offsetMs;
    live.intervalMs = intervalMs;
    if (isOther) {
      live.replan(plan);
      this.follow(live);
    }
    this.relabel(live, new AlertingRule(spec));
    this.evaluator.findSeries(live);
  }

  /** The rule is no longer in force: its alerts are over. */
  remove(live: LiveRule): void {
    this.evaluator.end(live);
    live.removed = true;
    this.recorder.noteHealth(live, this.options.now());
    this.unfollow(live);
    this.due.remove(dueKey(live));
    this.lives.delete(live);
  }

  /** Evaluates a rule now, at once where it can be done at once. Never rejects. */
  evaluate(live: LiveRule, cause: Cause, atMs?: number): Promise<void> {
    if (this.unfollowed.has(live)) this.follow(live);
    if (this.evaluator.evaluateAtOnce(live, cause)) return Promise.resolve();
    return this.evaluator.evaluate(live, cause, atMs);
  }

  /** Resolves when the samples of alerts that changed are written. */
  recorded(): Promise<void> {
    return this.recorder.settle();
  }

  /** A service was removed: its alerts are over, and its last samples raise no new ones. */
  removeService(tenant: string, service: string): void {
    this.removedServices.add(tenant, service, this.options.now());
    for (const live of this.lives) {
      if (live.tenant === tenant)
        this.evaluator.end(live, ({ labels }) => labels.get("service") === service);
    }
  }

  sweep(): void {
    this.removedServices.sweep(this.options.now());
  }

  all(): Iterable<LiveRule> {
    return this.lives;
  }

  /** How many rules of a tenant cannot be evaluated, and by how much the one that waits longest is behind its clock. */
  health(tenant: string): { rules: number; errors: number; lagSeconds: number } {
    const nowMs = this.options.now();
    const health = { rules: 0, errors: 0, lagSeconds: 0 };
    for (const live of this.lives) {
      if (live.tenant !== tenant) continue;
      health.rules++;
      if (live.last === undefined) continue;
      if (live.last.error !== "") health.errors++;
      const lagMs = nowMs - live.last.atMs - (live.intervalMs ?? this.options.intervalMs());
      health.lagSeconds = Math.max(health.lagSeconds, lagMs / 1000);
    }
    return health;
  }

  stats(): { rules: number; errors: number; active: number; waiting: number } {
    let errors = 0;
    for (const live of this.lives) if ((live.last?.error ?? "") !== "") errors++;
    return {
      rules: this.lives.size,
      errors,
      active: this.evaluator.active,
      waiting: this.touched.waiting,
    };
  }

  private follow(live: LiveRule): void {
    this.unfollowed.delete(live);
    this.follower.add(live);
  }

  private unfollow(live: LiveRule): void {
    if (!this.unfollowed.delete(live)) this.follower.remove(live);
  }

  /** Finding the series of thousands of rules takes seconds, in which others want their turn. */
  private followLater(live: LiveRule): void {
    this.unfollowed.add(live);
    this.following ??= setImmediate(this.followSome);
  }

  private readonly followSome = (): void => {
    this.following = undefined;
    const untilMs = performance.now() + FOLLOW_TURN_MS;
    for (const live of this.unfollowed) {
      this.follow(live);
      // What came before it was followed is not missed; whoever needs a query for that waits for room.
      if (live.refs.size > 0 && !this.evaluator.evaluateAtOnce(live, "change"))
        this.touched.mark(live);
      if (performance.now() >= untilMs) break;
    }
    if (this.unfollowed.size > 0) this.following = setImmediate(this.followSome);
  };

  /** The rule's alerts under the labels and texts that it gives them now. */
  private relabel(live: LiveRule, state: AlertingRule): void {
    const former = live.state;
    const surroundings = this.options.surroundings(live.tenant);
    const atMs = this.options.now();
    live.state = state;
    for (const alert of former.active()) {
      const sample = { labels: alert.source, value: alert.value };
      const texts = plainCandidate(live.definition, sample, surroundings) ?? alert;
      if (state.find(texts.labels.key) !== undefined) continue;
      const next: RuleAlert = { ...alert, labels: texts.labels, annotations: texts.annotations };
      state.restore(next);
      this.evaluator.announcer.carry(alert, next);
      if (live.unheard.delete(alert)) live.unheard.add(next);
      if (next.labels.key === alert.labels.key) this.recorder.carry(alert, next);
      else {
        alert.state = "inactive";
        this.recorder.note(live, alert, atMs);
      }
    }
    this.evaluator.count(live);
  }

  private onEvaluated(live: LiveRule, { atMs, cause, changes }: Evaluated): void {
    if (cause === "clock")
      for (const alert of live.state.active()) this.recorder.note(live, alert, atMs);
    for (const { kind, alert } of changes)
      if (kind !== "told") this.recorder.note(live, alert, atMs);
    this.recorder.noteHealth(live, atMs);
    if (live.definition.origin === "file") void this.restoreWaits(live, changes, atMs);
    this.wakeWhenDue(live, atMs);
  }

  /** Alerts of files that begin shortly after the start may have waited before it. */
  private async restoreWaits(
    live: LiveRule,
    changes: readonly AlertChange[],
    atMs: number,
  ): Promise<void> {
    if (live.definition.forMs < FOR_GRACE_MS || !this.evaluator.isGrace(atMs)) return;
    const begun = changes.flatMap(({ kind, alert }) => (kind === "began" ? [alert] : []));
    if (begun.length === 0) return;
    const { metrics, logger } = this.options;
    const times = { startedAtMs: this.startedAtMs, nowMs: atMs };
    try {
      const changed = await restoreForState(live, begun, metrics, times);
      if (changed && !live.removed) await this.evaluate(live, "change");
    } catch (error) {
      logger.warn({ err: error, rule: live.definition.id }, "waits of alerts were not restored");
    }
  }

  private wakeWhenDue(live: LiveRule, atMs: number): void {
    const dueMs = live.state.nextDueMs();
    const key = dueKey(live);
    // What is due already waits for something else, and the clock will see to it.
    if (live.removed || dueMs === Infinity || dueMs <= atMs) this.due.remove(key);
    else
      this.due.add(key, dueMs, async () => {
        await this.evaluate(live, "due");
        return null;
      });
  }

  private measure(): void {
    this.instruments.rules.set(this.lives.size);
    this.instruments.series.set(this.follower.size);
    this.instruments.waiting.set(this.touched.waiting);
    this.instruments.active.set(this.evaluator.active);
  }
}

const dueKey = ({ tenant, key }: LiveRule): string => `${tenant}\n${key}`;
