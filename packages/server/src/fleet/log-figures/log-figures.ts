import type { Registry } from "@fleetlight/sdk";

import type { Logger, Now } from "#lib";
import { levelOf, type LogRow, type LogStore, type MetricStore } from "#store";

import { TenantPages } from "../outlet/index.ts";

/** How often lines that were counted go into the series. */
const TICK_MS = 1000;
/** Services of one tenant that are counted by name; lines of all others are counted together. */
const MAX_SERVICES = 250;
const MAX_SERVICE_CHARACTERS = 128;
const OTHERS = "_others";

const LEVELS = ["unspecified", "trace", "debug", "info", "warn", "error", "fatal"] as const;

interface Count {
  service: string;
  severity: string;
  lines: number;
  isNew: boolean;
}

interface Tenant {
  services: Set<string>;
  counts: Map<string, Count>;
}

interface Options {
  logs: LogStore;
  metrics: MetricStore;
  now: Now;
  logger: Logger;
}

const define = (registry: Registry) =>
  registry.counter({
    name: "fleetlight_log_lines_total",
    help: "Log lines that came, by service and severity.",
    labelNames: ["service", "severity"],
  });

/** Counts of log lines as ordinary series of their tenant, so that rules and dashboards reach them. */
export class LogFigures {
  private readonly options: Options;
  private readonly pages: TenantPages<ReturnType<typeof define>>;
  private readonly tenants = new Map<string, Tenant>();
  private timer: NodeJS.Timeout | undefined;
  private unsubscribe: (() => void) | undefined;

  constructor(options: Options) {
    this.options = options;
    this.pages = new TenantPages({
      ...options,
      labels: { job: "fleetlight", room: "logs" },
      define,
    });
  }

  start(): void {
    this.unsubscribe = this.options.logs.onLogs((tenant, rows) => this.count(tenant, rows));
    this.timer = setInterval(() => this.tick(), TICK_MS).unref();
    this.pages.start();
  }

  async stop(): Promise<void> {
    this.unsubscribe?.();
    clearInterval(this.timer);
    await this.pages.stop();
  }

  private count(tenant: string, rows: readonly LogRow[]): void {
    if (this.pages.of(tenant) === undefined) return;
    let own = this.tenants.get(tenant);
    if (own === undefined)
      this.tenants.set(tenant, (own = { services: new Set(), counts: new Map() }));
    for (const row of rows) {
      const service = serviceOf(own, row.service);
      const severity = LEVELS[levelOf(row.severity)] ?? "unspecified";
      const key = `${severity} ${service}`;
      const known = own.counts.get(key);
      if (known !== undefined) known.lines++;
      else own.counts.set(key, { service, severity, lines: 1, isNew: true });
    }
  }

  /** A series begins with 0 and gets its first lines one tick later: `increase` would not see them otherwise. */
  private tick(): void {
    for (const [tenant, { counts }] of this.tenants) {
      const counter = this.pages.of(tenant);
      for (const count of counts.values()) {
        const { service, severity, lines, isNew } = count;
        if (!isNew && lines === 0) continue;
        counter?.inc({ service, severity }, isNew ? 0 : lines);
        if (isNew) this.pages.hurry();
        else count.lines = 0;
        count.isNew = false;
      }
    }
  }
}

function serviceOf({ services }: Tenant, service: string): string {
  const name = service.slice(0, MAX_SERVICE_CHARACTERS);
  if (services.has(name)) return name;
  if (services.size >= MAX_SERVICES) return OTHERS;
  services.add(name);
  return name;
}
