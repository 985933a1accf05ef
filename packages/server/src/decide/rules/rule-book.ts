import { AlertRuleInput } from "@fleetlight/contract";

import type { Config } from "#config";
import type { Now } from "#lib";
import type { RuleOverride, StoredRule } from "#store";

import { BUILTIN_RULES } from "./builtin.ts";
import { compileLeniently, sourceOfInput, type CompiledRule, type RuleSource } from "./compile.ts";

/** Tenants whose compiled rules are kept; any name may be asked for. */
const MAX_TENANTS_COMPILED = 1000;

const sameRule = (a: RuleSource["input"], b: RuleSource["input"]): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/** Rules of configuration and program by id; one of the configuration replaces a built-in one. */
function sharedInputs(config: Config): Map<string, Pick<RuleSource, "input" | "origin">> {
  const inputs = new Map<string, Pick<RuleSource, "input" | "origin">>();
  if (config.alerting.builtin_rules) {
    for (const input of BUILTIN_RULES) inputs.set(input.id, { input, origin: "builtin" });
  }
  for (const [id, rule] of Object.entries(config.alerting.rules)) {
    inputs.set(id, { input: { ...rule, id }, origin: "config" });
  }
  return inputs;
}

/**
 * Every rule that somebody wrote: those of the configuration and the program, which hold for all tenants, and those
 * that a tenant made through the API. Where ids meet, the configuration's rule counts.
 */
export class RuleBook {
  private readonly now: Now;
  private config: Config;
  private shared = new Map<string, RuleSource>();
  private readonly made = new Map<string, Map<string, StoredRule>>();
  private readonly switched = new Map<string, Map<string, boolean>>();
  /** What `compile` answered, until a rule changes. */
  private readonly compiled = new Map<string, Map<string, CompiledRule>>();

  constructor(config: Config, now: Now) {
    this.now = now;
    this.config = config;
    this.configure(config);
  }

  configure(config: Config): void {
    const former = this.shared;
    const atMs = this.now();
    const { alert_cooldown_minutes } = this.config.monitoring;
    // A default that changes is in every rule.
    if (alert_cooldown_minutes !== config.monitoring.alert_cooldown_minutes) this.compiled.clear();
    this.config = config;
    this.shared = new Map();
    for (const [id, { input, origin }] of sharedInputs(config)) {
      const known = former.get(id);
      if (known?.origin === origin && sameRule(known.input, input)) {
        this.shared.set(id, known);
        continue;
      }
      this.shared.set(id, {
        input,
        origin,
        createdAtMs: known?.createdAtMs ?? atMs,
        updatedAtMs: atMs,
      });
      this.forgetEverywhere(id);
    }
    for (const id of former.keys()) if (!this.shared.has(id)) this.forgetEverywhere(id);
  }

  load(rules: readonly StoredRule[], overrides: readonly RuleOverride[]): void {
    // A rule that an earlier Fleetlight wrote gets the defaults of what it did not know.
    for (const rule of rules) this.put({ ...rule, rule: AlertRuleInput.parse(rule.rule) });
    for (const { tenant, id, enabled } of overrides) this.override(tenant, id, enabled);
  }

  /** Tenants with rules or switches of their own. */
  tenants(): Set<string> {
    return new Set([...this.made.keys(), ...this.switched.keys()]);
  }

  madeBy(tenant: string, id: string): StoredRule | undefined {
    return this.made.get(tenant)?.get(id);
  }

  countMadeBy(tenant: string): number {
    return this.made.get(tenant)?.size ?? 0;
  }

  sharedRule(id: string): RuleSource | undefined {
    return this.shared.get(id);
  }

  put(rule: StoredRule): void {
    this.forget(rule.tenant, rule.rule.id);
    const rules = this.made.get(rule.tenant) ?? new Map<string, StoredRule>();
    this.made.set(rule.tenant, rules.set(rule.rule.id, rule));
  }

  remove(tenant: string, id: string): void {
    this.forget(tenant, id);
    this.made.get(tenant)?.delete(id);
  }

  /** Switches a shared rule for one tenant; undefined takes the switch away. */
  override(tenant: string, id: string, enabled: boolean | undefined): void {
    this.forget(tenant, id);
    const switches = this.switched.get(tenant) ?? new Map<string, boolean>();
    if (enabled === undefined) switches.delete(id);
    else this.switched.set(tenant, switches.set(id, enabled));
  }

  /** Ids of a tenant's rules, in order. */
  ids(tenant: string): string[] {
    const made = this.made.get(tenant)?.keys() ?? [];
    return [...new Set([...this.shared.keys(), ...made])].toSorted();
  }

  /** One rule; the same object until it changes. */
  compile(tenant: string, id: string): CompiledRule | undefined {
    let known = this.compiled.get(tenant);
    if (!known) {
      if (this.compiled.size >= MAX_TENANTS_COMPILED) this.compiled.clear();
      this.compiled.set(tenant, (known = new Map()));
    }
    const rule = known.get(id) ?? this.compileOne(tenant, id);
    if (rule !== undefined) known.set(id, rule);
    return rule;
  }

  /** The rules of one tenant, by id. */
  compileAll(tenant: string): ReadonlyMap<string, CompiledRule> {
    const rules = new Map<string, CompiledRule>();
    for (const id of this.ids(tenant)) {
      const rule = this.compile(tenant, id);
      if (rule) rules.set(id, rule);
    }
    return rules;
  }

  private forgetEverywhere(id: string): void {
    for (const tenant of this.compiled.keys()) this.forget(tenant, id);
  }

  private forget(tenant: string, id: string): void {
    this.compiled.get(tenant)?.delete(id);
  }

  private compileOne(tenant: string, id: string): CompiledRule | undefined {
    const shared = this.shared.get(id);
    if (shared) {
      const enabled = this.switched.get(tenant)?.get(id) ?? shared.input.enabled;
      return compileLeniently({ ...shared, input: { ...shared.input, enabled } }, this.config);
    }
    const made = this.made.get(tenant)?.get(id);
    return made && compileLeniently(sourceOfInput(made.rule, made), this.config);
  }
}
