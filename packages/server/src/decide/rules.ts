import type { AlertRule, AlertRuleInput, AlertRulePatch } from "@fleetlight/contract";
import type { Config } from "#config";
import { badRequest, conflict, isoTime, limitReached, notFound, type Logger, type Now } from "#lib";
import type { Registry } from "@fleetlight/sdk";
import type { MetricStore, StateStore } from "#store";

import { compileRule, sourceOfInput, type CompiledRule } from "./compile.ts";
import { RuleEngine } from "./engine.ts";
import type { LiveRule } from "./live-rule.ts";
import { RuleBook } from "./rule-book.ts";
import type { Evaluation } from "./types.ts";

/** Rules that one tenant may make through the API. */
const MAX_RULES_PER_TENANT = 1000;

interface RulesOptions {
  state: StateStore;
  metrics: MetricStore;
  config: Config;
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
  stop(): void;
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
  /** For `/health`: rules in force, and how many of them cannot be evaluated. */
  stats(): { rules: number; errors: number };
}

function toAlertRule(compiled: CompiledRule, live: LiveRule | undefined): AlertRule {
  const { forMs, cooldownMs, ...definition } = compiled.definition;
  return {
    ...definition,
    enabled: compiled.enabled,
    for_duration: forMs / 1000,
    cooldown_minutes: cooldownMs / 60_000,
    origin: compiled.origin,
    created_at: isoTime(compiled.createdAtMs),
    updated_at: isoTime(compiled.updatedAtMs),
    evaluation: {
      last_at: live?.lastAtMs == null ? null : isoTime(live.lastAtMs),
      last_duration_seconds: live?.lastDurationMs == null ? null : live.lastDurationMs / 1000,
      series: live?.refs.size ?? 0,
      error: compiled.problem ?? live?.complaint ?? null,
    },
  };
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
  private config: Config;
  /** Changes of rules wait for one another, so that none of two at once is lost. */
  private changes: Promise<unknown> = Promise.resolve();

  constructor(options: RulesOptions) {
    this.options = options;
    this.config = options.config;
    this.book = new RuleBook(options.config, options.now);
    this.engine = new RuleEngine({
      ...options,
      book: this.book,
      intervalMs: () => this.config.alerting.evaluation_interval,
    });
  }

  async start(): Promise<void> {
    const { state } = this.options;
    this.book.load(await state.rules.list(), await state.rules.overrides());
    const services = await state.services.list();
    const tenants = [...this.book.tenants(), ...services.map((service) => service.tenant)];
    this.engine.start(tenants, await state.alerts.active());
    this.reportProblems();
  }

  stop(): void {
    this.engine.stop();
  }

  list(tenant: string): AlertRule[] {
    return [...this.book.compileAll(tenant)].map(([id, compiled]) =>
      toAlertRule(compiled, this.engine.live(tenant, id)),
    );
  }

  get(tenant: string, id: string): AlertRule | undefined {
    const compiled = this.book.compile(tenant, id);
    return compiled && toAlertRule(compiled, this.engine.live(tenant, id));
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
      const { expr, ...rule } = known.rule;
      const metric = patch.metric ?? known.rule.metric ?? expr;
      const changed = { ...rule, ...patch, ...(metric === undefined ? {} : { metric }) };
      return this.save(tenant, changed as AlertRuleInput, known.createdAtMs);
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
      this.engine.sync(tenant);
    });
  }

  reconfigure(config: Config): void {
    const formerInterval = this.config.alerting.evaluation_interval;
    this.config = config;
    this.book.configure(config);
    this.engine.syncAll();
    if (config.alerting.evaluation_interval !== formerInterval) this.engine.restartClock();
    this.reportProblems();
  }

  removeService(tenant: string, service: string): void {
    this.engine.removeService(tenant, service);
  }

  stats(): { rules: number; errors: number } {
    const lives = [...this.engine.all()];
    return { rules: lives.length, errors: lives.filter((live) => live.error !== null).length };
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
    this.engine.sync(tenant);
    return toAlertRule(compiled, this.engine.live(tenant, rule.id));
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
    this.engine.sync(tenant);
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

/** The rules of configuration, program and API. `start` begins to evaluate them. */
export const createRules = (options: RulesOptions): Rules => new AlertRules(options);
