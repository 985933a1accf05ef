import type { Config } from "#config";

import { SERVICES_POOL, type ScrapeTarget } from "../scrape/index.ts";
import { endpointUrl, serviceLabels } from "./labels.ts";
import type { WatchedService } from "./types.ts";

/** Services that only send heartbeats, or are not checked at all, may have nothing to scrape: they must ask for it. */
function isScraped({ registration, vanishedAtMs }: WatchedService, config: Config): boolean {
  const asked = registration.scrape?.enabled;
  const isPushOnly = registration.check?.mode === "heartbeat";
  if (vanishedAtMs !== null || !config.scrape.enabled) return false;
  return asked ?? !isPushOnly;
}

/** What is to be scraped: every service that is not excepted, whatever its status, because `up` tells what is down. */
export function scrapeTargets(services: readonly WatchedService[], config: Config): ScrapeTarget[] {
  const defaults = config.scrape;
  const targets: ScrapeTarget[] = [];
  for (const service of services) {
    if (!isScraped(service, config)) continue;
    const { id, url, metrics_endpoint, scrape = {} } = service.registration;
    const intervalMs = scrape.interval_seconds ? scrape.interval_seconds * 1000 : defaults.interval;
    const timeoutMs = scrape.timeout_seconds ? scrape.timeout_seconds * 1000 : defaults.timeout;
    targets.push({
      tenant: service.tenant,
      id,
      url: endpointUrl(url, metrics_endpoint),
      labels: serviceLabels(service),
      pool: SERVICES_POOL,
      intervalMs,
      timeoutMs: Math.min(timeoutMs, intervalMs),
      honorLabels: scrape.honor_labels ?? defaults.honor_labels,
    });
  }
  return targets;
}
