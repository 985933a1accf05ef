import { describeError, type Logger, type Now } from "#lib";
import type { PromQLQueries } from "#query";
import type { MetricStore, SeriesRef } from "#store";

import {
  AlertLimitError,
  type AlertChange,
  type Candidate,
  type RuleAlert,
  type Surroundings,
} from "../alerting/index.ts";
import { isActiveAt } from "../rules/active-time.ts";
import type { Evaluation } from "../types.ts";
import { Announcer, type Cause } from "./announcer.ts";
import { forgetHeard } from "./heard.ts";
import type { RuleInstruments } from "./instruments.ts";
import type { LiveRule } from "./live-rule.ts";
import { failingCandidate, isAboutRule, NO_DATA, noDataCandidate } from "./policy.ts";
import { QueryEvaluation, type QueryAnswer } from "./query-evaluation.ts";
import type { RemovedServices } from "./removed-services.ts";
import { SeriesEvaluation, type SeriesAnswer } from "./series-evaluation.ts";

/** Alerts of one rule, and of all, that are active at once; further ones wait until there is room, and the rule says so. */
const MAX_ACTIVE_PER_RULE = 10_000;
const MAX_ACTIVE = 50_000;

/** Series of a rule that are looked at before others get their turn. */
const SERIES_PER_TURN = 5000;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export interface EvaluatorOptions {
  metrics: MetricStore;
  queries: Pick<PromQLQueries, "instant">;
  now: Now;
  logger: Logger;
  lookbackMs: () => number;
  removed: RemovedServices;
  surroundings: (live: LiveRule) => Surroundings;
  emit: (evaluations: Evaluation[]) => void;
  instruments: RuleInstruments;
  /** How long after the start an alert is kept although nothing was heard of its series. */
  graceMs: () => number;
  /** Told after every evaluation; the rule may have another time at which it is due, and alerts that changed. */
  onEvaluated: (live: LiveRule, occasion: Evaluated) => void;
}

export interface Evaluated {
  atMs: number;
  cause: Cause;
  changes: readonly AlertChange[];
}

/** Evaluates one rule at a time: asks what it says now, applies it to the rule's alerts, and emits what changed. */
export class Evaluator {
  private readonly options: EvaluatorOptions;
  private readonly series: SeriesEvaluation;
  private readonly query: QueryEvaluation;
  private readonly startedAtMs: number;
  private readonly abort = new AbortController();
  readonly announcer = new Announcer();
  /** Pending and firing alerts of all rules. */
  active = 0;

  constructor(options: EvaluatorOptions) {
    this.options = options;
    this.startedAtMs = options.now();
    this.series = new SeriesEvaluation({ ...options, startedAtMs: this.startedAtMs });
    this.query = new QueryEvaluation(options);
  }

  stop(): void {
    this.abort.abort();
  }

  /** Whether silence after the start is still forgiven. */
  isGrace(atMs: number): boolean {
    return atMs < this.startedAtMs + this.options.graceMs();
  }

  /** Whether a rule can be answered from single series. */
  isSimple({ plan, limited, offsetMs }: LiveRule): boolean {
    return plan.simple !== undefined && limited === null && offsetMs === 0;
  }

  isOfInterest(live: LiveRule, ref: SeriesRef, atMs: number): boolean {
    const { simple } = live.plan;
    return simple === undefined || this.series.isOfInterest(live, simple, ref, atMs);
  }

  /**
   * Evaluates a simple rule for these series, at once.
   * @returns false when it takes the whole query.
   */
  evaluateSeries(live: LiveRule, refs: Iterable<SeriesRef>, cause: Cause): boolean {
    const { simple } = live.plan;
    if (simple === undefined || !this.isSimple(live)) return false;
    if (live.busy || live.definition.noData === "alert") return false;
    // Some of the series do not tell whether the others are in order again.
    if (cause === "samples" && live.last !== undefined && live.last.error !== "") return false;
    const atMs = this.options.now();
    const startedMs = performance.now();
    let answer: SeriesAnswer | undefined;
    try {
      if (!this.isOn(live, atMs)) {
        this.finish(live, live.state.end(atMs), { atMs, cause, startedMs, samples: 0 });
        return true;
      }
      answer = this.series.answer(live, simple, refs, atMs);
      if (answer === undefined) return false;
      const { values, scope, samples } = answer;
      const candidates = this.admit(live, answer.candidates);
      const hold = this.holdOf(live, atMs, ({ labels }) => answer?.withoutData.has(labels.key));
      const changes = live.state.evaluate(candidates, atMs, { scope, hold });
      const lastValue = ({ labels }: RuleAlert) => values.get(labels.key) ?? null;
      this.finish(live, changes, { atMs, cause, startedMs, samples, lastValue });
    } catch (error) {
      void this.fail(live, error, { atMs, cause, startedMs });
    }
    return true;
  }

