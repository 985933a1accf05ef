import {
  Labels,
  STALE,
  type Engine,
  type FloatHistogram,
  type QueryResult,
} from "@fleetlight/promql";

import type { AlertingRuleConfig, RecordingRuleConfig, RuleFile, RuleGroupConfig } from "#config";
import { describeError, NAME_LABEL, type LabelSet } from "#lib";

import {
  AlertingRule,
  AlertLimitError,
  alertSamples,
  candidateOf,
  ruleError,
  ruleSamples,
  type Surroundings,
} from "../alerting/index.ts";
import type { TestStorage } from "./test-storage.ts";

/** A sample that a rule leaves in the storage. */
interface Written {
  labels: Labels;
  value: number | FloatHistogram;
}

interface Rule {
  config: RecordingRuleConfig | AlertingRuleConfig;
  /** Undefined for a recording rule. */
  alerts: AlertingRule | undefined;
  /** Series of the former evaluation; those that vanish get a stale marker. */
  series: Map<string, Labels>;
}

interface Group {
  config: RuleGroupConfig;
  rules: readonly Rule[];
}

/** What one evaluation of a rule gave, for `--debug`. */
export interface Evaluated {
  atMs: number;
  group: string;
  rule: string;
  samples: number;
}

export interface RuleRunnerOptions {
  engine: Engine;
  storage: TestStorage;
  externalLabels: LabelSet;
  externalUrl: string;
  onEvaluated?: ((evaluated: Evaluated) => void) | undefined;
}

/** The rules of files over the series of a test; whoever has it says what time it is. */
export class RuleRunner {
  private readonly options: RuleRunnerOptions;
  private readonly groups: readonly Group[];

  /** @param order names of groups that come first, in their order. */
  constructor(files: readonly RuleFile[], order: readonly string[], options: RuleRunnerOptions) {
    this.options = options;
    const placeOf = ({ name }: RuleGroupConfig) => Math.max(0, order.indexOf(name));
    this.groups = files
      .flatMap(({ groups }) => groups)
      .toSorted((a, b) => placeOf(a) - placeOf(b))
      .map((config) => ({ config, rules: config.rules.map((rule) => ruleOf(rule, config.limit)) }));
  }

  /** Evaluates every rule at a time. @returns what went wrong, a line each. */
  async evaluate(atMs: number): Promise<string[]> {
    const problems: string[] = [];
    for (const { config, rules } of this.groups) {
      for (const rule of rules) {
        try {
          const written = await this.outcome(rule, config, atMs);
          this.write(rule, written, atMs - (config.queryOffsetMs ?? 0));
          this.options.onEvaluated?.({
            atMs,
            group: config.name,
            rule: rule.config.name,
            samples: written.length,
          });
        } catch (error) {
          problems.push(`rule: ${rule.config.name}, error: ${describeError(error)}`);
        }
      }
    }
    return problems;
  }

  /** Alerts that fire now, of all rules of this name. */
  firing(name: string): { labels: LabelSet; annotations: LabelSet }[] {
    return this.groups
      .flatMap(({ rules }) => rules)
      .filter(({ config }) => config.name === name)
      .flatMap(({ alerts }) => [...(alerts?.active() ?? [])])
      .filter(({ state }) => state === "firing")
      .map(({ labels, annotations }) => ({ labels: labels.toObject(), annotations }));
  }

  private async outcome(rule: Rule, group: RuleGroupConfig, atMs: number): Promise<Written[]> {
    const { engine, storage } = this.options;
    const timeMs = atMs - (group.queryOffsetMs ?? 0);
    const result = await engine.instant(storage, rule.config.query, timeMs);
    if (rule.config.kind === "recording") return recorded(rule.config, group.limit, result);
    return this.alerted(rule.config, rule.alerts, result, atMs);
  }

  private async alerted(
    config: AlertingRuleConfig,
    alerts: AlertingRule | undefined,
    result: QueryResult,
    atMs: number,
  ): Promise<Written[]> {
    if (alerts === undefined) return [];
    const surroundings = this.surroundings();
    const candidates = [];
    for (const sample of ruleSamples(result))
      candidates.push(await candidateOf(config, sample, surroundings, atMs));
    try {
      alerts.evaluate(candidates, atMs);
    } catch (error) {
      if (error instanceof AlertLimitError) alerts.end(atMs);
      throw error;
    }
    return [...alerts.active()].flatMap((alert) => alertSamples(alert));
  }

  private surroundings(): Surroundings {
    const { engine, storage, externalLabels, externalUrl } = this.options;
    return {
      externalLabels,
      externalUrl,
      query: async (expr, timeMs) => {
        const found = ruleSamples(await engine.instant(storage, expr, timeMs));
        return found.map(({ labels, value }) => ({ labels: labels.toObject(), value }));
      },
    };
  }

  /** @throws FleetlightError when a sample is not taken; the others are. */
  private write(rule: Rule, written: readonly Written[], timeMs: number): void {
    const { storage } = this.options;
    const series = new Map(written.map(({ labels }) => [labels.key, labels]));
    const refused = written.map(({ labels, value }) => storage.write(labels, timeMs, value));
    for (const [key, labels] of rule.series)
      if (!series.has(key)) storage.write(labels, timeMs, STALE);
    rule.series = series;
    const reason = refused.findLast((one) => one !== undefined);
    if (reason !== undefined) throw ruleError(reason);
  }
}

function ruleOf(config: Rule["config"], limit: number): Rule {
  if (config.kind === "recording") return { config, alerts: undefined, series: new Map() };
  const { forMs, keepFiringForMs } = config;
  const alerts = new AlertingRule({ forMs, keepFiringForMs, limit, flapping: null });
  return { config, alerts, series: new Map() };
}

/** The result of a recording rule under its name and labels. @throws FleetlightError `rule_failed` in upstream's words. */
function recorded(config: RecordingRuleConfig, limit: number, { data }: QueryResult): Written[] {
  if (data.kind !== "vector" && data.kind !== "scalar")
    throw ruleError("rule result is not a vector or scalar");
  const samples =
    data.kind === "vector"
      ? data.samples
      : [{ labels: Labels.empty, value: data.value, histogram: undefined }];
  const written = samples.map(({ labels, value, histogram }) => {
    let named = labels;
    for (const [name, own] of Object.entries(config.labels)) named = named.with(name, own);
    return { labels: named.with(NAME_LABEL, config.name), value: histogram ?? value };
  });
  if (new Set(written.map(({ labels }) => labels.key)).size < written.length)
    throw ruleError("vector contains metrics with the same labelset after applying rule labels");
  if (limit > 0 && written.length > limit)
    throw ruleError(`exceeded limit of ${limit} with ${written.length} series`);
  return written;
}
