import type { LabelSet } from "#lib";

interface RuleViewBase {
  name: string;
  /** The expression in its canonical form. */
  query: string;
  labels: LabelSet;
  health: "ok" | "err" | "unknown";
  /** Empty when the latest evaluation went well. */
  lastError: string;
  /** Seconds that the latest evaluation took. */
  evaluationTime: number;
  /** RFC 3339; `0001-01-01T00:00:00Z` when it was never evaluated, as upstream writes it. */
  lastEvaluation: string;
}

export interface RecordingRuleView extends RuleViewBase {
  type: "recording";
}

/** An alert in the shape of `data.alerts` of Prometheus' `GET /api/v1/alerts`. */
export interface AlertView {
  labels: LabelSet;
  annotations: LabelSet;
  state: "pending" | "firing";
  activeAt: string;
  /** Only while nothing but `keep_firing_for` holds it. */
  keepFiringSince?: string;
  /** As Go prints it: `1e+00`. */
  value: string;
}

export interface AlertingRuleView extends RuleViewBase {
  type: "alerting";
  state: "inactive" | "pending" | "firing";
  /** Seconds of `for` and `keep_firing_for`. */
  duration: number;
  keepFiringFor: number;
  annotations: LabelSet;
  alerts: AlertView[];
}

/** One group in the shape of `data.groups` of Prometheus' `GET /api/v1/rules`. */
export interface RuleGroupView {
  name: string;
  /** Path of the rule file; `fleetlight` for rules that are not from files. */
  file: string;
  rules: (RecordingRuleView | AlertingRuleView)[];
  /** Seconds. */
  interval: number;
  limit: number;
  evaluationTime: number;
  lastEvaluation: string;
}

/** Groups in the order of files and of their place in the file. */
export interface RuleGroupsView {
  groups: RuleGroupView[];
}
