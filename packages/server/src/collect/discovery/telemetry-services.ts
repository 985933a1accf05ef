import type { ServiceRegistration } from "@fleetlight/contract";
import type { Registry } from "@fleetlight/sdk";

import type { Config } from "#config";
import { describeError, type Logger, type Now } from "#lib";

import type { ServiceRegistry } from "../services/index.ts";

/** How often the registry is told what was heard. */
const SYNC_MS = 5000;
/** News of one service within this time are one; it bounds what a busy sender costs. */
const QUIET_MS = 1000;
/** What is shown of a service is written anew this seldom, however its instances come and go. */
const RENEW_MS = 60_000;
/** Instances of one service that are named. */
const MAX_INSTANCES = 20;
const MAX_LABEL_CHARACTERS = 200;
const MAX_NAME_CHARACTERS = 256;
const MAX_ID_CHARACTERS = 128;

type Resource = Readonly<Record<string, string>>;

interface Heard {
  tenant: string;
  name: string;
  resource: Resource;
  heardMs: number;
  toldMs: number;
  writtenMs: number;
  /** Instance and host with the time of their latest news. */
  instances: Map<string, { host: string; heardMs: number }>;
  registration: ServiceRegistration | undefined;
}

interface Options {
  services: ServiceRegistry;
  config: () => Pick<Config, "discovery">;
  now: Now;
  logger: Logger;
  registry: Registry;
}

/** An id for the registry, which takes fewer characters than a service's name may have. */
const idOf = (name: string): string =>
  name
    .replace(/[^a-zA-Z0-9._:-]+/g, "-")
    .replace(/^[^a-zA-Z0-9]+/, "")
    .slice(0, MAX_ID_CHARACTERS);

/** OpenTelemetry's SDKs say so when nobody named the service. */
const isNamed = (name: string): boolean => name !== "" && !/^unknown_service(?::|$)/.test(name);

/** Resource attributes that become labels of the service. */
const LABELS: Readonly<Record<string, string>> = {
  "service.namespace": "namespace",
  "service.version": "version",
  "deployment.environment.name": "environment",
  "deployment.environment": "environment",
  "telemetry.sdk.language": "language",
};

const cut = (text: string): string => text.slice(0, MAX_LABEL_CHARACTERS);

/**
 * Puts services into the registry that send spans, log lines or metrics. They are neither checked nor scraped: nobody
 * said where they listen. One that was silent for `discovery.telemetry.gone_after` counts as gone.
 */
export class TelemetryServices {
  private readonly options: Options;
  private readonly heard = new Map<string, Heard>();
  private readonly refused;
  private timer: NodeJS.Timeout | undefined;
  private syncing: Promise<void> | undefined;

  constructor(options: Options) {
    this.options = options;
    const { registry } = options;
    this.refused = registry.counter({
      name: "fleetlight_discovery_telemetry_refused_total",
      help: "News of services that were not taken up because there are too many.",
    });
    registry
      .gauge({
        name: "fleetlight_discovery_telemetry_services",
        help: "Services that sent telemetry lately.",
      })
      .collect((gauge) => gauge.set(this.heard.size));
  }

