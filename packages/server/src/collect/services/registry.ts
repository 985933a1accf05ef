import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";

import type {
  CheckResult,
  ScrapeResult,
  ServiceOrigin,
  ServiceRegistration,
  ServiceStatus,
} from "@fleetlight/contract";

import type { Config } from "#config";
import {
  Channel,
  checkUrlLiteral,
  conflict,
  describeError,
  limitReached,
  notFound,
  type Logger,
  type Now,
} from "#lib";
import type { EventStore, ServiceRepository, StoredService } from "#store";

import { KeyedQueue } from "./keyed-queue.ts";
import { PRECEDENCE } from "./precedence.ts";
import { newStreak, nextStatus, type Streak, type Thresholds } from "./status.ts";
import type {
  RegisterResult,
  RegistryStats,
  ServiceChange,
  ServiceRegistry,
  SyncResult,
  WatchedService,
} from "./types.ts";

export interface ServiceRegistryOptions {
  repository: ServiceRepository;
  events: EventStore;
  config: () => Config;
  now: Now;
  logger: Logger;
  /** Makes ids of events. */
  newId?: () => string;
  /** Most services of all tenants; 10,000 when left out. */
  maxServices?: number;
}

const DEFAULT_MAX_SERVICES = 10_000;
/** Heartbeats come often and are worth little after a restart: they are written this seldom per service. */
const HEARTBEAT_WRITE_MS = 60_000;
type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

interface Entry extends Mutable<WatchedService> {
  streak: Streak;
  heartbeatWrittenMs: number;
}

type EventName = "registered" | "updated" | "removed" | "status_changed";

const keyOf = (tenant: string, id: string): string => `${tenant}\u0000${id}`;

const storedOf = (entry: Entry): StoredService => ({
  tenant: entry.tenant,
  origin: entry.origin,
  registration: entry.registration,
  status: entry.status,
  statusSinceMs: entry.statusSinceMs,
  registeredAtMs: entry.registeredAtMs,
  updatedAtMs: entry.updatedAtMs,
  lastHeartbeatMs: entry.lastHeartbeatMs,
});

const entryOf = (stored: StoredService): Entry => ({
  ...stored,
  lastCheck: null,
  lastScrape: null,
  vanishedAtMs: null,
  streak: { ...newStreak(), undecided: stored.status === "unknown" },
  heartbeatWrittenMs: stored.lastHeartbeatMs ?? 0,
});

/** Whether a probe asks something else than before, so that former results say nothing about it. */
const isProbedAnew = (before: ServiceRegistration, after: ServiceRegistration): boolean =>
  before.url !== after.url ||
  before.health_endpoint !== after.health_endpoint ||
  !isDeepStrictEqual(before.check, after.check);

/** Why a status is what it is, for the event and the log. */
function causeOf(result: CheckResult, degraded: boolean): string {
  if (result.error !== null) return result.error;
  const answer = result.status_code === null ? "heartbeat" : `HTTP ${result.status_code}`;
  return degraded ? `${answer}, and the service says that it is degraded` : answer;
}

class Registry implements ServiceRegistry {
  private readonly options: ServiceRegistryOptions;
  private readonly newId: () => string;
  private readonly tenants = new Map<string, Map<string, Entry>>();
  private readonly changes: Channel<ServiceChange>;
  /** Writes and everything that must not cross them, per service. */
  private readonly queue = new KeyedQueue();
  private readonly eventWrites = new Set<Promise<void>>();
  private size = 0;
  private reserved = 0;
  private refused = 0;
  private writeErrors = 0;
  private eventErrors = 0;

  constructor(options: ServiceRegistryOptions) {
    this.options = options;
    this.newId = options.newId ?? randomUUID;
    this.changes = new Channel((error) =>
      options.logger.error({ error: describeError(error) }, "A listener of services failed"),
    );
  }

  async load(): Promise<void> {
    for (const stored of await this.options.repository.list()) this.insert(entryOf(stored));
  }

