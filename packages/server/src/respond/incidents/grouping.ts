import type { PipelineAlert } from "../types.ts";
import { liveKey, type LiveIncident } from "./live.ts";

/** Alerts of one incident; the next one begins another. */
const MAX_MEMBERS = 5000;

/** Keys that an incident remembers. */
export const MAX_GROUP_KEYS = 20;

/** What is known of an alert's surroundings. */
export interface GroupingContext {
  /** Keys of the groups that the pipeline puts an alert into. */
  groupKeys(tenant: string, labels: Readonly<Record<string, string>>): readonly string[];
  /** Services that a service depends on, or that depend on it, directly or not. */
  related(tenant: string, service: string): Iterable<string>;
  windowMs(): number;
}

/** A group without labels holds everything, which says nothing about what belongs together. */
const saysSomething = (key: string): boolean => !key.endsWith(":{}");

/**
 * Finds the open incident that an alert belongs to, in this order: one with an alert of the same notification group;
 * one with an alert of the same service that began within the window; one of a related service within the window.
 */
export class Grouping {
  private readonly context: GroupingContext;
  private readonly byGroup = new Map<string, LiveIncident>();
  private readonly byService = new Map<string, LiveIncident>();

  constructor(context: GroupingContext) {
    this.context = context;
  }

  groupKeys({ tenant, labels }: PipelineAlert): string[] {
    return this.context.groupKeys(tenant, labels).filter(saysSomething).slice(0, MAX_GROUP_KEYS);
  }

  find(
    alert: PipelineAlert,
    keys: readonly string[],
    nowMs: number,
  ): { live: LiveIncident; why: string } | undefined {
    const { tenant, labels } = alert;
    const service = labels["service"] ?? "";
    for (const key of keys) {
      const live = this.byGroup.get(liveKey(tenant, key));
      if (live !== undefined && this.isOpen(live)) return { live, why: `group ${key}` };
    }
    if (service === "") return undefined;
    const same = this.recent(tenant, service, nowMs);
    if (same !== undefined) return { live: same, why: `service ${service}` };
    for (const other of this.context.related(tenant, service)) {
      const live = this.recent(tenant, other, nowMs);
      if (live !== undefined) return { live, why: `services ${service} and ${other}` };
    }
    return undefined;
  }

  /** Alerts that come later and belong to this alert will find the incident. */
  remember(
    live: LiveIncident,
    alert: { tenant: string; service: string },
    keys: readonly string[],
  ) {
    for (const key of keys) this.byGroup.set(liveKey(alert.tenant, key), live);
    if (alert.service !== "") this.byService.set(liveKey(alert.tenant, alert.service), live);
  }

  forget(live: LiveIncident): void {
    const { tenant, groupKeys, services } = live.record;
    for (const [index, names] of [
      [this.byGroup, groupKeys],
      [this.byService, services],
    ] as const) {
      for (const name of names) {
        const key = liveKey(tenant, name);
        if (index.get(key) === live) index.delete(key);
      }
    }
  }

  private isOpen({ record, members }: LiveIncident): boolean {
    return record.status !== "resolved" && members.size < MAX_MEMBERS;
  }

  private recent(tenant: string, service: string, nowMs: number): LiveIncident | undefined {
    const live = this.byService.get(liveKey(tenant, service));
    if (live === undefined || !this.isOpen(live)) return undefined;
    return nowMs - live.record.lastAlertMs <= this.context.windowMs() ? live : undefined;
  }
}
