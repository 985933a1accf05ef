import { formatLabels } from "#lib";

import type { AlertChange, RuleAlert } from "../alerting/index.ts";
import type { ActiveEvaluation, Evaluation } from "../types.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { LiveRule } from "./live-rule.ts";

/** Why a rule is evaluated: samples that arrived, the clock, a wait that ended, or a change of the rule. */
export type Cause = "samples" | "clock" | "due" | "change";

interface Told {
  fingerprint: string;
  value: number | undefined;
  annotations: Readonly<Record<string, string>> | undefined;
}

interface Occasion {
  atMs: number;
  cause: Cause;
  /** Value of a series whose alert is over, null when it has none. */
  lastValue?: ((alert: RuleAlert) => number | null) | undefined;
}

const FLAPPING = "flapping";

const sameTexts = (
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>> | undefined,
): boolean => {
  if (a === b) return true;
  if (b === undefined) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
};

/** Makes evaluations of what changed, and leaves out what was told before. */
export class Announcer {
  private readonly told = new WeakMap<RuleAlert, Told>();

  /** An alert from before the restart has its fingerprint already; it is told anew once something is heard of it. */
  recognise(alert: RuleAlert, fingerprint: string): void {
    this.told.set(alert, { fingerprint, value: undefined, annotations: undefined });
  }

  /** The alert goes on with other labels. */
  carry(from: RuleAlert, to: RuleAlert): void {
    const told = this.told.get(from);
    if (told !== undefined) this.told.set(to, told);
  }

  evaluations(live: LiveRule, changes: readonly AlertChange[], occasion: Occasion): Evaluation[] {
    const found: Evaluation[] = [];
    for (const { kind, alert } of changes) {
      if (kind === "resolved") {
        const fingerprint = this.told.get(alert)?.fingerprint;
        // Nobody knows of an alert that ended in the evaluation that would have told of it.
        if (fingerprint === undefined) continue;
        const value = occasion.lastValue?.(alert) ?? null;
        const { tenant } = live;
        found.push({ kind: "resolved", tenant, fingerprint, value, atMs: occasion.atMs });
        continue;
      }
      const told = this.toldOf(live, alert);
      if (kind === "told" && !isNews(alert, told, occasion.cause)) continue;
      told.value = alert.value;
      told.annotations = alert.annotations;
      found.push(activeOf(live, alert, told.fingerprint, occasion.atMs));
    }
    return found;
  }

  private toldOf(live: LiveRule, alert: RuleAlert): Told {
    const known = this.told.get(alert);
    if (known !== undefined) return known;
    const fingerprint = fingerprintOf(live.tenant, live.key, alert.labels);
    const told = { fingerprint, value: undefined, annotations: undefined };
    this.told.set(alert, told);
    return told;
  }
}

function isNews(alert: RuleAlert, told: Told, cause: Cause): boolean {
  if (cause === "change" || told.annotations === undefined) return true;
  if (cause === "samples") return false;
  return !Object.is(alert.value, told.value) || !sameTexts(alert.annotations, told.annotations);
}

const activeOf = (
  { tenant, definition }: LiveRule,
  alert: RuleAlert,
  fingerprint: string,
  atMs: number,
): ActiveEvaluation => ({
  kind: "active",
  tenant,
  fingerprint,
  rule: definition,
  labels: alert.labels.toObject(),
  annotations: alert.isFlapping ? { ...alert.annotations, [FLAPPING]: "true" } : alert.annotations,
  series: formatLabels(alert.source.toObject()),
  state: alert.state === "pending" ? "pending" : "firing",
  value: alert.value,
  activeAtMs: alert.activeAtMs,
  keepFiringSinceMs: alert.keepFiringSinceMs,
  atMs,
});