  async register(tenant: string, registration: ServiceRegistration): Promise<RegisterResult> {
    const { allow_link_local, allow_addresses } = this.options.config().outbound;
    const policy = { allowLinkLocal: allow_link_local, allowAddresses: allow_addresses };
    const { url, health_endpoint, metrics_endpoint } = registration;
    for (const target of [url, health_endpoint, metrics_endpoint]) {
      if (!target.startsWith("/")) checkUrlLiteral(target, policy);
    }
    return this.upsert(tenant, registration, "api");
  }

  heartbeat(tenant: string, id: string): WatchedService {
    const entry = this.find(tenant, id);
    if (!entry) throw notFound("service", id);
    const nowMs = this.options.now();
    entry.lastHeartbeatMs = nowMs;
    if (nowMs - entry.heartbeatWrittenMs >= HEARTBEAT_WRITE_MS) {
      entry.heartbeatWrittenMs = nowMs;
      this.writeSoon(entry);
    }
    this.publish("heartbeat", entry);
    return entry;
  }

  async remove(tenant: string, id: string): Promise<void> {
    await this.queue.run(keyOf(tenant, id), async () => {
      const entry = this.find(tenant, id);
      if (!entry) throw notFound("service", id);
      if (entry.origin === "config") {
        throw conflict(
          `service ${id} comes from the configuration; remove it from \`services\` there`,
        );
      }
      if (entry.origin === "file" && entry.vanishedAtMs === null) {
        throw conflict(
          `service ${id} was discovered in a file; remove its target from that file (\`discovery.file_sd\`)`,
        );
      }
      await this.erase(entry);
    });
  }

  get(tenant: string, id: string): WatchedService | undefined {
    return this.find(tenant, id);
  }

  list(tenant?: string): WatchedService[] {
    const all: WatchedService[] = [];
    for (const [name, services] of this.tenants) {
      if (tenant === undefined || tenant === name) all.push(...services.values());
    }
    const byId = ({ registration: a }: WatchedService, { registration: b }: WatchedService) =>
      a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
    return all.sort(byId);
  }

  recordCheck(tenant: string, id: string, result: CheckResult, degraded = false): void {
    const entry = this.find(tenant, id);
    if (!entry || entry.vanishedAtMs !== null) return;
    entry.lastCheck = result;
    const passed = degraded ? "degraded" : "healthy";
    const verdict = result.healthy ? passed : "unhealthy";
    const status = nextStatus(entry.status, entry.streak, verdict, this.thresholdsOf(entry));
    if (status !== entry.status) this.setStatus(entry, status, causeOf(result, degraded));
    this.publish("check", entry);
  }

  recordScrape(tenant: string, id: string, result: ScrapeResult): void {
    const entry = this.find(tenant, id);
    if (!entry) return;
    entry.lastScrape = result;
    this.publish("scrape", entry);
  }

  async syncOrigin(
    origin: "config" | "file" | "telemetry",
    tenant: string,
    registrations: readonly ServiceRegistration[],
    { keepMissing = false }: { keepMissing?: boolean } = {},
  ): Promise<SyncResult> {
    const result: SyncResult = { added: 0, updated: 0, vanished: 0, refused: 0 };
    const named = new Set(registrations.map(({ id }) => id));
    const before = keepMissing ? [] : [...(this.tenants.get(tenant)?.values() ?? [])];
    for (const entry of before) {
      const isGone = entry.origin === origin && !named.has(entry.registration.id);
      if (!isGone || entry.vanishedAtMs !== null) continue;
      await this.attempt(result, entry.registration.id, () => this.vanish(tenant, entry));
      result.vanished++;
    }
    for (const registration of registrations) {
      await this.attempt(result, registration.id, async () => {
        const { created, changed } = await this.upsert(tenant, registration, origin);
        if (created) result.added++;
        else if (changed) result.updated++;
      });
    }
    return result;
  }

