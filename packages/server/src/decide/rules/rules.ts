import type { AlertRule, AlertRuleInput, AlertRulePatch, RulePreview } from "@fleetlight/contract";
import type { Config, RuleFile } from "#config";
import {
  badRequest,
  conflict,
  createScheduler,
  DEFAULT_TENANT,
  limitReached,
  notFound,
  type Logger,
  type Now,
  type Scheduler,
} from "#lib";
import type { PromQLQueries } from "#query";
import type { Registry } from "@fleetlight/sdk";
import type { MetricStore, StateStore } from "#store";

import type { FlappingLimit } from "../alerting/index.ts";
import {
  createRuleGroups,
  alertView,
  type AlertView,
  type RuleGroups,
  type RuleGroupsView,
} from "../groups/index.ts";
import { RuleEngine, type LiveRule } from "../live/index.ts";
import type { Evaluation } from "../types.ts";
import { compileRule, sourceOfInput } from "./compile.ts";
import { patched } from "./patch.ts";
import { previewRule, type PreviewRequest } from "./preview.ts";
import { RuleBook } from "./rule-book.ts";
import { toAlertRule } from "./rule-view.ts";
import { surroundingsOf } from "./surroundings.ts";
import { TenantRules } from "./tenant-rules.ts";

/** Rules that one tenant may make through the API. */
const MAX_RULES_PER_TENANT = 10_000;

/** Tenants whose rules are evaluated; the series of further ones raise nothing. */
const MAX_TENANTS = 1000;

interface RulesOptions {
  state: StateStore;
  metrics: MetricStore;
  queries: Pick<PromQLQueries, "instant" | "range">;
  config: Config;
  /** Rule files that the configuration names. */
  files: () => readonly RuleFile[];
  now: Now;
  logger: Logger;
  registry: Registry;
  /** Told of every change; MUST NOT throw. */
  emit: (evaluations: Evaluation[]) => void;
}

/** The alert rules of all tenants, and their evaluation. */
export interface Rules {
  /** Loads what was kept and begins to evaluate; whoever gets the evaluations MUST be ready. */
  start(): Promise<void>;
  /** Ends what is under way. No alert is ended: the next process goes on with them. */
  stop(): Promise<void>;
  /** By id; rules that are switched off or wrong are there as well. */
  list(tenant: string): AlertRule[];
  get(tenant: string, id: string): AlertRule | undefined;
  /**
   * Makes a rule, or replaces one that was made through the API, and evaluates it at once.
   * @throws FleetlightError `bad_request`, `limit_reached`, or `conflict` when the id belongs to the configuration.
   */
  create(tenant: string, input: AlertRuleInput): Promise<AlertRule>;
  /**
   * Changes a rule. Of rules of the configuration and built-in ones only `enabled` can be changed.
   * @throws FleetlightError `not_found`, `bad_request`, `conflict`.
   */
  patch(tenant: string, id: string, patch: AlertRulePatch): Promise<AlertRule>;
  /** @throws FleetlightError `not_found`, or `conflict` for a rule that was not made through the API. */
  remove(tenant: string, id: string): Promise<void>;
  /** Takes over the rules and intervals of a configuration; rules that did not change go on as they were. */
  reconfigure(config: Config): void;
  /** A service was removed: its alerts are over, and its last samples raise no new ones. */
  removeService(tenant: string, service: string): void;
  /** Groups of the rule files, which belong to the default tenant, and one of all other rules; as Prometheus shows them. */
  groups(tenant: string): RuleGroupsView;
  /** Pending and firing alerts of a tenant's rules, as Prometheus shows them. */
  alerts(tenant: string): AlertView[];
  /** What a rule would have done in the past. @throws as `previewRule`. */
  preview(tenant: string, request: PreviewRequest): Promise<RulePreview>;
  /** For `/health`: alert rules of a tenant from everywhere, those that cannot be evaluated, and how late the latest is. */
  health(tenant: string): { rules: number; errors: number; lagSeconds: number };
  stats(): RulesStats;
}

export interface RulesStats {
  /** Alert rules in force, and how many of them cannot be evaluated. */
  rules: number;
  errors: number;
  /** Pending and firing alerts. */
  active: number;
  /** Rules with new samples that wait for their turn. */
  waiting: number;
  /** How long after its time the latest round of the clock began, and how long it took. */
  lagSeconds: number;
  roundSeconds: number;
}

const sharedRuleConflict = (id: string, origin: string, advice: string) =>
  conflict(
    origin === "config"
      ? `the rule ${JSON.stringify(id)} belongs to the configuration file: change it there${advice}`
      : `the rule ${JSON.stringify(id)} is built in${advice}`,
  );

class AlertRules implements Rules {
  private readonly options: RulesOptions;
  private readonly book: RuleBook;
  private readonly engine: RuleEngine;
  private readonly files: RuleGroups;
  private readonly clock: Scheduler;
  private readonly tenants = new Map<string, TenantRules>();
  private readonly abort = new AbortController();
  private config: Config;
  private lag = { lagSeconds: 0, roundSeconds: 0 };
  /** Changes of rules wait for one another, so that none of two at once is lost. */
  private changes: Promise<unknown> = Promise.resolve();

