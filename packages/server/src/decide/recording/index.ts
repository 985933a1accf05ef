export { createRuleGroups, type RuleGroups, type RuleGroupsOptions } from "./groups.ts";
export type {
  AlertingRuleView,
  RecordingRuleView,
  RuleGroupView,
  RuleGroupsView,
} from "./types.ts";
