export { createRuleGroups, type RuleGroups } from "./groups.ts";
export type {
  AlertingRuleView,
  AlertView,
  RecordingRuleView,
  RuleGroupView,
  RuleGroupsView,
} from "./types.ts";
export { alertingView, alertView, NEVER } from "./view.ts";
