import { DEFAULT_TENANT, type Logger, type Now } from "#lib";
import type { Registry } from "@fleetlight/sdk";
import type { MetricStore, SeriesRef, StoredAlert } from "#store";

import type { CompiledRule } from "./compile.ts";
import { Evaluator } from "./evaluator.ts";
import { Follower, seriesLimit } from "./follower.ts";
import { createInstruments, type Instruments } from "./instruments.ts";
import { LiveRule, type Holding } from "./live-rule.ts";
import type { RuleBook } from "./rule-book.ts";
import type { Evaluation } from "./types.ts";

/** Tenants whose rules are evaluated; the series of further ones raise nothing. */
const MAX_TENANTS = 1000;

/** Series that are evaluated before other work of the process has its turn. */
const SERIES_PER_TURN = 20_000;

/** Silence after a start that ends no alert: scrapes and checks need a while to come round. */
const MIN_GRACE_MS = 5 * 60_000;

interface EngineOptions {
  metrics: MetricStore;
  book: RuleBook;
  intervalMs: () => number;
  now: Now;
  logger: Logger;
  registry: Registry;
  emit: (evaluations: Evaluation[]) => void;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const holdingOf = ({ alert }: StoredAlert): Holding => ({
  fingerprint: alert.fingerprint,
  service: alert.service,
  sinceMs: Date.parse(alert.active_at),
  state: alert.state === "firing" ? "firing" : "pending",
  value: undefined,
  restored: true,
});

/** Keeps every tenant's rules evaluated: for the series that got samples at once, and for all of them on a clock. */
export class RuleEngine {
  private readonly options: EngineOptions;
  private readonly follower: Follower;
  private readonly evaluator: Evaluator;
  private readonly instruments: Instruments;
  private readonly tenants = new Map<string, Map<string, LiveRule>>();
  private readonly touched = new Set<SeriesRef>();
  private readonly subscriptions: (() => void)[] = [];
  private restorable = new Map<string, StoredAlert[]>();
  private clock: NodeJS.Timeout | undefined;
  private turn: NodeJS.Immediate | undefined;
  private isRoundUnderWay = false;
  private graceIsOver = false;
  private stopped = false;

  constructor(options: EngineOptions) {
    this.options = options;
    this.instruments = createInstruments(options.registry);
    this.follower = new Follower(options.metrics);
    this.evaluator = new Evaluator({
      ...options,
      instruments: this.instruments,
      graceMs: () => Math.max(MIN_GRACE_MS, 2 * options.intervalMs()),
    });
    options.registry.collect(() => this.measure());
  }

  /** Begins with the alerts that were active before the restart; those of rules that are gone are resolved. */
  start(tenants: Iterable<string>, active: readonly StoredAlert[]): void {
    for (const alert of active) {
      const key = `${alert.tenant}\n${alert.alert.rule_id}`;
      this.restorable.set(key, [...(this.restorable.get(key) ?? []), alert]);
    }
    const { metrics } = this.options;
    this.subscriptions.push(
      metrics.onSeries((tenant, ref, labels) => {
        if (!this.tenants.has(tenant)) this.sync(tenant);
        this.follower.onSeries(tenant, ref, labels);
      }),
      metrics.onWatched((refs) => this.touch(refs)),
    );
    const known = new Set([DEFAULT_TENANT, ...tenants, ...active.map((alert) => alert.tenant)]);
    for (const tenant of known) this.sync(tenant);
    this.resolveOrphans();
    this.restartClock();
  }

  /** Brings the evaluated rules of a tenant in line with those that are written. */
  sync(tenant: string): void {
    let lives = this.tenants.get(tenant);
    if (!lives) {
      if (this.tenants.size >= MAX_TENANTS) {
        this.instruments.limits.inc({ limit: "tenants" });
        return;
      }
      this.tenants.set(tenant, (lives = new Map()));
    }
    const wanted = this.options.book.compileAll(tenant);
    for (const [id, live] of lives) {
      const compiled = wanted.get(id);
      if (compiled?.enabled && compiled.selector) continue;
      this.evaluator.resolve(live);
      this.follower.remove(live);
      lives.delete(id);
    }
    for (const [id, compiled] of wanted) {
      if (!compiled.enabled || !compiled.selector) continue;
      const live = lives.get(id);
      if (live) this.change(live, compiled);
      else lives.set(id, this.begin(tenant, compiled));
    }
  }

