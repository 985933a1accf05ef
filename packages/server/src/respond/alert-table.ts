import type { Now } from "#lib";

import type { Note } from "./pipeline.ts";
import type { AggregationGroup } from "./groups/group.ts";
import { hasEnded, mergeAlert } from "./pipeline-alert.ts";
import { Inhibitor } from "./routing/index.ts";
import type { PipelineAlert } from "./types.ts";
import type { InhibitRuleConfig } from "#config";

/** Alerts of one tenant, ended ones that are not forgotten yet included. */
export const MAX_ALERTS = 50_000;

/** Ended alerts are remembered this long, so that one that comes back at once is recognised. */
const REMEMBER_MS = 5 * 60_000;

/** An alert with what the pipeline remembers of it. */
export interface Tracked {
  alert: PipelineAlert;
  /** Whether its end was announced. */
  isEnded: boolean;
  /** Where it is told of; undefined until it was looked for. */
  groups: readonly AggregationGroup[] | undefined;
  /** What the stages found at the latest tick of each of its groups. */
  notes: Map<AggregationGroup, { notes: readonly Note[]; atMs: number }>;
}

interface TenantAlerts {
  alerts: Map<string, Tracked>;
  inhibitor: Inhibitor;
  /** Firing alerts by the service that they are about. */
  byService: Map<string, Set<Tracked>>;
}

export type AlertNews = "fired" | "resolved" | "changed";

const sameTexts = (
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): boolean => {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
};

const isSame = (a: PipelineAlert, b: PipelineAlert): boolean =>
  a.startsAtMs === b.startsAtMs &&
  a.generatorUrl === b.generatorUrl &&
  sameTexts(a.annotations, b.annotations);

const NO_ALERTS: ReadonlyMap<string, Tracked> = new Map();

/** Every alert of every tenant that has not ended, or ended lately. */
export class AlertTable {
  private readonly tenants = new Map<string, TenantAlerts>();
  private readonly inhibitRules: () => readonly InhibitRuleConfig[];
  private readonly now: Now;

  constructor(options: { inhibitRules: () => readonly InhibitRuleConfig[]; now: Now }) {
    this.inhibitRules = options.inhibitRules;
    this.now = options.now;
  }

  /** What is known of an alert once this report of it is taken into account. */
  merged(report: PipelineAlert): PipelineAlert {
    return mergeAlert(this.get(report.tenant, report.fingerprint)?.alert, report, this.now());
  }

  /** @returns what is new, or nothing; there is always room for what is known already. */
  put(report: PipelineAlert): { tracked: Tracked; news: AlertNews | undefined } {
    const tenant = this.tenantOf(report.tenant);
    const nowMs = this.now();
    const known = tenant.alerts.get(report.fingerprint);
    const former = known?.alert;
    const alert = mergeAlert(former, report, nowMs);
    const ended = hasEnded(alert, nowMs);
    // The labels' object stays the same for as long as the alert is known: matches are remembered by it.
    const next = former ? { ...alert, labels: former.labels } : alert;
    const tracked = known ?? { alert: next, isEnded: true, groups: undefined, notes: new Map() };
    tracked.alert = next;
    const news = this.newsOf(tracked, { ended, isChanged: !former || !isSame(former, next) });
    tracked.isEnded = ended;
    tenant.alerts.set(next.fingerprint, tracked);
    tenant.inhibitor.set(next);
    this.index(tenant, tracked);
    return { tracked, news };
  }

  get(tenant: string, fingerprint: string): Tracked | undefined {
    return this.tenants.get(tenant)?.alerts.get(fingerprint);
  }

  /** Alerts of a tenant, ended ones included. */
  of(tenant: string): ReadonlyMap<string, Tracked> {
    return this.tenants.get(tenant)?.alerts ?? NO_ALERTS;
  }

  inhibitor(tenant: string): Inhibitor {
    return this.tenantOf(tenant).inhibitor;
  }

  /** Firing alerts about a service. */
  aboutService(tenant: string, service: string): Iterable<Tracked> {
    return this.tenants.get(tenant)?.byService.get(service) ?? [];
  }

  *all(): Generator<Tracked> {
    for (const { alerts } of this.tenants.values()) yield* alerts.values();
  }

  tenantNames(): string[] {
    return [...this.tenants.keys()];
  }

  /** Other inhibition rules are in force. */
  reconfigure(): void {
    for (const tenant of this.tenants.values()) {
      tenant.inhibitor = new Inhibitor(this.inhibitRules());
      for (const { alert } of tenant.alerts.values()) tenant.inhibitor.set(alert);
    }
  }

  /** Finds alerts whose time has come, and forgets those that ended a while ago. @returns those that ended now. */
  sweep(): Tracked[] {
    const nowMs = this.now();
    const ended: Tracked[] = [];
    for (const [name, tenant] of this.tenants) {
      for (const [fingerprint, tracked] of tenant.alerts) {
        if (!hasEnded(tracked.alert, nowMs)) continue;
        if (!tracked.isEnded) {
          tracked.isEnded = true;
          this.index(tenant, tracked);
          ended.push(tracked);
        }
        const isHeld = tracked.groups?.some((group) => group.alerts.has(fingerprint)) === true;
        if (isHeld || tracked.alert.endsAtMs > nowMs - REMEMBER_MS) continue;
        tenant.alerts.delete(fingerprint);
        tenant.inhibitor.delete(fingerprint);
      }
      if (tenant.alerts.size === 0) this.tenants.delete(name);
    }
    return ended;
  }

  private newsOf(
    { isEnded }: Tracked,
    { ended, isChanged }: { ended: boolean; isChanged: boolean },
  ): AlertNews | undefined {
    if (ended) return isEnded ? undefined : "resolved";
    if (isEnded) return "fired";
    return isChanged ? "changed" : undefined;
  }

  private tenantOf(name: string): TenantAlerts {
    const known = this.tenants.get(name);
    if (known) return known;
    const tenant: TenantAlerts = {
      alerts: new Map(),
      inhibitor: new Inhibitor(this.inhibitRules()),
      byService: new Map(),
    };
    this.tenants.set(name, tenant);
    return tenant;
  }

  private index({ byService }: TenantAlerts, tracked: Tracked): void {
    const service = tracked.alert.labels["service"];
    if (service === undefined) return;
    const about = byService.get(service) ?? new Set();
    if (tracked.isEnded) about.delete(tracked);
    else about.add(tracked);
    if (about.size === 0) byService.delete(service);
    else byService.set(service, about);
  }
}
