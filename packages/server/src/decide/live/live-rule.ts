import type { Labels } from "@fleetlight/promql";

import type { SeriesRef } from "#store";

import { AlertingRule, type AlertingSpec, type RuleAlert } from "../alerting/index.ts";
import type { RuleDefinition } from "../types.ts";
import type { RulePlan } from "./plan.ts";

/** How the latest evaluation went. */
export interface Outcome {
  atMs: number;
  durationMs: number;
  samples: number;
  /** Empty when it went well. */
  error: string;
}

/** A series that has an alert, as a rule on single series knows it. */
export interface AlertedSeries {
  key: string;
  labels: Labels;
}

/** A rule as the engine is given it. */
export interface RuleSetup {
  tenant: string;
  /** Names the rule among those of its tenant for ever. */
  key: string;
  definition: RuleDefinition;
  /** Called when the rule is first looked at: it reads the expression. */
  plan: () => RulePlan;
  spec: AlertingSpec;
  /** How far back the rule looks. */
  offsetMs: number;
  /** How often the clock evaluates it; `alerting.evaluation_interval` when undefined. */
  intervalMs?: number;
}

/** A rule that is in force, with the series it follows and its alerts. */
export class LiveRule {
  readonly tenant: string;
  readonly key: string;
  definition: RuleDefinition;
  offsetMs: number;
  intervalMs: number | undefined;
  private makePlan: () => RulePlan;
  private madePlan: RulePlan | undefined;
  state: AlertingRule;
  readonly refs = new Set<SeriesRef>();
  /** Of rules on single series: those with an alert, and back from the alert's key. */
  readonly alerted = new Map<SeriesRef, AlertedSeries>();
  readonly seriesOf = new Map<string, SeriesRef>();
  /** Alerts from before the restart that nothing was heard of since. */
  readonly unheard = new Set<RuleAlert>();
  /** Of the alerts those that are in the count of all rules. */
  counted = 0;
  /** Resolves when the evaluation that is under way has ended. */
  idle: Promise<void> = Promise.resolve();
  busy = false;
  removed = false;
  last: Outcome | undefined;
  evaluations = 0;
  failures = 0;
  /** A limit kept series out, so that single series do not tell all. */
  limited: string | null = null;
  /** A limit kept alerts out of the latest evaluation. */
  crowded: string | null = null;

  constructor({ tenant, key, definition, plan, spec, offsetMs, intervalMs }: RuleSetup) {
    this.tenant = tenant;
    this.key = key;
    this.definition = definition;
    this.makePlan = plan;
    this.offsetMs = offsetMs;
    this.intervalMs = intervalMs;
    this.state = new AlertingRule(spec);
  }

  get plan(): RulePlan {
    return (this.madePlan ??= this.makePlan());
  }

  replan(plan: () => RulePlan): void {
    this.makePlan = plan;
    this.madePlan = undefined;
  }

  /** What the rule's owner should know, or an empty string. */
  get complaint(): string {
    return this.last?.error || this.limited || this.crowded || "";
  }

  /** Marks the rule as being evaluated. @returns what ends that. */
  enter(): () => void {
    let end = (): void => undefined;
    this.busy = true;
    this.idle = new Promise((resolve) => (end = resolve));
    return () => {
      this.busy = false;
      end();
    };
  }

  /** Forgets which series has which alert; the next evaluation finds out. */
  forgetSeries(): void {
    this.alerted.clear();
    this.seriesOf.clear();
  }
}
