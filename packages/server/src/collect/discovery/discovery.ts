import { isDeepStrictEqual } from "node:util";

import type { ServiceRegistration } from "@fleetlight/contract";
import type { Registry } from "@fleetlight/sdk";

import type { Config } from "#config";
import { DEFAULT_TENANT, describeError, type Logger } from "#lib";

import type { ServiceRegistry } from "../services/index.ts";
import { createFileSd } from "./file-sd/index.ts";
import type { Mechanism, MechanismContext } from "./types.ts";

export interface DiscoveryOptions {
  services: ServiceRegistry;
  config: () => Config;
  logger: Logger;
  /** Where discovery counts what it does. */
  registry: Registry;
}

/** Finds services by every configured mechanism and keeps the registry in step, for the default tenant. */
export interface Discovery {
  /** Resolves when what is there now is registered. */
  start(): Promise<void>;
  /** Call it after the configuration changed; resolves when the change is in force. */
  reconfigure(): Promise<void>;
  stop(): Promise<void>;
}

/** How often vanished services are looked through for those whose time is over. */
const HOUSEKEEPING_MS = 10_000;

/** Every mechanism that the configuration asks for. */
const createMechanisms = (config: Config, context: MechanismContext): Mechanism[] =>
  config.discovery.file_sd.map((one) => createFileSd(one, context));

function createCounters(registry: Registry) {
  return {
    targets: registry.gauge({
      name: "fleetlight_discovery_targets",
      help: "Services that discovery knows at this moment.",
    }),
    errors: registry.counter({
      name: "fleetlight_discovery_errors_total",
      help: "Looks at a source of discovery that failed; what was good before stays in force.",
    }),
    duplicates: registry.gauge({
      name: "fleetlight_discovery_duplicate_targets",
      help: "Targets that are left out because another one has the same job and address.",
    }),
  };
}

class Discoveries implements Discovery {
  private readonly options: DiscoveryOptions;
  private readonly counters: ReturnType<typeof createCounters>;
  private mechanisms: Mechanism[] = [];
  private inForce: Config["discovery"] | undefined;
  private housekeeping: NodeJS.Timeout | undefined;
  private syncing: Promise<void> | undefined;
  private syncAgain = false;
  private changing: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(options: DiscoveryOptions) {
    this.options = options;
    this.counters = createCounters(options.registry);
  }

  async start(): Promise<void> {
    this.housekeeping = setInterval(() => {
      this.options.services.dropVanished().catch((error: unknown) => {
        this.options.logger.warn({ error: describeError(error) }, "Could not drop old services");
      });
    }, HOUSEKEEPING_MS).unref();
    await this.reconfigure();
  }

  reconfigure(): Promise<void> {
    this.changing = this.changing.then(() => this.change());
    return this.changing;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.housekeeping);
    await this.changing;
    await Promise.all(this.mechanisms.map((mechanism) => mechanism.stop()));
    await this.syncing;
  }

  private async change(): Promise<void> {
    const config = this.options.config();
    if (this.stopped || isDeepStrictEqual(this.inForce, config.discovery)) return;
    this.inForce = config.discovery;
    const former = this.mechanisms;
    const next: Mechanism[] = createMechanisms(config, {
      logger: this.options.logger,
      // Until all have looked, what is missing means nothing.
      onChange: () => {
        if (this.mechanisms === next) void this.sync();
      },
      onError: () => this.counters.errors.inc(),
    });
    // The new ones look first, so that what both know never vanishes in between.
    await Promise.all(next.map((mechanism) => mechanism.start()));
    this.mechanisms = next;
    await Promise.all(former.map((mechanism) => mechanism.stop()));
    await this.sync();
  }

  /** One run at a time; what changes meanwhile is taken in by one more. */
  private sync(): Promise<void> {
    this.syncAgain = true;
    this.syncing ??= this.syncUntilQuiet().finally(() => {
      this.syncing = undefined;
    });
    return this.syncing;
  }

  private async syncUntilQuiet(): Promise<void> {
    while (this.syncAgain) {
      this.syncAgain = false;
      const found = this.mechanisms.map((mechanism) => mechanism.found());
      const services = this.withoutDuplicates(found.flatMap((one) => one.services));
      const keepMissing = found.some(({ complete }) => !complete);
      const { refused, ...counts } = await this.options.services.syncOrigin(
        "file",
        DEFAULT_TENANT,
        services,
        { keepMissing },
      );
      if (counts.added + counts.updated + counts.vanished + refused > 0) {
        this.options.logger.info(
          { ...counts, refused },
          `Discovery: ${counts.added} new, ${counts.updated} changed, ${counts.vanished} gone services`,
        );
      }
    }
  }

  private withoutDuplicates(services: ServiceRegistration[]): ServiceRegistration[] {
    const byId = new Map<string, ServiceRegistration>();
    for (const service of services) if (!byId.has(service.id)) byId.set(service.id, service);
    this.counters.targets.set(byId.size);
    this.counters.duplicates.set(services.length - byId.size);
    return [...byId.values()];
  }
}

export const createDiscovery = (options: DiscoveryOptions): Discovery => new Discoveries(options);
