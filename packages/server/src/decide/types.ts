import type { Condition, Severity } from "@fleetlight/contract";

/** Where a rule comes from: the API, the configuration, the program, or a rule file. */
export type RuleOrigin = "api" | "config" | "builtin" | "file";

/**
 * What becomes of alerts whose series gives no data any more: they end (`ok`, as upstream), they stay (`keep`), or they
 * stay and a rule that has no data at all is an alert itself (`alert`).
 */
export type NoDataPolicy = "ok" | "keep" | "alert";

/** What becomes of alerts while their rule cannot be evaluated: they stay (`keep`, as upstream), end (`ok`), or stay beside an alert about it. */
export type ErrorPolicy = "ok" | "keep" | "alert";

/** When a rule may fire; outside of it its alerts are over. */
export interface ActiveTime {
  /** 0 is Sunday; every day when empty. */
  weekdays: readonly number[];
  /** Minutes since midnight, the end exclusive; an end before the start is on the next day. The whole day when empty. */
  times: readonly { startMinute: number; endMinute: number }[];
  /** IANA name. */
  zone: string;
}

/** A rule as it is evaluated, every default filled in. */
export interface RuleDefinition {
  /** Of a rule of a file: its group and its name. */
  id: string;
  name: string;
  description: string;
  origin: RuleOrigin;
  /** Path of the rule file, and name of the group in it; empty for rules that are not from files. */
  file: string;
  group: string;
  /** PromQL in its canonical form. */
  query: string;
  /** What is compared with the threshold; empty, null and null where the query is no comparison with a number. */
  metric: string;
  condition: Condition | null;
  threshold: number | null;
  severity: Severity;
  /** How long the condition must hold before the alert fires. */
  forMs: number;
  /** How long the alert fires on after the condition ceased. */
  keepFiringForMs: number;
  /** How long nobody is told again about a series. */
  cooldownMs: number;
  /** Templates, the severity among them. */
  labels: Readonly<Record<string, string>>;
  /** Templates. */
  annotations: Readonly<Record<string, string>>;
  noData: NoDataPolicy;
  onError: ErrorPolicy;
  activeTime: ActiveTime | null;
}

/** An alert is pending or firing. */
export interface ActiveEvaluation {
  kind: "active";
  tenant: string;
  /** Names one alert of one rule; kept when a change of the rule gives the alert other labels. */
  fingerprint: string;
  rule: RuleDefinition;
  /** Final: those of the series without its name, the rule's expanded, and `alertname`. */
  labels: Readonly<Record<string, string>>;
  /** Expanded. */
  annotations: Readonly<Record<string, string>>;
  /** The series that the expression gave, for people: `queue_length{service="api"}`. */
  series: string;
  state: "pending" | "firing";
  value: number;
  activeAtMs: number;
  /** Since when only `keep_firing_for` holds it. */
  keepFiringSinceMs: number | null;
  atMs: number;
}

/** An alert that was pending or firing is over. */
export interface ResolvedEvaluation {
  kind: "resolved";
  tenant: string;
  fingerprint: string;
  /** Null when the series, the service or the rule is gone. */
  value: number | null;
  atMs: number;
}

/**
 * What is emitted when an alert begins or ends, when it has held long enough, when its rule changed, and, on the clock,
 * when it has another value or other texts. An active evaluation may be repeated.
 */
export type Evaluation = ActiveEvaluation | ResolvedEvaluation;
