import { NAME_LABEL, type LabelSet } from "#lib";
import type { MetricStore, SeriesRef } from "#store";

import type { LiveRule } from "./live-rule.ts";

/** Series that one rule follows; what becomes of further ones is only seen on the clock, and the rule says so. */
const MAX_SERIES_PER_RULE = 100_000;

/** Rules of one tenant: under the metrics they ask for, and those that ask for no single one. */
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
    for (const selector of live.plan.selectors) {
      this.rulesFor(live.tenant, selector.metric).add(live);
      for (const ref of this.metrics.select(live.tenant, selector, MAX_SERIES_PER_RULE + 1))
        this.follow(live, ref);
    }
  }

  /** Ceases to follow a rule's series. */
  remove(live: LiveRule): void {
    for (const { metric } of live.plan.selectors) this.forget(live, metric);
    for (const ref of live.refs) {
      const rules = this.byRef.get(ref);
      rules?.delete(live);
      if (rules?.size !== 0) continue;
      this.byRef.delete(ref);
      this.metrics.unwatch(ref);
    }
    live.refs.clear();
    live.limited = null;
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

  private forget(live: LiveRule, metric: string | undefined): void {
    const rules = this.rulesFor(live.tenant, metric);
    rules.delete(live);
    if (rules.size === 0 && metric !== undefined)
      this.tenants.get(live.tenant)?.byMetric.delete(metric);
  }

  private followMatching(live: LiveRule, ref: SeriesRef, labels: LabelSet): void {
    if (live.plan.selectors.some((selector) => selector.matches(labels))) this.follow(live, ref);
  }

  private follow(live: LiveRule, ref: SeriesRef): void {
    if (live.refs.has(ref)) return;
    if (live.refs.size >= MAX_SERIES_PER_RULE) {
      live.limited = `${MAX_SERIES_PER_RULE} series match or more: new samples of further ones are seen on the clock only`;
      return;
    }
    live.refs.add(ref);
    const rules = this.byRef.get(ref);
    if (rules) rules.add(live);
    else {
      this.byRef.set(ref, new Set([live]));
      this.metrics.watch(ref);
    }
  }
}
