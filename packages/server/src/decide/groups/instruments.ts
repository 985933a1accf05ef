import type { Registry } from "@fleetlight/sdk";

const LABELS = ["rule_group"] as const;

/** What the rule groups tell about themselves: upstream's metrics under our prefix. `rule_group` is `file;name`. */
export const createGroupInstruments = (registry: Registry) => {
  const counter = (name: string, help: string) =>
    registry.counter({ name: `fleetlight_rule_group_${name}`, help, labelNames: LABELS });
  const gauge = (name: string, help: string) =>
    registry.gauge({ name: `fleetlight_rule_group_${name}`, help, labelNames: LABELS });
  return {
    iterations: counter("iterations_total", "Evaluations of a group that were due."),
    missed: counter(
      "iterations_missed_total",
      "Evaluations of a group that were left out because the one before took too long.",
    ),
    evaluations: counter("evaluations_total", "Evaluations of single rules of a group."),
    failures: counter("evaluation_failures_total", "Evaluations of single rules that failed."),
    samples: gauge("last_evaluation_samples", "Samples that the latest evaluation gave."),
    lastSeconds: gauge("last_duration_seconds", "How long the latest evaluation took."),
    lastTime: gauge(
      "last_evaluation_timestamp_seconds",
      "When the latest evaluation was, in seconds since 1970.",
    ),
    interval: gauge("interval_seconds", "Time between two evaluations."),
    rules: gauge("rules", "Rules of a group."),
    seconds: registry.histogram({
      name: "fleetlight_rule_group_duration_seconds",
      help: "How long evaluations of groups take.",
      unit: "seconds",
    }),
  };
};

export type GroupInstruments = ReturnType<typeof createGroupInstruments>;

/** Forgets the figures of a group that is no more. */
export function forgetGroup(instruments: GroupInstruments, ruleGroup: string): void {
  const { seconds: _, ...labelled } = instruments;
  for (const family of Object.values(labelled)) family.remove({ rule_group: ruleGroup });
}
