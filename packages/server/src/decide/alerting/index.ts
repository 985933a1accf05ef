/**
 * The rules of alerting without a clock and without a store: whoever evaluates a rule asks PromQL for its expression, makes
 * candidates of the result (`ruleSamples`, `candidateOf`), and gives these to the rule's `AlertingRule` with the time. What
 * changed comes back; `alertSamples` are what an evaluation leaves in the store.
 */
export {
  AlertingRule,
  AlertLimitError,
  ruleError,
  type AlertChange,
  type AlertingSpec,
  type Candidate,
  type FlappingLimit,
  type RuleAlert,
} from "./alerting-rule.ts";
export { ALERTS_FOR_STATE_METRIC, alertSamples } from "./alert-series.ts";
export {
  ALERT_NAME_LABEL,
  candidateOf,
  plainCandidate,
  ruleSamples,
  type RuleSample,
  type Surroundings,
} from "./candidates.ts";
export { checkTemplate } from "./template.ts";
