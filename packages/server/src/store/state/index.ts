export { createStateStore, type StateLocation } from "./open.ts";
export type {
  AlertRepository,
  DeliveryOutcome,
  HistoryLimits,
  NewDelivery,
  NotifiedSeries,
  OutboxCounts,
  OutboxRepository,
  PendingDelivery,
  RuleOverride,
  RuleRepository,
  ServiceRepository,
  SettingRepository,
  StateStore,
  StoredAlert,
  StoredRule,
  StoredService,
} from "./types.ts";
