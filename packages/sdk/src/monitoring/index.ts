export { BudgetExceeded } from "./checkpoint.ts";
export type { CheckpointAnswer, CheckpointOptions } from "./checkpoint.ts";
export type { ComponentCheck, ComponentReport, ComponentResult } from "./components.ts";
export type { Dashboard } from "./dashboard.ts";
export type { Dependency } from "./dependencies.ts";
export { createMonitoring } from "./monitoring.ts";
export type { Monitoring } from "./monitoring.ts";
export type { Operation, Outcome, Usage } from "./operation.ts";
export type { MonitoringOptions, ServiceOptions } from "./options.ts";
export type { Belonging } from "./recorder.ts";
export type { MonitoringStats } from "./stats.ts";
export type { Recommendation, SystemHealth } from "./system-health.ts";
export type { Validation, ValidationCheck } from "./validate.ts";
export type {
  AgentTask,
  Communication,
  ConflictRecord,
  ConflictStart,
  Resolution,
  Running,
  TaskOutcome,
  TaskStart,
  WorkflowStart,
} from "./work.ts";
