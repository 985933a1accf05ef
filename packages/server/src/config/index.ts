export { PLAIN_NAMES, environmentName } from "./env.ts";
export { externalUrl } from "./external-url.ts";
export { loadConfig, type LoadedConfig } from "./load.ts";
export {
  createConfigManager,
  type ConfigManager,
  type ConfigStatus,
  type ReloadResult,
} from "./manager.ts";
export { ConfigError, formatProblem, type ConfigProblem } from "./problems.ts";
export { redactConfig } from "./redact.ts";
export { ConfigSchema, ConfigShape, type Config, type ConfigInput } from "./schema.ts";
export { LOG_LEVELS } from "./fields.ts";
export { writtenConfig } from "./written.ts";
export { TOKEN_SCOPES, hashToken } from "./tokens.ts";
export { inspectSetting, itemOf, keysOf, type Setting } from "./walk.ts";
export type { RelabelAction, RelabelConfig } from "./prometheus/relabel.ts";
export type { ForwardingDestination } from "./forwarding-section.ts";
export type { HttpClientConfig } from "./prometheus/http-client.ts";
export { readRuleFile, TEMPLATE_FUNCTIONS } from "./prometheus/rule-file.ts";
export type {
  AlertingRuleConfig,
  RecordingRuleConfig,
  RuleFile,
  RuleGroupConfig,
} from "./prometheus/rule-file.ts";
export {
  addressProblem,
  paceOf,
  type GlobalConfig,
  type ScrapeJob,
} from "./prometheus/scrape-job.ts";
export { importPrometheus, type ImportNote, type PrometheusImport } from "./prometheus/import.ts";
export { exportPrometheus, localUrl } from "./prometheus/export.ts";
export { exportGrafana } from "./prometheus/grafana.ts";
export { alertmanagerOf } from "./alertmanager/from-notifications.ts";
export { isAlertmanagerFile, readAlertmanagerFile } from "./alertmanager/read.ts";
export type * from "./alertmanager/types.ts";
export type {
  ChannelConfig,
  ChannelKindName,
  IntegrationConfig,
} from "./alertmanager/channels/index.ts";
export type { TimeInterval } from "./alertmanager/time-interval.ts";
