export { RuleEngine } from "./engine.ts";
export { FAILING_METRIC } from "./alert-recorder.ts";
export type { LiveRule, RuleSetup } from "./live-rule.ts";
export { planOf } from "./plan.ts";
