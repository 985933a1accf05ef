import { describeError, type Now } from "#lib";
import type { MetricStore, SeriesRef } from "#store";

import { satisfies } from "@fleetlight/contract/condition";
import { fingerprintOf } from "./fingerprint.ts";
import type { Instruments } from "./instruments.ts";
import { serviceOf, type Holding, type LiveRule } from "./live-rule.ts";
import type { Evaluation } from "./types.ts";

/** A sample older than this no longer says anything about now; as in Prometheus. */
const LOOKBACK_MS = 5 * 60_000;

/** Alerts of one rule, and of all, that are active at once; further ones wait until there is room, and the rule says so. */
const MAX_ACTIVE_PER_RULE = 5000;
const MAX_ACTIVE = 20_000;

/** Node's timers end at 24.8 days; a longer wait is waited for in parts. */
const MAX_TIMER_MS = 3_600_000;

type Cause = "samples" | "clock" | "change" | "due";

/** One pass over series of a rule. */
interface Round {
  atMs: number;
  cause: Cause;
  out: Evaluation[];
}

interface EvaluatorOptions {
  metrics: MetricStore;
  now: Now;
  emit: (evaluations: Evaluation[]) => void;
  instruments: Instruments;
  /** How long after the start an alert is kept although nothing was heard of its series. */
  graceMs: () => number;
}

/** Decides for one series at a time whether a rule's condition holds, since when, and who is to know. */
export class Evaluator {
  private readonly options: EvaluatorOptions;
  private readonly startedAtMs: number;
  private readonly waiting = new Map<Holding, { live: LiveRule; ref: SeriesRef }>();
  private readonly removedServices = new Map<string, number>();
  private dueTimer: NodeJS.Timeout | undefined;
  private active = 0;
  private waitingChanged = false;
  private stopped = false;

  constructor(options: EvaluatorOptions) {
    this.options = options;
    this.startedAtMs = options.now();
  }

  /** Evaluates a rule for these series and emits what changed. Never throws. */
  evaluate(live: LiveRule, refs: Iterable<SeriesRef>, cause: Cause): void {
    const { now, instruments } = this.options;
    const startedMs = performance.now();
    const atMs = now();
    const out: Evaluation[] = [];
    try {
      for (const ref of refs) this.evaluateSeries(live, ref, { atMs, cause, out });
      if (cause !== "samples") live.error = null;
      this.emit(out);
    } catch (error) {
      live.error = describeError(error);
      instruments.failures.inc();
    }
    live.lastAtMs = atMs;
    live.lastDurationMs = performance.now() - startedMs;
    instruments.evaluations.inc({ cause });
    instruments.seconds.inc(live.lastDurationMs / 1000);
    if (cause === "change") this.waitingChanged = true;
    if (this.waitingChanged) this.schedule();
  }

  /** Ends every alert of a rule, or those of it that `which` picks. */
  resolve(
    live: LiveRule,
    which: (holding: Holding, ref?: SeriesRef) => boolean = () => true,
  ): void {
    const atMs = this.options.now();
    const out: Evaluation[] = [];
    for (const [ref, holding] of live.holdings) {
      if (which(holding, ref)) this.end(live, ref, { holding, value: null, atMs, out });
    }
    for (const [fingerprint, holding] of live.restored) {
      if (!which(holding)) continue;
      live.restored.delete(fingerprint);
      this.active--;
      out.push({ kind: "resolved", tenant: live.tenant, fingerprint, value: null, atMs });
    }
    this.emit(out);
  }

  /** Takes over an alert from before the restart. */
  restore(live: LiveRule, holding: Holding): void {
    live.restored.set(holding.fingerprint, holding);
    this.active++;
  }

  /** Whether silence after the start is still forgiven. */
  isGrace(atMs: number): boolean {
    return atMs < this.startedAtMs + this.options.graceMs();
  }

  /** From now on samples of this service from before now raise nothing. */
  forgetService(tenant: string, service: string): void {
    this.removedServices.set(`${tenant}\n${service}`, this.options.now());
  }

