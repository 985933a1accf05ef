import { createRegistry, type Registry } from "@fleetlight/sdk";

import { LocalPage } from "#collect";
import { describeError, type LabelSet, type Logger, type Now } from "#lib";
import type { MetricStore } from "#store";

/** How often the figures of a tenant are written, and how soon after one that should not wait. */
const INTERVAL_MS = 5000;
const SOON_MS = 300;
/** Tenants that have figures; those beyond have none. */
const MAX_TENANTS = 1000;
const MAX_SERIES_PER_METRIC = 1000;

interface Options<T> {
  metrics: MetricStore;
  now: Now;
  logger: Logger;
  /** Labels of every series. */
  labels: LabelSet;
  /** Makes the metrics of one tenant; they are asked before each writing. */
  define(registry: Registry, tenant: string): T;
}

interface Page<T> {
  registry: Registry;
  local: LocalPage;
  instruments: T;
}

/** Figures of each tenant as ordinary series of that tenant, so that PromQL and rules reach them. */
export class TenantPages<T> {
  private readonly options: Options<T>;
  private readonly pages = new Map<string, Page<T>>();
  private timer: NodeJS.Timeout | undefined;
  private soon: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(options: Options<T>) {
    this.options = options;
  }

  start(): void {
    this.timer = setInterval(() => this.store(), INTERVAL_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    clearTimeout(this.soon);
    await this.running;
  }

  /** The metrics of a tenant, from now on written; undefined when there are too many tenants. */
  of(tenant: string): T | undefined {
    let page = this.pages.get(tenant);
    if (page === undefined) {
      if (this.pages.size >= MAX_TENANTS) return undefined;
      const { metrics, labels, define } = this.options;
      const registry = createRegistry({ maxSeriesPerMetric: MAX_SERIES_PER_METRIC });
      page = {
        registry,
        local: new LocalPage({ metrics, tenant, labels }),
        instruments: define(registry, tenant),
      };
      this.pages.set(tenant, page);
    }
    return page.instruments;
  }

  /** Something changed that an alert may wait for. */
  hurry(): void {
    this.soon ??= setTimeout(() => {
      this.soon = undefined;
      this.store();
    }, SOON_MS).unref();
  }

  private store(): void {
    this.running = this.running.then(async () => {
      for (const [tenant, { registry, local }] of this.pages)
        try {
          await local.store(registry.expose("text"), this.options.now());
        } catch (error) {
          this.options.logger.warn(
            { tenant, error: describeError(error) },
            "figures of the fleet were not stored",
          );
        }
    });
  }
}
