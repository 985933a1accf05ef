import type { Labels } from "@fleetlight/promql";

import { FleetlightError } from "#lib";

/** How long an alert that is over is remembered, as upstream: one that comes back is known to have been there. */
const RESOLVED_RETENTION_MS = 15 * 60_000;

/** An alert is held firing that has changed more often than this within the window. */
export interface FlappingLimit {
  maxChanges: number;
  windowMs: number;
}

/** What decides over the life of a rule's alerts. */
export interface AlertingSpec {
  forMs: number;
  keepFiringForMs: number;
  /** Most alerts that may be pending or firing; 0 is no limit. */
  limit: number;
  /** Null where alerts come and go as upstream's. */
  flapping: FlappingLimit | null;
}

/** One element of a rule's result as the alert that it means. */
export interface Candidate {
  /** Final; they are the alert's identity. */
  labels: Labels;
  annotations: Readonly<Record<string, string>>;
  /** Labels of the element, its name among them. */
  source: Labels;
  value: number;
}

export interface RuleAlert {
  readonly labels: Labels;
  readonly source: Labels;
  annotations: Readonly<Record<string, string>>;
  /** `inactive` while an alert that is over is remembered. */
  state: "pending" | "firing" | "inactive";
  value: number;
  /** Unix milliseconds. */
  activeAtMs: number;
  firedAtMs: number | null;
  resolvedAtMs: number | null;
  keepFiringSinceMs: number | null;
  /** When its condition began or ceased after it had fired, within the window of {@link FlappingLimit}. */
  flips: readonly number[];
  /** Whether it fires although its condition has ceased, because it changes too often. */
  isFlapping: boolean;
}

/**
 * What an evaluation did to an alert: `began` (pending, or firing at once), `fired` after its wait, `resolved`, `held` when its
 * reason to fire changed, or `told` when it goes on, maybe with another value or other texts.
 */
export interface AlertChange {
  kind: "began" | "fired" | "held" | "resolved" | "told";
  alert: RuleAlert;
}

export interface EvaluateOptions {
  /** Keys of the labels of the alerts that are looked at; all when left out. */
  scope?: ReadonlySet<string> | undefined;
  /** Whether an alert that the result does not have stays as it is. */
  hold?: ((alert: RuleAlert) => boolean) | undefined;
}

export const ruleError = (message: string): FleetlightError =>
  new FleetlightError("rule_failed", 422, message);

/**
 * The alerts of one rule: a state machine that knows neither clock nor store. An evaluation hands in what the rule's
 * expression gave at a time, and learns which alerts began, fired and ended.
 */
export class AlertingRule {
  private spec: AlertingSpec;
  private readonly alerts = new Map<string, RuleAlert>();
  private readonly flappers = new Set<RuleAlert>();
  /** How many are pending or firing. */
  activeCount = 0;

  constructor(spec: AlertingSpec) {
    this.spec = spec;
  }

  /** Pending and firing alerts. */
  *active(): Generator<RuleAlert> {
    for (const alert of this.alerts.values()) if (alert.state !== "inactive") yield alert;
  }

  /** The worst state of its alerts. */
  get state(): RuleAlert["state"] {
    let state: RuleAlert["state"] = "inactive";
    for (const alert of this.alerts.values()) {
      if (alert.state === "firing") return "firing";
      if (alert.state === "pending") state = "pending";
    }
    return state;
  }

  /** The pending or firing alert with these labels. */
  find(key: string): RuleAlert | undefined {
    const alert = this.alerts.get(key);
    return alert?.state === "inactive" ? undefined : alert;
  }

  /** Takes over an alert from before a restart. */
  restore(alert: RuleAlert): void {
    this.alerts.set(alert.labels.key, alert);
    if (alert.state !== "inactive") this.activeCount++;
  }

  /** Goes on with other waits; what is due is seen at the next evaluation. */
  respecify(spec: AlertingSpec): void {
    this.spec = spec;
  }

  /**
   * Applies the result of the rule's expression at a time.
   * @throws FleetlightError `rule_failed` in upstream's words: for two elements with the same labels, which changes nothing; and
   * beyond the limit, which forgets all alerts.
   */
  evaluate(
    candidates: readonly Candidate[],
    atMs: number,
    { scope, hold }: EvaluateOptions = {},
  ): AlertChange[] {
    const seen = byKey(candidates);
    const changes: AlertChange[] = [];
    for (const [key, candidate] of seen) this.meet(key, candidate, atMs, changes);
    for (const key of scope ?? this.alerts.keys()) {
      if (seen.has(key)) continue;
      const alert = this.alerts.get(key);
      if (alert !== undefined) this.miss(key, alert, { atMs, hold, changes });
    }
    this.checkLimit();
    return changes;
  }

  /** Ends every alert, or those that `which` picks, without regard to `keep_firing_for`. */
  end(atMs: number, which: (alert: RuleAlert) => boolean = () => true): AlertChange[] {
    const changes: AlertChange[] = [];
    for (const alert of this.active()) {
      if (which(alert)) changes.push(this.resolve(alert, atMs));
    }
    return changes;
  }

