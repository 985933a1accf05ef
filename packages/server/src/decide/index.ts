export type {
  AlertingRuleView,
  AlertView,
  RecordingRuleView,
  RuleGroupView,
  RuleGroupsView,
} from "./groups/index.ts";
export { createRules, type Rules, type RulesStats } from "./rules/index.ts";
export type {
  ActiveEvaluation,
  ActiveTime,
  Evaluation,
  ResolvedEvaluation,
  RuleDefinition,
} from "./types.ts";
