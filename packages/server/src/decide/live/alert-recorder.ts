import { describeError, NAME_LABEL, type Logger } from "#lib";
import type { Appender, MetricStore, SeriesRef } from "#store";

import { alertSamples, type RuleAlert } from "../alerting/index.ts";
import type { LiveRule } from "./live-rule.ts";

/** What a rule that cannot be evaluated leaves in the store, so that a rule can be about it. */
export const FAILING_METRIC = "fleetlight_rule_failing";

/** Alerts whose samples wait to be written; what is beyond is written on the next clock. */
const MAX_WAITING = 100_000;

/** Alerts that are written before others get their turn. */
const ALERTS_PER_COMMIT = 2000;

interface Written {
  state: RuleAlert["state"];
  alerts: SeriesRef;
  forState: SeriesRef;
  atMs: number;
}

interface Waiting {
  live: LiveRule;
  atMs: number;
}

/** Writes `ALERTS` and `ALERTS_FOR_STATE` of pending and firing alerts, and ends these series with them. */
export class AlertRecorder {
  private readonly metrics: MetricStore;
  private readonly logger: Logger;
  private readonly appenders = new Map<string, Appender>();
  private readonly written = new WeakMap<RuleAlert, Written>();
  private readonly failing = new Map<LiveRule, SeriesRef>();
  private readonly waiting = new Map<RuleAlert, Waiting>();
  private readonly healthChanged = new Map<LiveRule, number>();
  private turn: NodeJS.Immediate | undefined;
  private running: Promise<void> | undefined;

  constructor(metrics: MetricStore, logger: Logger) {
    this.metrics = metrics;
    this.logger = logger;
  }

  /** An alert is to be written as it is when its turn comes. */
  note(live: LiveRule, alert: RuleAlert, atMs: number): void {
    if (this.waiting.size < MAX_WAITING) this.waiting.set(alert, { live, atMs });
    this.begin();
  }

  /** The alert goes on as another object. */
  carry(from: RuleAlert, to: RuleAlert): void {
    const known = this.written.get(from);
    if (known !== undefined) this.written.set(to, known);
  }

  /** Whether a rule can be evaluated is to be written, if it is not or was not. */
  noteHealth(live: LiveRule, atMs: number): void {
    const fails = !live.removed && (live.last?.error ?? "") !== "";
    if (!fails && !this.failing.has(live)) return;
    this.healthChanged.set(live, atMs);
    this.begin();
  }

  /** Resolves when what waits now is written, or could not be. Never rejects. */
  async settle(): Promise<void> {
    await this.running;
    if (this.turn === undefined) return;
    clearImmediate(this.turn);
    await this.run();
  }

  private begin(): void {
    if (this.running !== undefined) return;
    this.turn ??= setImmediate(() => void this.run());
  }

  private async run(): Promise<void> {
    this.turn = undefined;
    this.running = this.write().catch((error: unknown) =>
      this.logger.warn({ error: describeError(error) }, "samples of alerts were not written"),
    );
    await this.running;
    this.running = undefined;
    if (this.waiting.size > 0 || this.healthChanged.size > 0) this.begin();
  }

  private async write(): Promise<void> {
    const used = new Set<Appender>();
    let count = 0;
    for (const [alert, { live, atMs }] of this.waiting) {
      this.waiting.delete(alert);
      const appender = this.appenderOf(live.tenant);
      used.add(appender);
      this.writeAlert(appender, alert, atMs - live.offsetMs);
      if (++count >= ALERTS_PER_COMMIT) break;
    }
    for (const [live, atMs] of this.healthChanged) {
      this.healthChanged.delete(live);
      const appender = this.appenderOf(live.tenant);
      used.add(appender);
      this.writeHealth(appender, live, atMs);
    }
    for (const appender of used) {
      try {
        await appender.commit();
      } catch (error) {
        appender.rollback();
        throw error;
      }
    }
  }

  private appenderOf(tenant: string): Appender {
    let appender = this.appenders.get(tenant);
    if (!appender) this.appenders.set(tenant, (appender = this.metrics.appender(tenant)));
    return appender;
  }

  private writeAlert(appender: Appender, alert: RuleAlert, atMs: number): void {
    const known = this.written.get(alert);
    // The first sample of a time stays, so that another state needs another time.
    const timeMs = known === undefined ? atMs : Math.max(atMs, known.atMs + 1);
    if (known !== undefined && known.state !== alert.state) {
      appender.appendStale(known.alerts, timeMs);
      if (alert.state === "inactive") {
        appender.appendStale(known.forState, timeMs);
        this.written.delete(alert);
      }
    }
    if (alert.state === "inactive") return;
    const next = known?.state === alert.state ? known : this.open(appender, alert);
    appender.append(next.alerts, timeMs, 1);
    appender.append(next.forState, timeMs, Math.floor(alert.activeAtMs / 1000));
    this.written.set(alert, { ...next, atMs: timeMs });
  }

  private open(appender: Appender, alert: RuleAlert): Written {
    const [alerts, forState] = alertSamples(alert).map(({ labels }) =>
      appender.series(labels.toObject()),
    );
    return { state: alert.state, alerts: alerts ?? 0, forState: forState ?? 0, atMs: 0 };
  }

  private writeHealth(appender: Appender, live: LiveRule, atMs: number): void {
    const known = this.failing.get(live);
    const fails = !live.removed && (live.last?.error ?? "") !== "";
    if (!fails) {
      if (known !== undefined) appender.appendStale(known, atMs);
      this.failing.delete(live);
      return;
    }
    const { id, group, name } = live.definition;
    const ref =
      known ??
      appender.series({
        [NAME_LABEL]: FAILING_METRIC,
        rule_id: id,
        rule_group: group,
        rule_name: name,
      });
    this.failing.set(live, ref);
    appender.append(ref, atMs, 1);
  }
}
