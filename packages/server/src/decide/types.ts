import type { Condition, Severity } from "@fleetlight/contract";
import type { LabelSet } from "#lib";

/** A rule as it is evaluated, every default filled in. */
export interface RuleDefinition {
  id: string;
  name: string;
  description: string;
  /** Metric name or instant selector. */
  metric: string;
  condition: Condition;
  threshold: number;
  severity: Severity;
  /** How long the condition must hold before the alert fires. */
  forMs: number;
  /** How long nobody is told again about a series. */
  cooldownMs: number;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
}

/** A series satisfies the condition of a rule: since `activeAtMs`, and long enough when the state is `firing`. */
export interface ActiveEvaluation {
  kind: "active";
  tenant: string;
  /** Names the pair of rule and series for ever; see `fingerprintOf`. */
  fingerprint: string;
  rule: RuleDefinition;
  /** Labels of the series, its name under `__name__`. */
  labels: LabelSet;
  state: "pending" | "firing";
  value: number;
  activeAtMs: number;
  atMs: number;
}

/** A series that satisfied the condition no longer does. */
export interface ResolvedEvaluation {
  kind: "resolved";
  tenant: string;
  fingerprint: string;
  /** Null when the series, the service or the rule is gone. */
  value: number | null;
  atMs: number;
}

/**
 * What is emitted when a pair of rule and series begins or ceases to satisfy the condition, when it has done so long
 * enough, and, on the clock, when an active one has another value. An active evaluation may be repeated.
 */
export type Evaluation = ActiveEvaluation | ResolvedEvaluation;