  /** Forgets removals so old that no sample from before them counts any more. */
  sweep(): void {
    const oldestMs = this.options.now() - LOOKBACK_MS;
    for (const [key, atMs] of this.removedServices) {
      if (atMs < oldestMs) this.removedServices.delete(key);
    }
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.dueTimer);
  }

  private emit(evaluations: Evaluation[]): void {
    if (evaluations.length > 0) this.options.emit(evaluations);
  }

  private evaluateSeries(live: LiveRule, ref: SeriesRef, round: Round): void {
    const { atMs } = round;
    const { condition, threshold } = live.compiled.definition;
    const sample = this.options.metrics.latest(ref, atMs - LOOKBACK_MS);
    const holding = live.holdings.get(ref);
    if (holding?.restored) {
      const isNews = sample !== undefined && sample.timeMs >= this.startedAtMs;
      if (!isNews && this.isGrace(atMs)) return;
      holding.restored = false;
      if (holding.state === "pending") this.wait(live, ref, holding);
    }
    if (sample && satisfies(sample.value, condition, threshold)) {
      const current = holding ?? this.begin(live, ref, { atMs, timeMs: sample.timeMs });
      if (current) this.advance(live, ref, { ...round, holding: current, value: sample.value });
    } else if (holding) {
      this.end(live, ref, { ...round, holding, value: sample?.value ?? null });
    }
  }

  /** A series that satisfies the condition: it fires when it is due, and tells what changed. */
  private advance(
    live: LiveRule,
    ref: SeriesRef,
    { holding, value, atMs, cause, out }: Round & { holding: Holding; value: number },
  ): void {
    const isNew = holding.value === undefined;
    const fires =
      holding.state === "pending" && atMs - holding.sinceMs >= live.compiled.definition.forMs;
    if (fires) {
      holding.state = "firing";
      this.waitNoMore(holding);
    }
    const isOther = !Object.is(holding.value, value);
    if (!isNew && !fires && cause !== "change" && (!isOther || cause === "samples")) return;
    holding.value = value;
    out.push({
      kind: "active",
      tenant: live.tenant,
      fingerprint: holding.fingerprint,
      rule: live.compiled.definition,
      labels: this.options.metrics.labels(ref),
      state: holding.state,
      value,
      activeAtMs: holding.sinceMs,
      atMs,
    });
  }

  private begin(
    live: LiveRule,
    ref: SeriesRef,
    { atMs, timeMs }: { atMs: number; timeMs: number },
  ): Holding | undefined {
    const labels = this.options.metrics.labels(ref);
    const service = serviceOf(labels);
    const removedAtMs = this.removedServices.get(`${live.tenant}\n${service}`);
    if (removedAtMs !== undefined && timeMs <= removedAtMs) return undefined;
    if (live.holdings.size >= MAX_ACTIVE_PER_RULE || this.active >= MAX_ACTIVE) {
      live.limited = `more than ${Math.min(live.holdings.size, MAX_ACTIVE_PER_RULE)} series are alerting: further ones are left out`;
      this.options.instruments.limits.inc({ limit: "active_alerts" });
      return undefined;
    }
    const holding: Holding = {
      fingerprint: fingerprintOf(live.tenant, live.id, labels),
      service,
      sinceMs: atMs,
      state: "pending",
      value: undefined,
      restored: false,
    };
    live.holdings.set(ref, holding);
    this.wait(live, ref, holding);
    this.active++;
    return holding;
  }

  private end(
    live: LiveRule,
    ref: SeriesRef,
    {
      holding,
      value,
      atMs,
      out,
    }: { holding: Holding; value: number | null; atMs: number; out: Evaluation[] },
  ): void {
    live.holdings.delete(ref);
    this.waitNoMore(holding);
    this.active--;
    const { fingerprint } = holding;
    out.push({ kind: "resolved", tenant: live.tenant, fingerprint, value, atMs });
  }

  private wait(live: LiveRule, ref: SeriesRef, holding: Holding): void {
    this.waiting.set(holding, { live, ref });
    this.waitingChanged = true;
  }

  private waitNoMore(holding: Holding): void {
    if (this.waiting.delete(holding)) this.waitingChanged = true;
  }

  /** One timer for the wait that ends first: an alert fires when it is due, not when the clock comes round. */
  private schedule(): void {
    this.waitingChanged = false;
    clearTimeout(this.dueTimer);
    if (this.waiting.size === 0 || this.stopped) return;
    let dueMs = Infinity;
    for (const [holding, { live }] of this.waiting) {
      dueMs = Math.min(dueMs, holding.sinceMs + live.compiled.definition.forMs);
    }
    const delayMs = Math.min(Math.max(1, dueMs - this.options.now()), MAX_TIMER_MS);
    this.dueTimer = setTimeout(() => this.fireDue(), delayMs).unref();
  }

  private fireDue(): void {
    const atMs = this.options.now();
    const due = new Map<LiveRule, SeriesRef[]>();
    for (const [holding, { live, ref }] of this.waiting) {
      if (holding.sinceMs + live.compiled.definition.forMs > atMs) continue;
      const refs = due.get(live);
      if (refs) refs.push(ref);
      else due.set(live, [ref]);
    }
    this.waitingChanged = true;
    for (const [live, refs] of due) this.evaluate(live, refs, "due");
    if (this.waitingChanged) this.schedule();
  }
}
