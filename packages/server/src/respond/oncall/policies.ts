import type { EscalationMatch, EscalationPolicyInput, EscalationStep } from "@fleetlight/contract";
import type { DurationMs } from "#lib";

import { compileMatchers } from "./matchers.ts";

/** A label of an alert, or of a route, that names the policy. */
const POLICY_LABEL = "escalation_policy";

/** How long after the beginning alerts without a policy are sent again. */
export interface EscalationDefaults {
  critical: DurationMs;
  high: DurationMs;
}

/** The policy of an incident, and why it is that one. */
export interface ChosenPolicy extends Omit<EscalationMatch, "policy"> {
  /** Null: the default of the severity. */
  policy: string | null;
  name: string;
  steps: readonly EscalationStep[];
}

type Labels = Readonly<Record<string, string>>;

function defaultFor(severity: string, defaults: EscalationDefaults): ChosenPolicy {
  const isCritical = severity === "critical";
  const waitMs = isCritical ? defaults.critical : defaults.high;
  if (!isCritical && severity !== "high" && severity !== "error")
    return {
      policy: null,
      name: "",
      by: "none",
      reason: `there is no policy that matches, and none for severity ${severity || "(none)"}`,
      steps: [],
    };
  return {
    policy: null,
    name: "default",
    by: "default",
    reason: `there is no policy that matches; the default of severity ${severity}`,
    steps: [{ type: "wait", duration: waitMs / 1000 }, { type: "notify_channel" }],
  };
}

/**
 * Which policy an incident gets whose worst alert has these labels: the one that the label `escalation_policy` names,
 * else of those whose matchers match the one with the smallest position (then id), else the default of the severity.
 */
export function choosePolicy(
  policies: readonly EscalationPolicyInput[],
  labels: Labels,
  severity: string,
  defaults: EscalationDefaults,
): ChosenPolicy {
  const enabled = policies.filter((one) => one.enabled);
  const wanted = labels[POLICY_LABEL];
  const named = wanted === undefined ? undefined : enabled.find(({ id }) => id === wanted);
  if (named !== undefined)
    return {
      policy: named.id,
      name: named.name,
      by: "label",
      reason: `the label ${POLICY_LABEL} names it`,
      steps: named.steps,
    };
  const [matching] = enabled
    .filter(({ matchers }) => matchers.length > 0)
    .filter(({ matchers }) =>
      compileMatchers(matchers).every(({ name, test }) => test(labels[name] ?? "")),
    )
    .toSorted((a, b) => a.position - b.position || (a.id < b.id ? -1 : 1));
  if (matching !== undefined)
    return {
      policy: matching.id,
      name: matching.name,
      by: "matchers",
      reason: `its matchers match, and its position ${matching.position} is the smallest`,
      steps: matching.steps,
    };
  const chosen = defaultFor(severity, defaults);
  if (wanted === undefined) return chosen;
  return { ...chosen, reason: `there is no policy ${JSON.stringify(wanted)}; ${chosen.reason}` };
}