  /** Evaluates a simple rule as a whole, if that takes no longer than a turn may. @returns whether it did. */
  evaluateAtOnce(live: LiveRule, cause: Cause): boolean {
    if (live.refs.size > SERIES_PER_TURN || !this.evaluateSeries(live, live.refs, cause))
      return false;
    this.endUnspoken(live, cause);
    return true;
  }

  /** Evaluates a rule as a whole; waits for an evaluation of it that is under way. Never rejects. */
  async evaluate(live: LiveRule, cause: Cause, atMs?: number): Promise<void> {
    while (live.busy) await live.idle;
    if (live.removed || this.abort.signal.aborted) return;
    if (this.isSimple(live) && (await this.evaluateInTurns(live, cause))) return;
    // What was seen at a later time must not be unseen.
    await this.ask(live, cause, Math.max(atMs ?? this.options.now(), live.last?.atMs ?? 0));
  }

  /** Ends alerts of a rule without asking it. */
  end(live: LiveRule, which?: (alert: RuleAlert) => boolean): void {
    const atMs = this.options.now();
    const startedMs = performance.now();
    const changes = live.state.end(atMs, which);
    if (changes.length === 0) return;
    this.settle(live, changes, { atMs, cause: "change", startedMs, samples: 0 });
  }

  private isOn({ definition: { activeTime } }: LiveRule, atMs: number): boolean {
    return activeTime === null || isActiveAt(activeTime, atMs);
  }

  /** All series of a simple rule, and alerts that no series speaks for. @returns false when it takes the whole query. */
  private async evaluateInTurns(live: LiveRule, cause: Cause): Promise<boolean> {
    let turn: SeriesRef[] = [];
    for (const ref of live.refs) {
      turn.push(ref);
      if (turn.length < SERIES_PER_TURN) continue;
      if (!this.evaluateSeries(live, turn, cause)) return false;
      turn = [];
      await nextTurn();
      if (live.removed || !this.isSimple(live)) return true;
    }
    if (!this.evaluateSeries(live, turn, cause)) return false;
    this.endUnspoken(live, cause);
    return true;
  }

  /** Alerts that none of the rule's series has; those from before the restart are given some time. */
  private endUnspoken(live: LiveRule, cause: Cause): void {
    const scope = new Set<string>();
    for (const { labels } of live.state.active())
      if (!live.seriesOf.has(labels.key)) scope.add(labels.key);
    if (scope.size === 0) return;
    const atMs = this.options.now();
    const hold = this.holdOf(live, atMs);
    const changes = live.state.evaluate([], atMs, { scope, hold });
    this.settle(live, changes, { atMs, cause, startedMs: performance.now(), samples: 0 });
  }

  private async ask(live: LiveRule, cause: Cause, atMs: number): Promise<void> {
    const startedMs = performance.now();
    const leave = live.enter();
    try {
      if (!this.isOn(live, atMs)) {
        this.finish(live, live.state.end(atMs), { atMs, cause, startedMs, samples: 0 });
        return;
      }
      const { signal } = this.abort;
      const answer = await this.query.answer(live, atMs, MAX_ACTIVE_PER_RULE, signal);
      const candidates = await this.withNoData(live, answer, atMs);
      if (live.removed || signal.aborted) return;
      forgetHeard(live, this.options.metrics, this.startedAtMs);
      const { isWithoutData } = answer;
      const hold = this.holdOf(
        live,
        atMs,
        isWithoutData && (({ source }) => isWithoutData(source)),
      );
      const changes = live.state.evaluate(this.admit(live, candidates), atMs, { hold });
      this.findSeries(live);
      this.finish(live, changes, { atMs, cause, startedMs, samples: answer.samples });
    } catch (error) {
      await this.fail(live, error, { atMs, cause, startedMs });
    } finally {
      leave();
    }
  }

  /** Finds the alerts' series where the answer did not come from these, so that the next sample of one is looked at. */
  findSeries(live: LiveRule): void {
    live.forgetSeries();
    if (live.plan.simple === undefined) return;
    for (const { source, labels } of live.state.active()) {
      const ref = this.options.metrics.find(live.tenant, source.toObject());
      if (ref === undefined || !live.refs.has(ref)) continue;
      live.alerted.set(ref, { key: labels.key, labels });
      live.seriesOf.set(labels.key, ref);
    }
  }

