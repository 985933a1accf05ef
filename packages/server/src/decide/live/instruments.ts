import type { Registry } from "@fleetlight/sdk";

/** What the alert rules tell about themselves on `/metrics`. */
export const createRuleInstruments = (registry: Registry) => ({
  evaluations: registry.counter({
    name: "fleetlight_rule_evaluations_total",
    help: "Evaluations of an alert rule, by what caused them: samples that arrived, the clock, a change of the rule, or a wait that ended.",
    labelNames: ["cause"],
  }),
  seconds: registry.counter({
    name: "fleetlight_rule_evaluation_seconds_total",
    help: "Time spent evaluating alert rules.",
  }),
  failures: registry.counter({
    name: "fleetlight_rule_evaluation_failures_total",
    help: "Evaluations of an alert rule that failed.",
  }),
  skipped: registry.counter({
    name: "fleetlight_rule_rounds_skipped_total",
    help: "Rounds of the clock that were left out because the one before was still under way.",
  }),
  limits: registry.counter({
    name: "fleetlight_rule_limits_reached_total",
    help: "Series, alerts or tenants that were left out at a limit of the rules.",
    labelNames: ["limit"],
  }),
  rules: registry.gauge({
    name: "fleetlight_rules",
    help: "Alert rules that are evaluated, in all tenants.",
  }),
  series: registry.gauge({
    name: "fleetlight_rule_series",
    help: "Series that are followed because an alert rule is about them.",
  }),
  active: registry.gauge({
    name: "fleetlight_rule_active_alerts",
    help: "Pending and firing alerts of rules.",
  }),
  waiting: registry.gauge({
    name: "fleetlight_rules_waiting",
    help: "Rules with new samples that wait for their turn to be evaluated.",
  }),
  lag: registry.gauge({
    name: "fleetlight_rule_round_lag_seconds",
    help: "How long after its time the latest round of the clock began.",
  }),
  round: registry.gauge({
    name: "fleetlight_rule_round_seconds",
    help: "How long the latest round of the clock took.",
  }),
});

export type RuleInstruments = ReturnType<typeof createRuleInstruments>;