  async dropVanished(): Promise<void> {
    const untilMs = this.options.now() - this.options.config().checks.retain_vanished;
    for (const service of this.list()) {
      const { tenant, registration, vanishedAtMs } = service;
      if (vanishedAtMs === null || vanishedAtMs > untilMs) continue;
      await this.queue.run(keyOf(tenant, registration.id), async () => {
        const entry = this.find(tenant, registration.id);
        if (entry && entry.vanishedAtMs === vanishedAtMs) await this.erase(entry);
      });
    }
  }

  onChange(listener: (change: ServiceChange) => void): () => void {
    return this.changes.subscribe(listener);
  }

  stats(): RegistryStats {
    const { size, refused, writeErrors, eventErrors } = this;
    return { services: size, refused, writeErrors, eventErrors };
  }

  async settle(): Promise<void> {
    await this.queue.settle();
    await Promise.all(this.eventWrites);
  }

  private find(tenant: string, id: string): Entry | undefined {
    return this.tenants.get(tenant)?.get(id);
  }

  private insert(entry: Entry): void {
    const services = this.tenants.get(entry.tenant) ?? new Map<string, Entry>();
    this.tenants.set(entry.tenant, services);
    services.set(entry.registration.id, entry);
    this.size++;
  }

  private thresholdsOf({ registration }: Entry): Thresholds {
    const { check = {} } = registration;
    // Heartbeats are damped by their timeout already.
    if (check.mode === "heartbeat") return { failures: 1, successes: 1 };
    const { failure_threshold, success_threshold } = this.options.config().checks;
    return {
      failures: check.failure_threshold ?? failure_threshold,
      successes: check.success_threshold ?? success_threshold,
    };
  }

  private upsert(
    tenant: string,
    registration: ServiceRegistration,
    origin: ServiceOrigin,
  ): Promise<RegisterResult & { changed: boolean }> {
    return this.queue.run(keyOf(tenant, registration.id), async () => {
      const entry = this.find(tenant, registration.id);
      if (!entry) {
        const service = await this.create(tenant, registration, origin);
        return { created: true, changed: true, service };
      }
      const isThere = entry.vanishedAtMs === null;
      const isOutranked = isThere && PRECEDENCE[entry.origin] > PRECEDENCE[origin];
      const isSame =
        isThere && entry.origin === origin && isDeepStrictEqual(entry.registration, registration);
      if (isOutranked || isSame) return { created: false, changed: false, service: entry };
      await this.update(entry, registration, origin);
      return { created: false, changed: true, service: entry };
    });
  }

  private async create(
    tenant: string,
    registration: ServiceRegistration,
    origin: ServiceOrigin,
  ): Promise<Entry> {
    const max = this.options.maxServices ?? DEFAULT_MAX_SERVICES;
    if (this.size + this.reserved >= max) {
      this.refused++;
      throw limitReached("services", `${max} services are known, which is the most there can be`);
    }
    const nowMs = this.options.now();
    const stored: StoredService = {
      tenant,
      origin,
      registration,
      status: "unknown",
      statusSinceMs: nowMs,
      registeredAtMs: nowMs,
      updatedAtMs: nowMs,
      lastHeartbeatMs: null,
    };
    this.reserved++;
    try {
      await this.options.repository.put(stored);
    } finally {
      this.reserved--;
    }
    const entry = entryOf(stored);
    this.insert(entry);
    this.options.logger.info(
      { tenant, service: registration.id, origin },
      `Registered service: ${registration.id}`,
    );
    this.announce(entry, "registered", { name: registration.name, origin });
    this.publish("registered", entry);
    return entry;
  }