  private async withNoData(
    live: LiveRule,
    { candidates, isWithoutData }: QueryAnswer,
    atMs: number,
  ): Promise<Candidate[]> {
    const asks = live.definition.noData === "alert" && candidates.length === 0;
    if (!asks || isWithoutData?.(NO_DATA) !== true) return candidates;
    return [await noDataCandidate(live, this.options.surroundings(live), atMs)];
  }

  private holdOf(
    live: LiveRule,
    atMs: number,
    isWithoutData?: (alert: RuleAlert) => boolean | undefined,
  ): ((alert: RuleAlert) => boolean) | undefined {
    const keeps = live.definition.noData !== "ok" && isWithoutData !== undefined;
    const forgives = live.unheard.size > 0 && this.isGrace(atMs);
    if (!forgives) live.unheard.clear();
    if (!keeps && !forgives) return undefined;
    return (alert) =>
      (forgives && live.unheard.has(alert)) ||
      (keeps && !isAboutRule(alert.source) && isWithoutData(alert) === true);
  }

  /** Leaves out what there is no room for. */
  private admit(live: LiveRule, candidates: Candidate[]): Candidate[] {
    live.crowded = null;
    const own = live.state.activeCount;
    if (
      this.active + candidates.length <= MAX_ACTIVE &&
      own + candidates.length <= MAX_ACTIVE_PER_RULE
    )
      return candidates;
    let room = Math.min(MAX_ACTIVE - this.active, MAX_ACTIVE_PER_RULE - own);
    const admitted = candidates.filter(
      ({ labels }) => live.state.find(labels.key) !== undefined || room-- > 0,
    );
    if (admitted.length < candidates.length) {
      live.crowded = `there is no room for ${candidates.length - admitted.length} of its alerts`;
      this.options.instruments.limits.inc({ limit: "active_alerts" });
    }
    return admitted;
  }

  private finish(live: LiveRule, changes: readonly AlertChange[], done: Done): void {
    const { startedMs, atMs, samples, cause } = done;
    live.last = { atMs, durationMs: 0, samples, error: "" };
    this.settle(live, changes, done);
    this.account(live, cause, startedMs);
  }

  private settle(live: LiveRule, changes: readonly AlertChange[], done: Done): void {
    const { atMs, cause, lastValue } = done;
    for (const { kind, alert } of changes) {
      if (kind !== "resolved") continue;
      live.unheard.delete(alert);
      const ref = live.seriesOf.get(alert.labels.key);
      live.seriesOf.delete(alert.labels.key);
      if (ref !== undefined) live.alerted.delete(ref);
    }
    this.count(live);
    const evaluations = this.announcer.evaluations(live, changes, { atMs, cause, lastValue });
    if (evaluations.length > 0) this.options.emit(evaluations);
    this.options.onEvaluated(live, { atMs, cause, changes });
  }

  /** Takes a rule's alerts into the count of all. */
  count(live: LiveRule): void {
    const { activeCount } = live.state;
    this.active += activeCount - live.counted;
    live.counted = activeCount;
  }

  /** What upstream does is nothing: alerts stay as they are. */
  private async fail(
    live: LiveRule,
    error: unknown,
    { atMs, cause, startedMs }: Omit<Done, "samples">,
  ): Promise<void> {
    if (this.abort.signal.aborted || live.removed) return;
    const message = describeError(error);
    if (live.last?.error !== message)
      this.options.logger.warn(
        { rule: live.definition.id, tenant: live.tenant, error: message },
        "evaluating a rule failed",
      );
    live.last = { atMs, durationMs: 0, samples: 0, error: message };
    live.failures++;
    this.options.instruments.failures.inc();
    const { onError } = live.definition;
    const done = { atMs, cause, startedMs, samples: 0 };
    if (error instanceof AlertLimitError || onError === "ok")
      this.settle(live, live.state.end(atMs), done);
    else if (onError === "alert") {
      const surroundings = this.options.surroundings(live);
      const about = await failingCandidate(live, message, surroundings, atMs);
      this.settle(live, live.state.evaluate([about], atMs, { hold: () => true }), done);
    } else this.settle(live, [], done);
    this.account(live, cause, startedMs);
  }

  private account(live: LiveRule, cause: Cause, startedMs: number): void {
    const { evaluations, seconds } = this.options.instruments;
    const durationMs = performance.now() - startedMs;
    if (live.last !== undefined) live.last.durationMs = durationMs;
    live.evaluations++;
    evaluations.inc({ cause });
    seconds.inc(durationMs / 1000);
  }
}

interface Done {
  atMs: number;
  cause: Cause;
  startedMs: number;
  samples: number;
  /** Value of a series whose alert is over. */
  lastValue?: ((alert: RuleAlert) => number | null) | undefined;
}
