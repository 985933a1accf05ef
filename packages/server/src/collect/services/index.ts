export { dependenciesOf } from "./dependencies.ts";
export { endpointUrl, instanceOf, serviceLabels } from "./labels.ts";
export { createServiceRegistry, type ServiceRegistryOptions } from "./registry.ts";
export { scrapeTargets } from "./scrape-targets.ts";
export type {
  RegisterResult,
  RegistryStats,
  ServiceChange,
  ServiceRegistry,
  SyncResult,
  WatchedService,
} from "./types.ts";
export { toService } from "./wire.ts";
