import { NAME_LABEL, type LabelSet } from "#lib";
import type { MetricStore, SeriesRef } from "#store";

import { fingerprintOf } from "./fingerprint.ts";
import { serviceOf, type LiveRule } from "./live-rule.ts";

/** Series that one rule follows; further ones are not evaluated, and the rule says so. */
const MAX_SERIES_PER_RULE = 100_000;

/** What a rule says that follows as many series as it may, else null. */
export const seriesLimit = (live: LiveRule): string | null =>
  live.refs.size < MAX_SERIES_PER_RULE
    ? null
    : `${MAX_SERIES_PER_RULE} series match or more: further ones are not evaluated`;

/** Rules of one tenant: under the metric they ask for, and those that ask for no single one. */
interface TenantRules {
  byMetric: Map<string, Set<LiveRule>>;
  others: Set<LiveRule>;
}

/** Knows which rules every series is about, and has the store watch exactly these series. */
export class Follower {
  private readonly metrics: MetricStore;
  private readonly tenants = new Map<string, TenantRules>();
  private readonly byRef = new Map<SeriesRef, Set<LiveRule>>();

  constructor(metrics: MetricStore) {
    this.metrics = metrics;
  }

  get size(): number {
    return this.byRef.size;
  }

  rulesOf(ref: SeriesRef): ReadonlySet<LiveRule> | undefined {
    return this.byRef.get(ref);
  }

  /** Follows the series that match now, and those that will come. */
  add(live: LiveRule): void {
    const { selector } = live.compiled;
    if (!selector) return;
    this.rulesFor(live.tenant, selector.metric).add(live);
    for (const ref of this.metrics.select(live.tenant, selector, MAX_SERIES_PER_RULE + 1)) {
      this.follow(live, ref, this.metrics.labels(ref));
    }
  }

  /** Ceases to follow a rule's series and forgets the rule; its holdings stay with it. */
  remove(live: LiveRule): void {
    const { selector } = live.compiled;
    if (selector) this.rulesFor(live.tenant, selector.metric).delete(live);
    for (const ref of live.refs) {
      const rules = this.byRef.get(ref);
      rules?.delete(live);
      if (rules?.size !== 0) continue;
      this.byRef.delete(ref);
      this.metrics.unwatch(ref);
    }
    live.refs.clear();
  }

  /** A series has appeared. */
  onSeries(tenant: string, ref: SeriesRef, labels: LabelSet): void {
    const rules = this.tenants.get(tenant);
    if (!rules) return;
    const named = rules.byMetric.get(labels[NAME_LABEL] ?? "");
    for (const live of named ?? []) this.followMatching(live, ref, labels);
    for (const live of rules.others) this.followMatching(live, ref, labels);
  }

  private rulesFor(tenant: string, metric: string | undefined): Set<LiveRule> {
    let rules = this.tenants.get(tenant);
    if (!rules) this.tenants.set(tenant, (rules = { byMetric: new Map(), others: new Set() }));
    if (metric === undefined) return rules.others;
    const named = rules.byMetric.get(metric) ?? new Set<LiveRule>();
    rules.byMetric.set(metric, named);
    return named;
  }

  private followMatching(live: LiveRule, ref: SeriesRef, labels: LabelSet): void {
    if (live.compiled.selector?.matches(labels)) this.follow(live, ref, labels);
  }

  private follow(live: LiveRule, ref: SeriesRef, labels: LabelSet): void {
    if (live.refs.has(ref)) return;
    if (live.refs.size >= MAX_SERIES_PER_RULE) {
      live.limited = seriesLimit(live);
      return;
    }
    live.refs.add(ref);
    this.recognise(live, ref, labels);
    const rules = this.byRef.get(ref);
    if (rules) rules.add(live);
    else {
      this.byRef.set(ref, new Set([live]));
      this.metrics.watch(ref);
    }
  }

  /** Gives a series that is back the alert that it had before the restart. */
  private recognise(live: LiveRule, ref: SeriesRef, labels: LabelSet): void {
    if (live.restored.size === 0) return;
    const fingerprint = fingerprintOf(live.tenant, live.id, labels);
    const holding = live.restored.get(fingerprint);
    if (!holding) return;
    live.restored.delete(fingerprint);
    live.holdings.set(ref, { ...holding, service: serviceOf(labels) });
  }
}
