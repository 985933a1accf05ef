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
  /** What `compileAll` answered, until a rule changes. */
  private readonly compiled = new Map<string, ReadonlyMap<string, CompiledRule>>();

  constructor(config: Config, now: Now) {
    this.now = now;
    this.config = config;
    this.configure(config);
  }

  configure(config: Config): void {
    const former = this.shared;
    const atMs = this.now();
    this.config = config;
    this.compiled.clear();
    this.shared = new Map();
    for (const [id, { input, origin }] of sharedInputs(config)) {
      const known = former.get(id);
      const updatedAtMs = known && sameRule(known.input, input) ? known.updatedAtMs : atMs;
      this.shared.set(id, { input, origin, createdAtMs: known?.createdAtMs ?? atMs, updatedAtMs });
    }
  }

  load(rules: readonly StoredRule[], overrides: readonly RuleOverride[]): void {
    for (const rule of rules) this.put(rule);
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
    this.compiled.delete(rule.tenant);
    const rules = this.made.get(rule.tenant) ?? new Map<string, StoredRule>();
    this.made.set(rule.tenant, rules.set(rule.rule.id, rule));
  }

  remove(tenant: string, id: string): void {
    this.compiled.delete(tenant);
    this.made.get(tenant)?.delete(id);
  }

  /** Switches a shared rule for one tenant; undefined takes the switch away. */
  override(tenant: string, id: string, enabled: boolean | undefined): void {
    this.compiled.delete(tenant);
    const switches = this.switched.get(tenant) ?? new Map<string, boolean>();
    if (enabled === undefined) switches.delete(id);
    else this.switched.set(tenant, switches.set(id, enabled));
  }

  compile(tenant: string, id: string): CompiledRule | undefined {
    return this.compileAll(tenant).get(id);
  }

  /** The rules of one tenant, by id. */
  compileAll(tenant: string): ReadonlyMap<string, CompiledRule> {
    const known = this.compiled.get(tenant);
    if (known) return known;
    const ids = new Set([...this.shared.keys(), ...(this.made.get(tenant)?.keys() ?? [])]);
    const rules = new Map<string, CompiledRule>();
    for (const id of [...ids].toSorted()) {
      const rule = this.compileOne(tenant, id);
      if (rule) rules.set(id, rule);
    }
    if (this.compiled.size >= MAX_TENANTS_COMPILED) this.compiled.clear();
    this.compiled.set(tenant, rules);
    return rules;
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
