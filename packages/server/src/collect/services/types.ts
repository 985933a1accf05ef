import type { CheckResult, ScrapeResult, ServiceRegistration } from "@fleetlight/contract";

import type { StoredService } from "#store";

/** A service with what is known of it right now. It is live: its fields change as news comes. */
export interface WatchedService extends Readonly<StoredService> {
  readonly lastCheck: CheckResult | null;
  readonly lastScrape: ScrapeResult | null;
  /** When a discovered service vanished from its source; it is neither checked nor scraped while this is set. */
  readonly vanishedAtMs: number | null;
}

export interface ServiceChange {
  kind: "registered" | "updated" | "removed" | "status" | "check" | "scrape" | "heartbeat";
  tenant: string;
  service: WatchedService;
}

export interface RegisterResult {
  /** False when the id was known. */
  created: boolean;
  service: WatchedService;
}

export interface SyncResult {
  added: number;
  updated: number;
  vanished: number;
  /** Refused because of the limit of services, or because they could not be kept. */
  refused: number;
}

export interface RegistryStats {
  services: number;
  /** Registrations refused because of the limit of services. */
  refused: number;
  /** Changes that could not be written to the state store. */
  writeErrors: number;
  /** Events that could not be written to the telemetry store. */
  eventErrors: number;
}

/** All services of all tenants: in memory for readers, in the state store for the next start. */
export interface ServiceRegistry {
  /** Reads what the last process knew; call it once, before anything else. */
  load(): Promise<void>;
  /**
   * Adds or updates the service of that id, keeping its history; resolves once it is durable. A service of the
   * configuration stays as the configuration says (`created` is false, `service` shows it).
   * @throws FleetlightError `outbound_blocked` (400) for a literal address that is refused, `limit_reached`.
   */
  register(tenant: string, registration: ServiceRegistration): Promise<RegisterResult>;
  /** @throws FleetlightError `not_found`. */
  heartbeat(tenant: string, id: string): WatchedService;
  /** @throws FleetlightError `not_found`, or `conflict` when a file or the configuration would bring it back. */
  remove(tenant: string, id: string): Promise<void>;
  get(tenant: string, id: string): WatchedService | undefined;
  /** In the order of ids; of all tenants when none is named. */
  list(tenant?: string): WatchedService[];
  /** Takes the result of a probe into account; results of unknown services are ignored. */
  recordCheck(tenant: string, id: string, result: CheckResult, degraded?: boolean): void;
  recordScrape(tenant: string, id: string, result: ScrapeResult): void;
  /**
   * Makes the services of that origin those in the list. What is gone from the configuration is removed; what is gone
   * from files, or silent, is kept as `unknown` for `checks.retain_vanished`. Never rejects because of one service.
   * With `keepMissing`, what is not in the list stays: the source could not be read completely.
   */
  syncOrigin(
    origin: "config" | "file" | "telemetry",
    tenant: string,
    registrations: readonly ServiceRegistration[],
    options?: { keepMissing?: boolean },
  ): Promise<SyncResult>;
  /** Drops vanished services whose time is over. */
  dropVanished(): Promise<void>;
  /** Listeners must not block. @returns a function that ends the subscription. */
  onChange(listener: (change: ServiceChange) => void): () => void;
  stats(): RegistryStats;
  /** Resolves when everything that was to be written is written. */
  settle(): Promise<void>;
}
