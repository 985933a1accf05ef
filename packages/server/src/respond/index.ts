export type {
  AlertFilter,
  AlertGroupView,
  Alertmanager,
  AlertmanagerChange,
  AlertStatus,
  AlertView,
  ChannelHealth,
  PipelineStats,
  PostedAlert,
  RouteExplanation,
  RouteStep,
  Silence,
  SilenceInput,
  SilenceMatcher,
  Silences,
  SilenceState,
  SilenceView,
  StageName,
  Suppression,
  Suppressor,
  TestResult,
} from "./alertmanager.ts";
export { createAlerts, type Alerts } from "./alerts.ts";
export { createForwarder, type Forwarder } from "./forward/index.ts";
export { createAlertmanager, type AlertPipeline } from "./manager.ts";
export { createSlackActions, type SlackActions } from "./slack-actions.ts";
export type { Notification, NotificationChannel, PipelineAlert, SendResult } from "./types.ts";
export {
  createOnCallRoom,
  maosSeverity,
  relatedServices,
  type Care,
  type Incidents,
  type OnCallRoom,
} from "./incidents/index.ts";
export type { Maintenance } from "./maintenance/index.ts";
export {
  choosePolicy,
  stampsOf,
  withoutSecrets,
  type Directory,
  type Entity,
  type Schedules,
} from "./oncall/index.ts";
export { Watchdog } from "./watchdog.ts";
