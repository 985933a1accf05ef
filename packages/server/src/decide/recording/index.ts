export type {
  AlertingRuleView,
  RecordingRuleView,
  RuleGroupView,
  RuleGroupsView,
} from "./types.ts";
