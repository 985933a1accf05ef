import { setImmediate as nextTurn } from "node:timers/promises";

import type { AlertingRuleConfig, RecordingRuleConfig, RuleGroupConfig } from "#config";
import { DEFAULT_TENANT, describeError, FleetlightError, isoTime, type Logger } from "#lib";
import type { PromQLQueries } from "#query";
import type { Appender, MetricStore, SeriesRef } from "#store";

import type { FlappingLimit } from "../alerting/index.ts";
import type { LiveRule, RuleEngine } from "../live/index.ts";
import { setupOfFile } from "./alerting-setup.ts";
import type { GroupInstruments } from "./instruments.ts";
import { Recorder } from "./recorder.ts";
import type { RecordingRuleView, RuleGroupView } from "./types.ts";
import { alertingView, NEVER } from "./view.ts";

/** Time that rules of a group are evaluated for before other work of the process has its turn. */
const TURN_MS = 8;

/** What became of the latest evaluation. */
interface Outcome {
  atMs: number;
  seconds: number;
  error: string;
}

interface RecordingState {
  config: RecordingRuleConfig;
  recorder: Recorder;
  last: Outcome | undefined;
}

interface AlertingState {
  config: AlertingRuleConfig;
  live: LiveRule;
}

type RuleState = RecordingState | AlertingState;

const isRecording = (rule: RuleState): rule is RecordingState => rule.config.kind === "recording";

export interface GroupDefinition {
  file: string;
  config: RuleGroupConfig;
  /** Those of the group, or the defaults. */
  intervalMs: number;
  queryOffsetMs: number;
  /** Ids of the alert rules, by their place in the group. */
  ids: readonly string[];
  cooldownMs: number;
  flapping: FlappingLimit | null;
}

export interface GroupContext {
  queries: Pick<PromQLQueries, "instant">;
  metrics: MetricStore;
  engine: Pick<RuleEngine, "begin" | "change" | "remove" | "evaluate" | "recorded">;
  instruments: GroupInstruments;
  logger: Logger;
  now: () => number;
  /** Milliseconds of a clock that never goes back. */
  monotonicMs: () => number;
}

export const keyOf = ({ file, config }: GroupDefinition): string => `${file};${config.name}`;

const secondsView = (ms: number): number => ms / 1000;

/** The same rule before and after a reload: what it writes is the same series. */
const identityOf = ({ name, labels }: RecordingRuleConfig | AlertingRuleConfig): string =>
  JSON.stringify([name, Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))]);

/** One group of rules: evaluates them in order, so that each sees what those before it wrote. */
export class RuleGroup {
  readonly definition: GroupDefinition;
  private readonly context: GroupContext;
  private readonly rules: RuleState[];
  private readonly appender: Appender;
  /** Series of rules that a reload took away; the next evaluation ends them. */
  private orphans: SeriesRef[] = [];
  private last: Outcome | undefined;
  /** Whether a rule asks for alerts. */
  private readonly readsAlerts: boolean;

  /** `former` is the group as it was before a reload: rules that are the same go on, the others end. */
  constructor(definition: GroupDefinition, context: GroupContext, former?: RuleGroup) {
    this.definition = definition;
    this.context = context;
    this.appender = context.metrics.appender(DEFAULT_TENANT);
    this.readsAlerts = definition.config.rules.some(({ query }) => query.includes("ALERTS"));
    const known = former?.aliveRules() ?? new Map<string, LiveRule[]>();
    this.rules = definition.config.rules.map((config, at): RuleState =>
      config.kind === "recording"
        ? { config, recorder: new Recorder(config), last: undefined }
        : { config, live: this.enforce(config, at, known.get(identityOf(config))?.shift()) },
    );
    for (const live of [...known.values()].flat()) context.engine.remove(live);
    if (former !== undefined) this.adopt(former);
  }

  /** Name of the group among all files, and in the figures. */
  get key(): string {
    return keyOf(this.definition);
  }

  private adopt(former: RuleGroup): void {
    const known = new Map<string, RecordingState[]>();
    for (const rule of former.rules.filter(isRecording)) {
      const key = identityOf(rule.config);
      known.set(key, [...(known.get(key) ?? []), rule]);
    }
    for (const rule of this.rules.filter(isRecording)) {
      const match = known.get(identityOf(rule.config))?.shift();
      if (match === undefined) continue;
      rule.recorder.adopt(match.recorder);
      rule.last = match.last;
    }
    const left = [...known.values()].flat().flatMap(({ recorder }) => [...recorder.series()]);
    this.orphans = [...former.orphans, ...left];
    this.last = former.last;
  }

  /** Alert rules that are in force, by what makes them the same after a reload. */
  private aliveRules(): Map<string, LiveRule[]> {
    const found = new Map<string, LiveRule[]>();
    for (const rule of this.rules) {
      if (isRecording(rule)) continue;
      const key = identityOf(rule.config);
      found.set(key, [...(found.get(key) ?? []), rule.live]);
    }
    return found;
  }

  private enforce(config: AlertingRuleConfig, at: number, known: LiveRule | undefined): LiveRule {
    const { engine } = this.context;
    const setup = setupOfFile(config, this.definition, at);
    if (known === undefined) return engine.begin(setup);
    engine.change(known, setup);
    return known;
  }

