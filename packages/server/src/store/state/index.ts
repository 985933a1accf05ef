export { createStateStore, type StateLocation } from "./open.ts";
export type {
  AlertRepository,
  DeliveryFilter,
  DeliveryOutcome,
  HistoryLimits,
  LogEntry,
  NewNotification,
  NotificationBatch,
  NotificationLogRepository,
  OutboxCounts,
  OutboxRepository,
  PendingNotification,
  ReceivedAlert,
  ReceivedAlertRepository,
  RuleOverride,
  RuleRepository,
  ServiceRepository,
  SettingRepository,
  SilenceRepository,
  StateStore,
  StoredAlert,
  StoredRule,
  StoredService,
  StoredSilence,
} from "./types.ts";
export type {
  IncidentChanges,
  IncidentFilter,
  IncidentRepository,
  InsightRows,
  StoredAcknowledgement,
  StoredEntry,
  StoredEscalation,
  StoredIncident,
  StoredOccurrence,
  TallyRow,
} from "./incident-records.ts";
export type {
  BudgetRepository,
  SpendingBatch,
  StoredBudget,
  StoredSpending,
  StoredStop,
} from "./budgets.ts";
export type { FindingFilter, FindingRepository, StoredFinding } from "./findings.ts";
export type { MaintenanceRepository, StoredMaintenance } from "./maintenance.ts";
export type {
  OnCallDocuments,
  OnCallKind,
  OnCallRepository,
  StoredOnCall,
  StoredOverride,
} from "./oncall.ts";