  constructor(options: RulesOptions) {
    this.options = options;
    this.config = options.config;
    const { now, logger } = options;
    this.book = new RuleBook(options.config, now);
    this.engine = new RuleEngine({
      ...options,
      lookbackMs: () => this.config.query.lookback_delta,
      intervalMs: () => this.config.alerting.evaluation_interval,
      surroundings: surroundingsOf(options, () => this.config),
      onTenant: (tenant) => {
        if (!this.tenants.has(tenant)) void this.sync(tenant);
      },
    });
    this.files = createRuleGroups({
      ...options,
      engine: this.engine,
      global: () => this.config.global,
      cooldownMs: () => this.config.monitoring.alert_cooldown_minutes * 60_000,
      flapping: () => this.flapping(),
    });
    this.clock = createScheduler({
      now,
      onError: (error) => logger.error({ err: error }, "a round of rule evaluations failed"),
    });
  }

  async start(): Promise<void> {
    const { state } = this.options;
    this.book.load(await state.rules.list(), await state.rules.overrides());
    const services = await state.services.list();
    const active = await state.alerts.active();
    this.engine.start(active);
    this.files.start();
    const tenants = [
      DEFAULT_TENANT,
      ...this.book.tenants(),
      ...tenantsOf(services),
      ...tenantsOf(active),
    ];
    await Promise.all(tenants.map((tenant) => this.sync(tenant)));
    this.engine.endOrphans();
    this.reportProblems();
  }

  async stop(): Promise<void> {
    this.abort.abort();
    this.engine.stop();
    await Promise.all([this.clock.stop(), this.files.stop()]);
    await this.engine.recorded();
  }

  list(tenant: string): AlertRule[] {
    return [...this.book.compileAll(tenant)].map(([id, compiled]) =>
      toAlertRule(compiled, this.live(tenant, id)),
    );
  }

  get(tenant: string, id: string): AlertRule | undefined {
    const compiled = this.book.compile(tenant, id);
    return compiled && toAlertRule(compiled, this.live(tenant, id));
  }

  create(tenant: string, input: AlertRuleInput): Promise<AlertRule> {
    return this.inTurn(async () => {
      const shared = this.book.sharedRule(input.id);
      if (shared) throw sharedRuleConflict(input.id, shared.origin, ", or choose another id");
      const known = this.book.madeBy(tenant, input.id);
      if (!known && this.book.countMadeBy(tenant) >= MAX_RULES_PER_TENANT) {
        throw limitReached("alerting.rules", `there are ${MAX_RULES_PER_TENANT} rules already`);
      }
      return this.save(tenant, input, known?.createdAtMs);
    });
  }

  patch(tenant: string, id: string, patch: AlertRulePatch): Promise<AlertRule> {
    return this.inTurn(async () => {
      const shared = this.book.sharedRule(id);
      if (shared) return this.switchShared(tenant, id, patch);
      const known = this.book.madeBy(tenant, id);
      if (!known) throw notFound("rule", id);
      return this.save(tenant, patched(known.rule, patch), known.createdAtMs);
    });
  }

  remove(tenant: string, id: string): Promise<void> {
    return this.inTurn(async () => {
      const shared = this.book.sharedRule(id);
      if (shared)
        throw sharedRuleConflict(id, shared.origin, ", or switch it off with enabled: false");
      if (!this.book.madeBy(tenant, id)) throw notFound("rule", id);
      await this.options.state.rules.remove(tenant, id);
      this.book.remove(tenant, id);
      await this.sync(tenant);
    });
  }

  reconfigure(config: Config): void {
    const formerInterval = this.config.alerting.evaluation_interval;
    this.config = config;
    this.book.configure(config);
    for (const tenant of this.tenants.keys()) void this.sync(tenant);
    this.files.reconfigure();
    if (config.alerting.evaluation_interval !== formerInterval)
      for (const tenant of this.tenants.keys()) this.plan(tenant);
    this.reportProblems();
  }

  removeService(tenant: string, service: string): void {
    this.engine.removeService(tenant, service);
  }

  groups(tenant: string): RuleGroupsView {
    const intervalMs = this.config.alerting.evaluation_interval;
    const own = this.tenants.get(tenant)?.view(this.book.compileAll(tenant), intervalMs);
    const ofFiles = tenant === DEFAULT_TENANT ? this.files.view().groups : [];
    return { groups: own === undefined ? ofFiles : [...ofFiles, own] };
  }

  alerts(tenant: string): AlertView[] {
    const found: AlertView[] = [];
    for (const live of this.engine.all())
      if (live.tenant === tenant)
        for (const alert of live.state.active()) found.push(alertView(alert));
    return found;
  }

  preview(tenant: string, request: PreviewRequest): Promise<RulePreview> {
    return previewRule(tenant, request, { ...this.options, config: this.config });
  }

