import type { RouteConfig } from "#config";

import type { PipelineAlert } from "../types.ts";

/** Alerts of one node of the route tree with the same group labels: they are told of together. */
export class AggregationGroup {
  readonly tenant: string;
  readonly route: RouteConfig;
  /** As in notifications. */
  readonly key: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly alerts = new Map<string, PipelineAlert>();
  /** When it is flushed next. */
  nextMs: number;
  /** When it was flushed last; its ticks are `group_interval` apart from there. */
  flushedMs = 0;
  /** Whether `group_wait` is behind it. */
  hasFlushed = false;
  isFlushing = false;
  /** Whether something came while it was being flushed that cannot wait for the next tick. */
  isDirty = false;
  isGone = false;

  constructor(options: {
    tenant: string;
    route: RouteConfig;
    key: string;
    labels: Readonly<Record<string, string>>;
    nextMs: number;
  }) {
    this.tenant = options.tenant;
    this.route = options.route;
    this.key = options.key;
    this.labels = options.labels;
    this.nextMs = options.nextMs;
  }

  /**
   * When a group that was flushed is due again: at its next tick. Without `group_interval` changes are told of as they
   * come, and what is left to wait for is the time to repeat and the end of alerts that have one.
   */
  nextTick(nowMs: number): number {
    const { groupIntervalMs, repeatIntervalMs } = this.route;
    if (groupIntervalMs === 0)
      return Math.min(this.flushedMs + Math.max(1000, repeatIntervalMs), this.firstEnd(nowMs));
    return this.tickAt(nowMs + 1);
  }

  /** The tick at or after a time. */
  tickAt(atMs: number): number {
    const { groupIntervalMs } = this.route;
    if (groupIntervalMs === 0 || atMs === Infinity) return atMs;
    const ticks = Math.ceil((atMs - this.flushedMs) / groupIntervalMs);
    return this.flushedMs + Math.max(1, ticks) * groupIntervalMs;
  }

  /** When the first of the alerts ends that have not ended. */
  firstEnd(nowMs: number): number {
    let firstMs = Infinity;
    for (const { endsAtMs } of this.alerts.values())
      if (endsAtMs > nowMs) firstMs = Math.min(firstMs, endsAtMs);
    return firstMs;
  }
}