  private async update(
    entry: Entry,
    registration: ServiceRegistration,
    origin: ServiceOrigin,
  ): Promise<void> {
    const updatedAtMs = this.options.now();
    await this.options.repository.put({ ...storedOf(entry), registration, origin, updatedAtMs });
    const isAnew = entry.vanishedAtMs !== null || isProbedAnew(entry.registration, registration);
    // The status may have changed while this was written; what waits in the queue writes it again.
    Object.assign(entry, { registration, origin, updatedAtMs, vanishedAtMs: null });
    if (isAnew) entry.streak = newStreak();
    if (registration.check?.mode === "none") {
      this.setStatus(entry, "unknown", "it is not checked any more");
    }
    this.announce(entry, "updated", { name: registration.name, origin });
    this.publish("updated", entry);
  }

  private async vanish(tenant: string, entry: Entry): Promise<void> {
    const { id } = entry.registration;
    await this.queue.run(keyOf(tenant, id), async () => {
      if (this.find(tenant, id) !== entry) return;
      if (entry.origin === "config") {
        await this.erase(entry);
        return;
      }
      entry.vanishedAtMs = this.options.now();
      const cause =
        entry.origin === "telemetry"
          ? "nothing was heard of it for long"
          : "it vanished from the file that it was discovered in";
      this.setStatus(entry, "unknown", cause);
      this.publish("updated", entry);
    });
  }

  /** Runs within the queue of the service. */
  private async erase(entry: Entry): Promise<void> {
    const { tenant, registration } = entry;
    await this.options.repository.remove(tenant, registration.id);
    this.tenants.get(tenant)?.delete(registration.id);
    this.size--;
    this.options.logger.info(
      { tenant, service: registration.id },
      `Removed service: ${registration.id}`,
    );
    this.announce(entry, "removed", { name: registration.name, origin: entry.origin });
    this.publish("removed", entry);
  }

  /** One service that cannot be kept must not keep the others of its source out. */
  private async attempt(result: SyncResult, id: string, task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      result.refused++;
      const { logger } = this.options;
      logger.warn({ service: id, error: describeError(error) }, `Could not keep service ${id}`);
    }
  }

  private setStatus(entry: Entry, status: ServiceStatus, cause: string): void {
    const from = entry.status;
    if (from === status) return;
    entry.status = status;
    entry.statusSinceMs = this.options.now();
    this.writeSoon(entry);
    const { tenant, registration } = entry;
    const level = status === "unhealthy" ? "warn" : "info";
    this.options.logger[level](
      { tenant, service: registration.id, from, to: status, cause },
      `Service ${registration.id} is ${status}: ${cause}`,
    );
    this.announce(entry, "status_changed", { name: registration.name, from, to: status, cause });
    this.publish("status", entry);
  }

  private writeSoon(entry: Entry): void {
    const { tenant, registration } = entry;
    this.queue.once(keyOf(tenant, registration.id), async () => {
      if (this.find(tenant, registration.id) !== entry) return;
      try {
        await this.options.repository.put(storedOf(entry));
      } catch (error) {
        this.writeErrors++;
        this.options.logger.error(
          { tenant, service: registration.id, error: describeError(error) },
          `Could not write service ${registration.id}; its next change writes it again`,
        );
      }
    });
  }

  private announce(entry: Entry, name: EventName, attributes: Record<string, string>): void {
    const { tenant, registration } = entry;
    const event = {
      id: this.newId(),
      timeMs: this.options.now(),
      type: `service.${name}`,
      service: registration.id,
      attributes,
    };
    const write = this.options.events
      .append(tenant, [event])
      .catch((error: unknown) => {
        this.eventErrors++;
        this.options.logger.error(
          { tenant, service: registration.id, error: describeError(error) },
          `Could not write event ${event.type}`,
        );
      })
      .finally(() => this.eventWrites.delete(write));
    this.eventWrites.add(write);
  }

  private publish(kind: ServiceChange["kind"], entry: Entry): void {
    this.changes.publish({ kind, tenant: entry.tenant, service: entry });
  }
}

/** An empty registry; call `load` before anything else. */
export const createServiceRegistry = (options: ServiceRegistryOptions): ServiceRegistry =>
  new Registry(options);
