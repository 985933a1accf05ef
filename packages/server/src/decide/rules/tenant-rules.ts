import { setImmediate as nextTurn } from "node:timers/promises";

import type { Expr } from "@fleetlight/promql";

import { isoTime } from "#lib";

import type { FlappingLimit } from "../alerting/index.ts";
import { alertingView, NEVER, type RuleGroupView } from "../groups/index.ts";
import { planOf, type LiveRule, type RuleEngine, type RuleSetup } from "../live/index.ts";
import type { CompiledRule } from "./compile.ts";
import type { RuleBook } from "./rule-book.ts";

/** The group in which rules of the configuration and the API are shown, and its file. */
const GROUP_NAME = "threshold rules";
const GROUP_FILE = "fleetlight";

/** Time that rules are evaluated for before other work of the process has its turn. */
const TURN_MS = 8;
/** Rules that ask the whole query at once; they do not depend on one another. */
const MAX_CONCURRENT = 4;

interface TenantRulesOptions {
  tenant: string;
  engine: RuleEngine;
  flapping: () => FlappingLimit | null;
}

/** The rules of configuration, program and API that are in force for one tenant: a group without an order. */
export class TenantRules {
  private readonly options: TenantRulesOptions;
  private readonly lives = new Map<string, LiveRule>();
  private readonly compiled = new Map<LiveRule, CompiledRule>();
  private wanted: RuleBook | undefined;
  private syncing: Promise<void> | undefined;
  private last: { atMs: number; seconds: number } | undefined;

  constructor(options: TenantRulesOptions) {
    this.options = options;
  }

  get(id: string): LiveRule | undefined {
    return this.lives.get(id);
  }

  /**
   * Brings the evaluated rules in line with those that are written, in turns when there are many.
   * @returns when those that changed are evaluated.
   */
  sync(book: RuleBook): Promise<void> {
    this.wanted = book;
    this.syncing ??= this.follow().finally(() => (this.syncing = undefined));
    return this.syncing;
  }

  /** Until nothing was changed meanwhile. */
  private async follow(): Promise<void> {
    while (this.wanted !== undefined) {
      const book = this.wanted;
      this.wanted = undefined;
      await this.syncWith(book);
    }
  }

  private async syncWith(book: RuleBook): Promise<void> {
    const { engine, tenant } = this.options;
    const ids = new Set(book.ids(tenant));
    for (const id of this.lives.keys()) if (!ids.has(id)) this.end(id);
    const evaluated: Promise<void>[] = [];
    let turnEndsMs = performance.now() + TURN_MS;
    for (const id of ids) {
      const compiled = book.compile(tenant, id);
      if (!compiled?.enabled || !compiled.expr) this.end(id);
      else {
        const live = this.enforce(id, compiled, compiled.expr);
        if (live !== undefined) evaluated.push(engine.evaluate(live, "change"));
      }
      if (performance.now() < turnEndsMs) continue;
      await nextTurn();
      turnEndsMs = performance.now() + TURN_MS;
    }
    await Promise.all(evaluated);
  }

  private end(id: string): void {
    const live = this.lives.get(id);
    if (live === undefined) return;
    this.options.engine.remove(live);
    this.lives.delete(id);
    this.compiled.delete(live);
  }

  /** @returns the rule when it is new or another one than before. */
  private enforce(id: string, compiled: CompiledRule, expr: Expr): LiveRule | undefined {
    const { engine } = this.options;
    const known = this.lives.get(id);
    if (known !== undefined && !this.isOther(known, compiled)) return undefined;
    const setup = this.setupOf(compiled, expr);
    const live = known ?? engine.begin(setup);
    if (known !== undefined) engine.change(known, setup);
    this.lives.set(id, live);
    this.compiled.set(live, compiled);
    return live;
  }

  /** Evaluates everything once, so that silence and the end of waits are noticed. Never rejects. */
  async round(atMs: number, signal: AbortSignal): Promise<void> {
    const { engine } = this.options;
    const startedMs = performance.now();
    const underWay = new Set<Promise<void>>();
    let turnEndsMs = startedMs + TURN_MS;
    for (const live of this.lives.values()) {
      if (signal.aborted) return;
      if (live.removed) continue;
      const evaluated = engine.evaluate(live, "clock").then(() => void underWay.delete(evaluated));
      underWay.add(evaluated);
      if (underWay.size >= MAX_CONCURRENT) await Promise.race(underWay);
      if (performance.now() < turnEndsMs) continue;
      await nextTurn();
      turnEndsMs = performance.now() + TURN_MS;
    }
    await Promise.all(underWay);
    this.last = { atMs, seconds: (performance.now() - startedMs) / 1000 };
  }

  /** In upstream's shape; rules that come with Fleetlight are not the user's, and not shown. */
  view(wanted: ReadonlyMap<string, CompiledRule>, intervalMs: number): RuleGroupView | undefined {
    const rules = [...wanted.values()]
      .filter(({ origin, enabled }) => origin !== "builtin" && enabled)
      .map((compiled) => {
        const live = this.lives.get(compiled.definition.id);
        return live === undefined ? brokenView(compiled) : alertingView(live);
      });
    if (rules.length === 0) return undefined;
    return {
      name: GROUP_NAME,
      file: GROUP_FILE,
      rules,
      interval: intervalMs / 1000,
      limit: 0,
      evaluationTime: this.last?.seconds ?? 0,
      lastEvaluation: this.last === undefined ? NEVER : isoTime(this.last.atMs),
    };
  }

  private isOther(live: LiveRule, compiled: CompiledRule): boolean {
    const former = this.compiled.get(live);
    if (former === compiled) return false;
    const isSame = JSON.stringify(live.definition) === JSON.stringify(compiled.definition);
    if (isSame) this.compiled.set(live, compiled);
    return !isSame;
  }

  private setupOf({ definition }: CompiledRule, expr: Expr): RuleSetup {
    return {
      tenant: this.options.tenant,
      key: definition.id,
      definition,
      plan: () => planOf(expr),
      spec: {
        forMs: definition.forMs,
        keepFiringForMs: definition.keepFiringForMs,
        limit: 0,
        flapping: this.options.flapping(),
      },
      offsetMs: 0,
    };
  }
}

const brokenView = ({ definition, problem }: CompiledRule): RuleGroupView["rules"][number] => ({
  type: "alerting",
  state: "inactive",
  name: definition.name,
  query: definition.query || definition.metric,
  duration: definition.forMs / 1000,
  keepFiringFor: definition.keepFiringForMs / 1000,
  labels: definition.labels,
  annotations: definition.annotations,
  alerts: [],
  health: "err",
  lastError: problem ?? "",
  evaluationTime: 0,
  lastEvaluation: NEVER,
});