  /** Services of the last process go on where they were. */
  start(): void {
    for (const {
      tenant,
      origin,
      registration,
      lastHeartbeatMs,
      vanishedAtMs,
    } of this.options.services.list()) {
      if (origin !== "telemetry" || vanishedAtMs !== null) continue;
      const heardMs = lastHeartbeatMs ?? this.options.now();
      this.heard.set(`${tenant}\0${registration.name}`, {
        tenant,
        name: registration.name,
        resource: {},
        heardMs,
        toldMs: heardMs,
        writtenMs: heardMs,
        instances: new Map(),
        registration,
      });
    }
    this.timer = setInterval(() => void this.sync(), SYNC_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.syncing;
  }

  /** Cheap: it is asked for every span. */
  hear(tenant: string, name: string, resource: Resource): void {
    const key = `${tenant}\0${name}`;
    const nowMs = this.options.now();
    let one = this.heard.get(key);
    const instance = resource["service.instance.id"] ?? resource["host.name"] ?? "";
    if (one !== undefined && nowMs - one.heardMs < QUIET_MS && one.instances.has(instance)) return;
    const { enabled, max_services: max } = this.options.config().discovery.telemetry;
    if (!enabled || !isNamed(name) || idOf(name) === "") return;
    if (one === undefined) {
      if (this.heard.size >= max) return this.refused.inc();
      one = {
        tenant,
        name,
        resource,
        heardMs: nowMs,
        toldMs: 0,
        writtenMs: 0,
        instances: new Map(),
        registration: undefined,
      };
      this.heard.set(key, one);
    }
    one.heardMs = nowMs;
    one.resource = resource;
    one.instances.delete(instance);
    one.instances.set(instance, { host: resource["host.name"] ?? "", heardMs: nowMs });
    if (one.instances.size > MAX_INSTANCES)
      one.instances.delete(one.instances.keys().next().value as string);
  }

  /** Tells the registry who is there; resolves when it knows. */
  sync(): Promise<void> {
    this.syncing ??= this.syncNow()
      .catch((error: unknown) =>
        this.options.logger.warn(
          { error: describeError(error) },
          "services that send telemetry are not registered",
        ),
      )
      .finally(() => {
        this.syncing = undefined;
      });
    return this.syncing;
  }

  private async syncNow(): Promise<void> {
    const { services, now, config } = this.options;
    const nowMs = now();
    const { enabled, gone_after: goneMs } = config().discovery.telemetry;
    const byTenant = new Map<string, ServiceRegistration[]>();
    for (const { tenant, origin } of services.list())
      if (origin === "telemetry") byTenant.set(tenant, []);
    for (const [key, one] of this.heard) {
      if (!enabled || nowMs - one.heardMs > goneMs) {
        this.heard.delete(key);
        continue;
      }
      const isNew = one.registration === undefined || one.writtenMs === 0;
      if (isNew || (nowMs - one.writtenMs >= RENEW_MS && one.heardMs > one.writtenMs)) {
        one.registration = this.registrationOf(one, nowMs - goneMs);
        one.writtenMs = nowMs;
      }
      if (one.registration === undefined) continue;
      const list = byTenant.get(one.tenant) ?? [];
      list.push(one.registration);
      byTenant.set(one.tenant, list);
    }
    for (const [tenant, registrations] of byTenant)
      await services.syncOrigin("telemetry", tenant, registrations);
    for (const one of this.heard.values()) this.tell(one);
  }

  /** The time of the latest news shows as the service's latest sign of life. */
  private tell(one: Heard): void {
    const { services } = this.options;
    const id = one.registration?.id;
    if (id === undefined || one.heardMs <= one.toldMs) return;
    if (services.get(one.tenant, id)?.origin !== "telemetry") return;
    one.toldMs = one.heardMs;
    services.heartbeat(one.tenant, id);
  }

  private registrationOf(one: Heard, sinceMs: number): ServiceRegistration {
    const id = idOf(one.name);
    const labels: Record<string, string> = {};
    for (const [attribute, label] of Object.entries(LABELS)) {
      const value = one.resource[attribute];
      if (value !== undefined && value !== "") labels[label] = cut(value);
    }
    const alive = [...one.instances].filter(([, { heardMs }]) => heardMs >= sinceMs);
    const hosts = [...new Set(alive.map(([, { host }]) => host).filter((host) => host !== ""))];
    const ids = alive.map(([instance]) => instance).filter((instance) => instance !== "");
    if (hosts.length > 0) labels["hosts"] = cut(hosts.toSorted().join(", "));
    if (ids.length > 0) labels["instances"] = cut(ids.toSorted().join(", "));
    labels["instance"] = labels["hosts"] ?? id;
    return {
      id,
      name: one.name.slice(0, MAX_NAME_CHARACTERS),
      type: "telemetry",
      // Nobody said where it listens, and this name is nobody's.
      url: `http://${id
        .toLowerCase()
        .replace(/[^a-z0-9-]/g, "-")
        .slice(0, 60)
        .replace(/-+$/, "")}.invalid`,
      health_endpoint: "/health",
      metrics_endpoint: "/metrics",
      labels,
      check: { mode: "none" },
      scrape: { enabled: false },
    };
  }
}
