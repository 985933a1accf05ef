import type { Labels } from "@fleetlight/promql";

import type { MetricStore } from "#store";

import type { LiveRule } from "./live-rule.ts";

/** Samples older than this say nothing about now in any rule that looks at the latest ones. */
const REMEMBER_MS = 60 * 60_000;

const SERVICE_LABEL = "service";

/** Services that were removed: their last samples are still there for a while, and must raise no alerts. */
export class RemovedServices {
  private readonly metrics: MetricStore;
  private readonly removed = new Map<string, number>();

  constructor(metrics: MetricStore) {
    this.metrics = metrics;
  }

  add(tenant: string, service: string, atMs: number): void {
    this.removed.set(`${tenant}\n${service}`, atMs);
  }

  /** Whether a series' sample is from before its service was removed. */
  hidesSample(tenant: string, labels: Labels, timeMs: number): boolean {
    if (this.removed.size === 0) return false;
    const service = labels.get(SERVICE_LABEL);
    if (service === undefined) return false;
    const atMs = this.removed.get(`${tenant}\n${service}`);
    return atMs !== undefined && timeMs <= atMs;
  }

  /** Whether a rule has heard nothing of the service of one of its results since the service was removed. */
  hidesResult(live: LiveRule, labels: Labels): boolean {
    if (this.removed.size === 0) return false;
    const service = labels.get(SERVICE_LABEL);
    const atMs = this.removed.get(`${live.tenant}\n${service ?? ""}`);
    if (service === undefined || atMs === undefined) return false;
    for (const ref of live.refs) {
      const isOfService = this.metrics.labelsOf(ref).get(SERVICE_LABEL) === service;
      if (isOfService && this.metrics.newestTime(ref) > atMs) return false;
    }
    return true;
  }

  sweep(nowMs: number): void {
    for (const [key, atMs] of this.removed) {
      if (atMs < nowMs - REMEMBER_MS) this.removed.delete(key);
    }
  }
}