  syncAll(): void {
    for (const tenant of this.tenants.keys()) this.sync(tenant);
  }

  restartClock(): void {
    clearInterval(this.clock);
    if (this.stopped) return;
    this.clock = setInterval(() => void this.round(), this.options.intervalMs()).unref();
  }

  live(tenant: string, id: string): LiveRule | undefined {
    return this.tenants.get(tenant)?.get(id);
  }

  *all(): Generator<LiveRule> {
    for (const lives of this.tenants.values()) yield* lives.values();
  }

  removeService(tenant: string, service: string): void {
    this.evaluator.forgetService(tenant, service);
    for (const live of this.tenants.get(tenant)?.values() ?? []) {
      this.evaluator.resolve(live, (holding) => holding.service === service);
    }
  }

  stop(): void {
    this.stopped = true;
    for (const unsubscribe of this.subscriptions) unsubscribe();
    clearInterval(this.clock);
    clearImmediate(this.turn);
    this.evaluator.stop();
  }

  private begin(tenant: string, compiled: CompiledRule): LiveRule {
    const live = new LiveRule(tenant, compiled);
    const key = `${tenant}\n${live.id}`;
    for (const alert of this.restorable.get(key) ?? []) {
      this.evaluator.restore(live, holdingOf(alert));
    }
    this.restorable.delete(key);
    this.follower.add(live);
    this.evaluator.evaluate(live, live.refs, "change");
    return live;
  }

  private change(live: LiveRule, compiled: CompiledRule): void {
    const before = live.compiled;
    if (JSON.stringify(before.definition) === JSON.stringify(compiled.definition)) {
      live.compiled = compiled;
      return;
    }
    if (before.definition.metric !== compiled.definition.metric) {
      this.follower.remove(live);
      live.compiled = compiled;
      this.follower.add(live);
      this.evaluator.resolve(live, (_, ref) => ref === undefined || !live.refs.has(ref));
    }
    live.compiled = compiled;
    this.evaluator.evaluate(live, live.refs, "change");
  }

  /** Alerts whose rule was removed or switched off while the server was down. */
  private resolveOrphans(): void {
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

  /** Called inside of a commit: only takes notes, the work is done when the commit is over. */
  private touch(refs: readonly SeriesRef[]): void {
    for (const ref of refs) this.touched.add(ref);
    this.turn ??= setImmediate(() => this.evaluateTouched());
  }

  private evaluateTouched(): void {
    this.turn = undefined;
    const byRule = new Map<LiveRule, SeriesRef[]>();
    let count = 0;
    for (const ref of this.touched) {
      this.touched.delete(ref);
      for (const live of this.follower.rulesOf(ref) ?? []) {
        const refs = byRule.get(live);
        if (refs) refs.push(ref);
        else byRule.set(live, [ref]);
      }
      if (++count >= SERIES_PER_TURN) break;
    }
    for (const [live, refs] of byRule) this.evaluator.evaluate(live, refs, "samples");
    if (this.touched.size > 0) this.turn = setImmediate(() => this.evaluateTouched());
  }

  /** Everything once, so that silence and the end of the grace are noticed. */
  private async round(): Promise<void> {
    if (this.isRoundUnderWay) {
      this.instruments.skipped.inc();
      return;
    }
    this.isRoundUnderWay = true;
    try {
      this.endGrace();
      this.evaluator.sweep();
      let count = 0;
      for (const live of Array.from(this.all())) {
        if (this.stopped) return;
        // The rule may have been removed, or replaced by another, while others had their turn.
        if (this.live(live.tenant, live.id) !== live) continue;
        live.limited = seriesLimit(live);
        this.evaluator.evaluate(live, live.refs, "clock");
        count += live.refs.size;
        if (count < SERIES_PER_TURN) continue;
        count = 0;
        await nextTurn();
      }
    } catch (error) {
      this.options.logger.error({ err: error }, "a round of rule evaluations failed");
    } finally {
      this.isRoundUnderWay = false;
    }
  }

  /** Alerts whose series did not come back in time are over. */
  private endGrace(): void {
    if (this.graceIsOver || this.evaluator.isGrace(this.options.now())) return;
    this.graceIsOver = true;
    for (const live of this.all()) {
      this.evaluator.resolve(live, (_, ref) => ref === undefined);
    }
  }

  private measure(): void {
    this.instruments.rules.set([...this.all()].length);
    this.instruments.series.set(this.follower.size);
  }
}
