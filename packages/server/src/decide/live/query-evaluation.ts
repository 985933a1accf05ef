import { setImmediate as nextTurn } from "node:timers/promises";

import type { Labels } from "@fleetlight/promql";

import type { PromQLQueries } from "#query";
import type { MetricStore } from "#store";

import {
  candidateOf,
  ruleSamples,
  type Candidate,
  type RuleSample,
  type Surroundings,
} from "../alerting/index.ts";
import type { LiveRule } from "./live-rule.ts";
import type { RemovedServices } from "./removed-services.ts";
import { NO_DATA } from "./policy.ts";

/** Texts that are expanded before others get their turn. */
const CANDIDATES_PER_TURN = 200;

/** What the whole expression says about a rule. */
export interface QueryAnswer {
  candidates: Candidate[];
  samples: number;
  /** Whether a series that the result does not have is without data, or all are; undefined where that does not matter. */
  isWithoutData: ((source: Labels) => boolean) | undefined;
}

interface QueryEvaluationOptions {
  metrics: MetricStore;
  queries: Pick<PromQLQueries, "instant">;
  lookbackMs: () => number;
  removed: RemovedServices;
  surroundings: (live: LiveRule) => Surroundings;
}

/** Asks PromQL for what a rule says. */
export class QueryEvaluation {
  private readonly options: QueryEvaluationOptions;

  constructor(options: QueryEvaluationOptions) {
    this.options = options;
  }

  /** @throws whatever the evaluation of the expression throws, and FleetlightError `rule_failed` for a result that is no vector. */
  async answer(
    live: LiveRule,
    atMs: number,
    maxAlerts: number,
    signal: AbortSignal,
  ): Promise<QueryAnswer> {
    const { queries, removed, surroundings } = this.options;
    const { tenant, definition, offsetMs } = live;
    const timeMs = atMs - offsetMs;
    const result = await queries.instant(tenant, definition.query, timeMs, { signal });
    const samples = ruleSamples(result).filter(({ labels }) => !removed.hidesResult(live, labels));
    const taken = samples.length > maxAlerts ? knownFirst(live, samples, maxAlerts) : samples;
    const candidates: Candidate[] = [];
    for (const [at, sample] of taken.entries()) {
      if (at % CANDIDATES_PER_TURN === CANDIDATES_PER_TURN - 1) await nextTurn();
      candidates.push(await candidateOf(definition, sample, surroundings(live), atMs));
    }
    const isWithoutData = await this.withoutData(live, { timeMs, samples, signal });
    return { candidates, samples: samples.length, isWithoutData };
  }

  /** Only a rule that asks for it, and has an alert that its result lacks, has to know. */
  private async withoutData(
    live: LiveRule,
    { timeMs, samples, signal }: { timeMs: number; samples: RuleSample[]; signal: AbortSignal },
  ): Promise<QueryAnswer["isWithoutData"]> {
    const { definition, tenant, plan } = live;
    if (definition.noData === "ok") return undefined;
    const found = new Set(samples.map(({ labels }) => labels.key));
    const isComplete = [...live.state.active()].every(({ source }) => found.has(source.key));
    if (isComplete && samples.length > 0) return undefined;
    if (plan.compared === undefined) {
      const isSilent = this.isSilent(live, timeMs);
      return () => isSilent;
    }
    const { queries } = this.options;
    const measured = ruleSamples(await queries.instant(tenant, plan.compared, timeMs, { signal }));
    const keys = new Set(measured.map(({ labels }) => labels.key));
    return ({ key }) => (key === NO_DATA.key ? keys.size === 0 : !keys.has(key));
  }

  /** Whether none of the rule's series has a sample that counts now. */
  private isSilent(live: LiveRule, timeMs: number): boolean {
    const { metrics, lookbackMs } = this.options;
    const oldestMs = timeMs - lookbackMs() + 1;
    for (const ref of live.refs) if (metrics.latest(ref, oldestMs) !== undefined) return false;
    return true;
  }
}

/** As many as there is room for, those that have an alert already before all others. */
function knownFirst(live: LiveRule, samples: readonly RuleSample[], count: number): RuleSample[] {
  const known = new Set([...live.state.active()].map(({ source }) => source.key));
  const isKnown = ({ labels }: RuleSample): boolean => known.has(labels.key);
  const others = samples.filter((sample) => !isKnown(sample));
  return [...samples.filter(isKnown), ...others].slice(0, count);
}
