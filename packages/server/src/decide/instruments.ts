import type { Registry } from "@fleetlight/sdk";

/** What the rules tell about themselves on `/metrics`. */
export const createInstruments = (registry: Registry) => ({
  evaluations: registry.counter({
    name: "fleetlight_rule_evaluations_total",
    help: "Evaluations of a rule, by what caused them: samples that arrived, the clock, a change of the rule, or a wait that ended.",
    labelNames: ["cause"],
  }),
  seconds: registry.counter({
    name: "fleetlight_rule_evaluation_seconds_total",
    help: "Time spent evaluating rules.",
  }),
  failures: registry.counter({
    name: "fleetlight_rule_evaluation_failures_total",
    help: "Evaluations of a rule that failed.",
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
    help: "Rules that are evaluated, in all tenants.",
  }),
  series: registry.gauge({
    name: "fleetlight_rule_series",
    help: "Series that are followed because a rule is about them.",
  }),
});

export type Instruments = ReturnType<typeof createInstruments>;
