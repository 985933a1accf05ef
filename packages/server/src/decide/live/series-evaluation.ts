import { satisfies } from "@fleetlight/contract/condition";

import type { LatestSample, MetricStore, SeriesRef } from "#store";

import { plainCandidate, ruleError, type Candidate, type Surroundings } from "../alerting/index.ts";
import type { LiveRule } from "./live-rule.ts";
import type { SimpleQuery } from "./plan.ts";
import type { RemovedServices } from "./removed-services.ts";

/** What single series say about a rule, in the form that the rule's alerts take. */
export interface SeriesAnswer {
  candidates: Candidate[];
  /** Keys of alerts that these series decide over. */
  scope: Set<string>;
  /** Values of series whose alert is over. */
  values: Map<string, number>;
  /** Keys of alerts whose series gave no data. */
  withoutData: Set<string>;
  samples: number;
}

interface SeriesEvaluationOptions {
  metrics: MetricStore;
  lookbackMs: () => number;
  removed: RemovedServices;
  surroundings: (live: LiveRule) => Surroundings;
  startedAtMs: number;
}

/**
 * Answers rules that compare a selector with a number from the latest samples in memory: what a query would answer, without
 * asking for it.
 */
export class SeriesEvaluation {
  private readonly options: SeriesEvaluationOptions;

  constructor(options: SeriesEvaluationOptions) {
    this.options = options;
  }

  /** Whether a new sample of a series can change anything at all. */
  isOfInterest(live: LiveRule, simple: SimpleQuery, ref: SeriesRef, atMs: number): boolean {
    if (live.alerted.has(ref) || live.unheard.size > 0 || live.definition.noData === "alert")
      return true;
    const sample = this.options.metrics.latest(ref, atMs - this.options.lookbackMs() + 1);
    if (sample === undefined) return false;
    return sample.timeMs > atMs || satisfies(sample.value, simple.condition, simple.threshold);
  }

  /**
   * @returns undefined when only a query can tell: a sample is from later than now, or texts have templates that take longer.
   * @throws FleetlightError `rule_failed` for two series with the same labels.
   */
  answer(
    live: LiveRule,
    simple: SimpleQuery,
    refs: Iterable<SeriesRef>,
    atMs: number,
  ): SeriesAnswer | undefined {
    const { metrics, lookbackMs } = this.options;
    const oldestMs = atMs - lookbackMs() + 1;
    const answer: SeriesAnswer = {
      candidates: [],
      scope: new Set(),
      values: new Map(),
      withoutData: new Set(),
      samples: 0,
    };
    for (const ref of refs) {
      const sample = metrics.latest(ref, oldestMs);
      if (sample !== undefined && sample.timeMs > atMs) return undefined;
      if (this.holds(live, simple, ref, sample)) {
        const candidate = this.candidate(live, ref, sample.value);
        if (candidate === undefined) return undefined;
        this.claim(live, simple, ref, { candidate, oldestMs });
        this.hear(live, ref, candidate.labels.key);
        answer.candidates.push(candidate);
        answer.samples++;
      } else this.miss(live, ref, sample, answer);
    }
    return answer;
  }

  private holds(
    live: LiveRule,
    { condition, threshold }: SimpleQuery,
    ref: SeriesRef,
    sample: LatestSample | undefined,
  ): sample is LatestSample {
    if (sample === undefined || !satisfies(sample.value, condition, threshold)) return false;
    const { metrics, removed } = this.options;
    return !removed.hidesSample(live.tenant, metrics.labelsOf(ref), sample.timeMs);
  }

  private candidate(live: LiveRule, ref: SeriesRef, value: number): Candidate | undefined {
    const { metrics, surroundings } = this.options;
    return plainCandidate(
      live.definition,
      { labels: metrics.labelsOf(ref), value },
      surroundings(live),
    );
  }

  /** Notes which series an alert is of; another one that has the same labels and holds as well is an error. */
  private claim(
    live: LiveRule,
    simple: SimpleQuery,
    ref: SeriesRef,
    { candidate, oldestMs }: { candidate: Candidate; oldestMs: number },
  ): void {
    const { key } = candidate.labels;
    const other = live.seriesOf.get(key);
    if (other !== undefined && other !== ref) {
      const sample = this.options.metrics.latest(other, oldestMs);
      if (live.refs.has(other) && this.holds(live, simple, other, sample))
        throw ruleError(
          "vector contains metrics with the same labelset after applying alert labels",
        );
      live.alerted.delete(other);
    }
    const former = live.alerted.get(ref);
    if (former !== undefined && former.key !== key) live.seriesOf.delete(former.key);
    live.alerted.set(ref, { key, labels: candidate.labels });
    live.seriesOf.set(key, ref);
  }

  private miss(
    live: LiveRule,
    ref: SeriesRef,
    sample: LatestSample | undefined,
    answer: SeriesAnswer,
  ): void {
    let key = live.alerted.get(ref)?.key;
    if (key === undefined && live.unheard.size > 0)
      key = this.candidate(live, ref, sample?.value ?? Number.NaN)?.labels.key;
    if (key === undefined) return;
    this.hear(live, ref, key);
    answer.scope.add(key);
    if (sample === undefined) answer.withoutData.add(key);
    else answer.values.set(key, sample.value);
  }

  /** A series that has news since the start decides over its alert from before. */
  private hear(live: LiveRule, ref: SeriesRef, key: string): void {
    if (live.unheard.size === 0) return;
    if (this.options.metrics.newestTime(ref) < this.options.startedAtMs) return;
    const alert = live.state.find(key);
    if (alert !== undefined) live.unheard.delete(alert);
  }
}