  /** When an alert reaches the next state by time alone; Infinity when none does. */
  nextDueMs(): number {
    const { forMs, keepFiringForMs, flapping } = this.spec;
    let dueMs = Infinity;
    for (const { flips } of this.flappers)
      dueMs = Math.min(dueMs, (flips[0] ?? Infinity) + (flapping?.windowMs ?? 0) + 1);
    if (forMs <= 0 && keepFiringForMs <= 0) return dueMs;
    for (const { state, activeAtMs, keepFiringSinceMs } of this.alerts.values()) {
      if (state === "pending") dueMs = Math.min(dueMs, activeAtMs + forMs);
      else if (state === "firing" && keepFiringSinceMs !== null)
        dueMs = Math.min(dueMs, keepFiringSinceMs + keepFiringForMs);
    }
    return dueMs;
  }

  private meet(key: string, candidate: Candidate, atMs: number, changes: AlertChange[]): void {
    const known = this.alerts.get(key);
    if (known === undefined || known.state === "inactive") {
      const alert = begin(candidate, atMs, this.flipsOf(known, atMs));
      this.alerts.set(key, alert);
      this.activeCount++;
      this.fireWhenDue(alert, atMs);
      changes.push({ kind: "began", alert });
      return;
    }
    known.value = candidate.value;
    known.annotations = candidate.annotations;
    const wasHeld = known.keepFiringSinceMs !== null || known.isFlapping;
    if (wasHeld) known.flips = this.flipsOf(known, atMs);
    known.keepFiringSinceMs = null;
    known.isFlapping = false;
    this.flappers.delete(known);
    const kind = this.fireWhenDue(known, atMs) ? "fired" : wasHeld ? "held" : "told";
    changes.push({ kind, alert: known });
  }

  private miss(
    key: string,
    alert: RuleAlert,
    {
      atMs,
      hold,
      changes,
    }: { atMs: number; hold: EvaluateOptions["hold"]; changes: AlertChange[] },
  ): void {
    if (alert.state === "inactive") {
      if (atMs - (alert.resolvedAtMs ?? atMs) > RESOLVED_RETENTION_MS) this.alerts.delete(key);
      return;
    }
    if (hold?.(alert)) return;
    if (alert.state === "pending") {
      this.alerts.delete(key);
      changes.push(this.resolve(alert, atMs));
      return;
    }
    const isNews = alert.keepFiringSinceMs === null && !alert.isFlapping;
    if (isNews) alert.flips = this.flipsOf(alert, atMs);
    if (this.keepsFiring(alert, atMs) || this.flaps(alert, atMs)) {
      changes.push({ kind: isNews ? "held" : "told", alert });
      return;
    }
    changes.push(this.resolve(alert, atMs));
  }

  private keepsFiring(alert: RuleAlert, atMs: number): boolean {
    const { keepFiringForMs } = this.spec;
    if (keepFiringForMs <= 0) return false;
    alert.keepFiringSinceMs ??= atMs;
    return atMs - alert.keepFiringSinceMs < keepFiringForMs;
  }

  private flaps(alert: RuleAlert, atMs: number): boolean {
    const { flapping } = this.spec;
    if (flapping === null) return false;
    alert.flips = recent(alert.flips, flapping, atMs);
    alert.isFlapping = alert.flips.length > flapping.maxChanges;
    if (alert.isFlapping) this.flappers.add(alert);
    return alert.isFlapping;
  }

  private flipsOf(alert: RuleAlert | undefined, atMs: number): readonly number[] {
    const { flapping } = this.spec;
    if (flapping === null || alert === undefined || alert.firedAtMs === null) return [];
    return [...recent(alert.flips, flapping, atMs), atMs].slice(-flapping.maxChanges - 1);
  }

  private fireWhenDue(alert: RuleAlert, atMs: number): boolean {
    if (alert.state !== "pending" || atMs - alert.activeAtMs < this.spec.forMs) return false;
    alert.state = "firing";
    alert.firedAtMs = atMs;
    return true;
  }

  private resolve(alert: RuleAlert, atMs: number): AlertChange {
    alert.state = "inactive";
    alert.resolvedAtMs = atMs;
    alert.keepFiringSinceMs = null;
    alert.isFlapping = false;
    this.flappers.delete(alert);
    this.activeCount--;
    return { kind: "resolved", alert };
  }

  private checkLimit(): void {
    const { limit } = this.spec;
    if (limit > 0 && this.activeCount > limit) throw new AlertLimitError(limit, this.activeCount);
  }
}

/** More alerts than the group's limit are active: all of the rule's alerts are to be ended with `end`. */
export class AlertLimitError extends FleetlightError {
  constructor(limit: number, count: number) {
    super("rule_failed", 422, `exceeded limit of ${limit} with ${count} alerts`);
  }
}

function byKey(candidates: readonly Candidate[]): Map<string, Candidate> {
  const seen = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const { key } = candidate.labels;
    if (seen.has(key))
      throw ruleError("vector contains metrics with the same labelset after applying alert labels");
    seen.set(key, candidate);
  }
  return seen;
}

const begin = (candidate: Candidate, atMs: number, flips: readonly number[]): RuleAlert => ({
  ...candidate,
  state: "pending",
  activeAtMs: atMs,
  firedAtMs: null,
  resolvedAtMs: null,
  keepFiringSinceMs: null,
  flips,
  isFlapping: false,
});

const recent = (
  flips: readonly number[],
  { windowMs }: FlappingLimit,
  atMs: number,
): readonly number[] => flips.filter((flipMs) => flipMs >= atMs - windowMs);