  health(tenant: string): { rules: number; errors: number; lagSeconds: number } {
    const health = this.engine.health(tenant);
    const broken = this.list(tenant).filter(
      ({ enabled, id, evaluation }) =>
        enabled && evaluation.error !== null && (this.live(tenant, id)?.last?.error ?? "") === "",
    );
    return { ...health, errors: health.errors + broken.length };
  }

  stats(): RulesStats {
    return { ...this.engine.stats(), ...this.lag };
  }

  private live(tenant: string, id: string): LiveRule | undefined {
    return this.tenants.get(tenant)?.get(id);
  }

  private flapping(): FlappingLimit | null {
    const { max_changes, window } = this.config.alerting.flapping;
    return max_changes === 0 ? null : { maxChanges: max_changes, windowMs: window };
  }

  /** Brings the evaluated rules of a tenant in line with those that are written. */
  private async sync(tenant: string): Promise<void> {
    let rules = this.tenants.get(tenant);
    if (!rules) {
      if (this.tenants.size >= MAX_TENANTS) {
        this.engine.instruments.limits.inc({ limit: "tenants" });
        return;
      }
      const { engine } = this;
      rules = new TenantRules({ tenant, engine, flapping: () => this.flapping() });
      this.tenants.set(tenant, rules);
      this.plan(tenant);
    }
    await rules.sync(this.book);
  }

  /** The tenant's rules are evaluated an interval from now, and then every interval. */
  private plan(tenant: string): void {
    if (this.abort.signal.aborted) return;
    const intervalMs = this.config.alerting.evaluation_interval;
    this.clock.add(tenant, this.options.now() + intervalMs, (dueMs) => this.round(tenant, dueMs));
  }

  private async round(tenant: string, dueMs: number): Promise<number> {
    const { instruments } = this.engine;
    const lateMs = Math.max(0, this.options.now() - dueMs);
    const intervalMs = this.config.alerting.evaluation_interval;
    const missed = Math.floor(lateMs / intervalMs);
    if (missed > 0) instruments.skipped.inc(missed);
    const startedMs = performance.now();
    this.engine.sweep();
    await this.tenants.get(tenant)?.round(dueMs + missed * intervalMs, this.abort.signal);
    this.lag = { lagSeconds: lateMs / 1000, roundSeconds: (performance.now() - startedMs) / 1000 };
    instruments.lag.set(this.lag.lagSeconds);
    instruments.round.set(this.lag.roundSeconds);
    return dueMs + (missed + 1) * intervalMs;
  }

  private inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.changes.then(change);
    this.changes = result.catch(() => undefined);
    return result;
  }

  private async save(
    tenant: string,
    rule: AlertRuleInput,
    createdAtMs: number | undefined,
  ): Promise<AlertRule> {
    const updatedAtMs = this.options.now();
    const times = { createdAtMs: createdAtMs ?? updatedAtMs, updatedAtMs };
    const compiled = compileRule(sourceOfInput(rule, times), this.config);
    if (compiled.guessed && !this.options.metrics.metricNames(tenant).has(rule.id)) {
      const message = `the rule names no metric, and no series is called ${JSON.stringify(rule.id)}`;
      throw badRequest(message, [{ path: "metric", message }]);
    }
    await this.options.state.rules.put({ tenant, rule, ...times });
    this.book.put({ tenant, rule, ...times });
    await this.sync(tenant);
    return toAlertRule(compiled, this.live(tenant, rule.id));
  }

  private async switchShared(
    tenant: string,
    id: string,
    patch: AlertRulePatch,
  ): Promise<AlertRule> {
    const shared = this.book.sharedRule(id);
    const { enabled, ...others } = patch;
    if (!shared) throw notFound("rule", id);
    if (Object.values(others).some((value) => value !== undefined)) {
      throw sharedRuleConflict(id, shared.origin, "; only enabled can be changed here");
    }
    const { state, now } = this.options;
    if (enabled === shared.input.enabled) {
      await state.rules.removeOverride(tenant, id);
      this.book.override(tenant, id, undefined);
    } else if (enabled !== undefined) {
      await state.rules.putOverride({ tenant, id, enabled, updatedAtMs: now() });
      this.book.override(tenant, id, enabled);
    }
    await this.sync(tenant);
    const rule = this.get(tenant, id);
    if (!rule) throw notFound("rule", id);
    return rule;
  }

  private reportProblems(): void {
    for (const { id, evaluation, enabled, origin } of this.list("")) {
      if (origin !== "config" || !enabled || evaluation.error === null) continue;
      this.options.logger.warn({ rule: id }, `the rule is not evaluated: ${evaluation.error}`);
    }
  }
}

const tenantsOf = (all: readonly { tenant: string }[]): string[] => all.map(({ tenant }) => tenant);

/** The rules of configuration, program, API and rule files. `start` begins to evaluate them. */
export const createRules = (options: RulesOptions): Rules => new AlertRules(options);