  /** The alerts of a group that is gone are over. */
  removeAlerts(): void {
    for (const rule of this.rules) if (!isRecording(rule)) this.context.engine.remove(rule.live);
  }

  /** Evaluates every rule for one moment. Never rejects. */
  async evaluate(atMs: number, signal: AbortSignal): Promise<void> {
    const { instruments, monotonicMs } = this.context;
    const startedMs = monotonicMs();
    const label = { rule_group: this.key };
    let samples = 0;
    let turnEndsMs = performance.now() + TURN_MS;
    for (const rule of this.rules) {
      if (signal.aborted) return;
      if (isRecording(rule)) samples += await this.evaluateRule(rule, atMs, signal);
      else samples += await this.evaluateAlerts(rule, atMs);
      if (performance.now() < turnEndsMs) continue;
      await nextTurn();
      turnEndsMs = performance.now() + TURN_MS;
    }
    // A rule that was changed may write the same series as before.
    if (this.orphans.length > 0) await this.endOrphans(atMs, new Set(this.series()));
    const seconds = (monotonicMs() - startedMs) / 1000;
    this.last = { atMs, seconds, error: "" };
    instruments.seconds.observe(seconds);
    instruments.samples.set(label, samples);
    instruments.lastSeconds.set(label, seconds);
    instruments.lastTime.set(label, this.context.now() / 1000);
  }

  /** Series that the latest evaluation wrote. */
  *series(): Generator<SeriesRef> {
    for (const rule of this.rules) if (isRecording(rule)) yield* rule.recorder.series();
  }

  /** Ends the series of a group that was taken away, but for those that others write now. Never rejects. */
  async retire(atMs: number, alive: ReadonlySet<SeriesRef>): Promise<void> {
    this.orphans = [...this.orphans, ...this.series()];
    await this.endOrphans(atMs, alive);
  }

  private async evaluateRule(
    rule: RecordingState,
    atMs: number,
    signal: AbortSignal,
  ): Promise<number> {
    const { queries, instruments, monotonicMs } = this.context;
    const { limit } = this.definition.config;
    const timeMs = atMs - this.definition.queryOffsetMs;
    const label = { rule_group: this.key };
    const startedMs = monotonicMs();
    let error = "";
    let samples = 0;
    try {
      const result = await queries.instant(DEFAULT_TENANT, rule.config.query, timeMs, { signal });
      samples = await rule.recorder.record(result, timeMs, limit, this.appender);
    } catch (failure) {
      if (signal.aborted) return 0;
      error = failure instanceof FleetlightError ? failure.message : describeError(failure);
      instruments.failures.inc(label);
      this.warn(rule, error);
    }
    instruments.evaluations.inc(label);
    rule.last = { atMs, seconds: (monotonicMs() - startedMs) / 1000, error };
    return samples;
  }

  private async evaluateAlerts({ live }: AlertingState, atMs: number): Promise<number> {
    const { engine, instruments } = this.context;
    const label = { rule_group: this.key };
    const { failures } = live;
    await engine.evaluate(live, "clock", atMs);
    // Rules that come later in the group see the alerts of those before.
    if (this.readsAlerts) await engine.recorded();
    instruments.evaluations.inc(label);
    if (live.failures > failures) instruments.failures.inc(label);
    return live.last?.samples ?? 0;
  }

  private warn(rule: RecordingState, error: string): void {
    if (rule.last?.error === error) return;
    this.context.logger.warn(
      { group: this.definition.config.name, rule: rule.config.name, error },
      "evaluating a rule failed",
    );
  }

  private async endOrphans(atMs: number, alive: ReadonlySet<SeriesRef>): Promise<void> {
    if (this.orphans.length === 0) return;
    const timeMs = atMs - this.definition.queryOffsetMs;
    for (const ref of this.orphans) if (!alive.has(ref)) this.appender.appendStale(ref, timeMs);
    try {
      await this.appender.commit();
      this.orphans = [];
    } catch (error) {
      this.context.logger.warn(
        { group: this.definition.config.name, error: describeError(error) },
        "series of rules that are gone could not be ended yet",
      );
    }
  }

  view(): RuleGroupView {
    const { file, config, intervalMs } = this.definition;
    return {
      name: config.name,
      file,
      rules: this.rules.map((rule) =>
        isRecording(rule) ? recordingView(rule) : alertingView(rule.live),
      ),
      interval: secondsView(intervalMs),
      limit: config.limit,
      evaluationTime: this.last?.seconds ?? 0,
      lastEvaluation: this.last === undefined ? NEVER : isoTime(this.last.atMs),
    };
  }
}

function recordingView({ config, last }: RecordingState): RecordingRuleView {
  return {
    type: "recording",
    name: config.name,
    query: config.query,
    labels: config.labels,
    health: last === undefined ? "unknown" : last.error === "" ? "ok" : "err",
    lastError: last?.error ?? "",
    evaluationTime: last?.seconds ?? 0,
    lastEvaluation: last === undefined ? NEVER : isoTime(last.atMs),
  };
}
