import type { Service } from "@fleetlight/contract";

import { isoTime } from "#lib";

import type { WatchedService } from "./types.ts";

/** A URL without the password that it may hold. */
export function withoutPassword(text: string): string {
  if (!text.includes("@")) return text;
  const url = URL.parse(text);
  if (!url || url.password === "") return text;
  url.password = "***";
  return url.href;
}

/** A service as the API and the live feed show it. */
export function toService(service: WatchedService): Service {
  const { registration } = service;
  return {
    id: registration.id,
    name: registration.name,
    type: registration.type,
    url: withoutPassword(registration.url),
    health_endpoint: withoutPassword(registration.health_endpoint),
    metrics_endpoint: withoutPassword(registration.metrics_endpoint),
    labels: registration.labels,
    ...(registration.dependencies && { dependencies: registration.dependencies }),
    check: registration.check ?? {},
    scrape: registration.scrape ?? {},
    origin: service.origin,
    status: service.status,
    registered_at: isoTime(service.registeredAtMs),
    updated_at: isoTime(service.updatedAtMs),
    status_since: isoTime(service.statusSinceMs),
    last_heartbeat: service.lastHeartbeatMs === null ? null : isoTime(service.lastHeartbeatMs),
    last_check: service.lastCheck,
    last_scrape: service.lastScrape,
  };
}
