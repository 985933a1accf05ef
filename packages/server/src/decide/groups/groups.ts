import type { Registry } from "@fleetlight/sdk";

import type { GlobalConfig, RuleFile } from "#config";
import { createScheduler, describeError, type Logger, type Now, type Scheduler } from "#lib";
import type { PromQLQueries } from "#query";
import type { MetricStore } from "#store";

import type { FlappingLimit } from "../alerting/index.ts";
import { keyOf, RuleGroup, type GroupContext, type GroupDefinition } from "./group.ts";
import { createGroupInstruments, forgetGroup, type GroupInstruments } from "./instruments.ts";
import type { RuleGroupsView } from "./types.ts";

/** Groups that are evaluated at once; the limit of queries is for people first. */
const MAX_CONCURRENT_GROUPS = 4;
/** A group that is gone is given this many intervals in which another may take its series over. */
const RETIRE_AFTER_INTERVALS = 2;

export interface RuleGroupsOptions {
  files: () => readonly RuleFile[];
  global: () => GlobalConfig;
  queries: Pick<PromQLQueries, "instant">;
  metrics: MetricStore;
  /** Who keeps the alert rules of the groups in force. */
  engine: GroupContext["engine"];
  /** Of alert rules, which cannot say it themselves. */
  cooldownMs: () => number;
  flapping: () => FlappingLimit | null;
  registry: Registry;
  logger: Logger;
  now: Now;
  /** Milliseconds of a clock that never goes back; the process's own when left out. */
  monotonicMs?: () => number;
  /** See the scheduler's option of this name. */
  longestSleepMs?: number;
}

/** Groups of the rule files, evaluated each at its own pace for the default tenant. */
export interface RuleGroups {
  start(): void;
  /** Call it after the configuration changed; groups that stay the same go on undisturbed. */
  reconfigure(): void;
  view(): RuleGroupsView;
  /** Ends what is under way. No series is ended: the next process goes on with them. */
  stop(): Promise<void>;
}

/** A number in [0, 1) that belongs to the key (FNV-1a, stirred), so that groups spread over their interval. */
function shareOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

/** The first moment after `afterMs` that belongs to the group: the grid of the interval, shifted by its share. */
export function nextEvaluationMs(key: string, intervalMs: number, afterMs: number): number {
  const offsetMs = Math.floor(shareOf(key) * intervalMs);
  return (Math.floor((afterMs - offsetMs) / intervalMs) + 1) * intervalMs + offsetMs;
}

/** Gives every alert rule an id of its own, though names may be repeated. */
function uniqueIds(): (id: string) => string {
  const seen = new Map<string, number>();
  return (id) => {
    const count = (seen.get(id) ?? 0) + 1;
    seen.set(id, count);
    return count === 1 ? id : `${id}#${count}`;
  };
}

const textOf = (definition: GroupDefinition): string => JSON.stringify(definition);

class GroupBook implements RuleGroups {
  private readonly options: RuleGroupsOptions;
  private readonly instruments: GroupInstruments;
  private readonly scheduler: Scheduler;
  private readonly context: GroupContext;
  private readonly abort = new AbortController();
  private groups = new Map<string, RuleGroup>();

  constructor(options: RuleGroupsOptions) {
    this.options = options;
    this.instruments = createGroupInstruments(options.registry);
    this.context = {
      ...options,
      instruments: this.instruments,
      monotonicMs: options.monotonicMs ?? (() => performance.now()),
    };
    this.scheduler = createScheduler({
      now: options.now,
      ...(options.longestSleepMs === undefined ? {} : { longestSleepMs: options.longestSleepMs }),
      maxConcurrency: () => MAX_CONCURRENT_GROUPS,
      onError: (error, key) =>
        options.logger.error({ group: key, error: describeError(error) }, "a rule group broke off"),
    });
  }

  start(): void {
    this.reconfigure();
  }

  reconfigure(): void {
    if (this.abort.signal.aborted) return;
    const former = this.groups;
    const next = new Map<string, RuleGroup>();
    for (const definition of this.definitions()) {
      const key = keyOf(definition);
      const known = former.get(key);
      if (known !== undefined && textOf(known.definition) === textOf(definition)) {
        next.set(key, known);
        continue;
      }
      const group = new RuleGroup(definition, this.context, known);
      next.set(key, group);
      this.plan(group, known === undefined);
    }
    this.groups = next;
    for (const [key, group] of former) {
      if (next.has(key)) continue;
      group.removeAlerts();
      this.retire(key, group);
    }
  }

  view(): RuleGroupsView {
    return { groups: Array.from(this.groups.values(), (group) => group.view()) };
  }

  async stop(): Promise<void> {
    this.abort.abort();
    await this.scheduler.stop();
  }

  private *definitions(): Generator<GroupDefinition> {
    const { global, cooldownMs, flapping } = this.options;
    const { evaluation_interval, rule_query_offset } = global();
    const idOf = uniqueIds();
    for (const { path, groups } of this.options.files()) {
      for (const config of groups) {
        yield {
          file: path,
          config,
          intervalMs: config.intervalMs ?? evaluation_interval,
          queryOffsetMs: config.queryOffsetMs ?? rule_query_offset,
          ids: config.rules.map(({ kind, name }) =>
            kind === "alerting" ? idOf(`${config.name}/${name}`) : "",
          ),
          cooldownMs: cooldownMs(),
          flapping: flapping(),
        };
      }
    }
  }

  private plan(group: RuleGroup, isNew: boolean): void {
    const { key } = group;
    const { intervalMs, config } = group.definition;
    const label = { rule_group: key };
    this.instruments.interval.set(label, intervalMs / 1000);
    this.instruments.rules.set(label, config.rules.length);
    if (isNew) {
      // Shown from the start, so that a rate over them sees the first event.
      for (const counter of ["iterations", "missed", "evaluations", "failures"] as const)
        this.instruments[counter].inc(label, 0);
    }
    const firstMs = nextEvaluationMs(key, intervalMs, this.options.now());
    this.scheduler.add(key, firstMs, (dueMs) => this.run(group, dueMs));
  }

  /** @returns when the group is due again; what was missed meanwhile is counted and left out, as upstream does. */
  private async run(group: RuleGroup, dueMs: number): Promise<number> {
    const label = { rule_group: group.key };
    const { intervalMs } = group.definition;
    const lateMs = this.options.now() - dueMs;
    const missed = Math.max(0, Math.floor(lateMs / intervalMs));
    this.instruments.iterations.inc(label, missed + 1);
    if (missed > 0) this.instruments.missed.inc(label, missed);
    const atMs = dueMs + missed * intervalMs;
    await group.evaluate(atMs, this.abort.signal);
    return atMs + intervalMs;
  }

  private retire(key: string, group: RuleGroup): void {
    const { intervalMs } = group.definition;
    forgetGroup(this.instruments, key);
    const atMs = this.options.now() + RETIRE_AFTER_INTERVALS * intervalMs;
    this.scheduler.add(key, atMs, async () => {
      const alive = new Set([...this.groups.values()].flatMap((other) => [...other.series()]));
      await group.retire(this.options.now(), alive);
      return null;
    });
  }
}

export const createRuleGroups = (options: RuleGroupsOptions): RuleGroups => new GroupBook(options);
