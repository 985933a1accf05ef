import type { AgentThresholds } from "@fleetlight/contract";
import type { Registry } from "@fleetlight/sdk";

import { DEFAULT_TENANT, describeError, type Logger, type Now } from "#lib";
import {
  businessFigures,
  observedMs,
  type Known,
  type OpenActivity,
  type RecentActivities,
} from "#query";
import {
  figuresOf,
  NO_FIGURES,
  type Activity,
  type ActivityStore,
  type Figures,
  type MetricStore,
  type SpanStore,
} from "#store";

import type { LiveTraces, TraceUpdate } from "../live/index.ts";
import { TenantPages } from "../outlet/index.ts";
import { kindOf } from "./activity-of.ts";
import { ActivityLog, WINDOW_MS, type News } from "./activity-log.ts";
import { readTrace, readTraces } from "./rebuild.ts";
import { defineSeries, type AgentSeries } from "./series.ts";

const HOUR_MS = 3_600_000;
const UTILIZATION_MS = 300_000;
/** How often gauges are brought up to date. */
const TICK_MS = 10_000;
/** Agents of a tenant that are remembered, and tenants. */
const MAX_KNOWN = 10_000;
const MAX_TENANTS = 1000;
/** Traces that wait to be read again. */
const MAX_REREADS = 1000;
/** Of fewer tasks than this nobody says that most of them fail. */
const MIN_TASKS = 3;

interface Settings {
  thresholds: AgentThresholds;
  silentAfterMs: number;
  failingShare: number;
  maxActivities: number;
  maxSeries: number;
}

interface Options {
  live: LiveTraces;
  spans: SpanStore;
  store: ActivityStore;
  metrics: MetricStore;
  settings: () => Settings;
  now: Now;
  logger: Logger;
  registry: Registry;
}

/** One tenant's agents. */
interface Tenant {
  known: Map<string, Known>;
  /** Resolves when what was known before is known here. */
  loaded: Promise<void>;
  failing: ReadonlySet<string>;
  /** Agents with tasks; runs of others count in their place. */
  withTasks: Set<string>;
}

/** Agents as the stream of traces shows them: their activities, who they are, and their series. */
export class AgentRoom implements RecentActivities {
  private readonly options: Options;
  private readonly log: ActivityLog;
  private readonly pages: TenantPages<AgentSeries>;
  private readonly tenants = new Map<string, Tenant>();
  private readonly rereads = new Map<string, { tenant: string; traceId: string }>();
  private readonly stopped = new AbortController();
  private readonly timers: NodeJS.Timeout[] = [];
  private unsubscribe: (() => void) | undefined;
  private rereading: Promise<void> = Promise.resolve();
  private ticking = false;

  constructor(options: Options) {
    this.options = options;
    const { store, metrics, now, logger, registry, settings } = options;
    this.log = new ActivityLog({
      store,
      now,
      logger,
      registry,
      maxActivities: () => settings().maxActivities,
      silentAfterMs: () => settings().silentAfterMs,
    });
    this.pages = new TenantPages({
      metrics,
      now,
      logger,
      labels: { job: "fleetlight", service: "fleetlight" },
      define: (own) => defineSeries(own, () => settings().maxSeries),
    });
  }

  start(): void {
    this.unsubscribe = this.options.live.onUpdate((update) => this.hear(update));
    this.log.start();
    this.pages.start();
    this.tenant(DEFAULT_TENANT);
    this.timers.push(setInterval(() => void this.tick(), TICK_MS).unref());
  }

  async stop(): Promise<void> {
    this.unsubscribe?.();
    for (const timer of this.timers) clearInterval(timer);
    this.stopped.abort();
    await Promise.all([...this.tenants.values()].map(({ loaded }) => loaded));
    await this.rereading;
    await this.pages.stop();
    await this.log.stop();
  }

  since(tenant: string, startMs: number): readonly Activity[] | undefined {
    this.tenant(tenant);
    return this.log.since(tenant, startMs);
  }

  flush(): Promise<void> {
    return this.log.flush();
  }

  open(tenant: string): readonly OpenActivity[] {
    return this.log.open(tenant);
  }

  async known(tenant: string): Promise<ReadonlyMap<string, Known>> {
    const own = this.tenant(tenant);
    await own?.loaded;
    return own?.known ?? new Map();
  }

  failing(tenant: string): ReadonlySet<string> {
    return this.tenants.get(tenant)?.failing ?? new Set();
  }

  /** Brings the gauges of all tenants up to date. */
  async tick(): Promise<void> {
    if (this.ticking) return;
    this.ticking = true;
    try {
      for (const [name, tenant] of this.tenants) await this.show(name, tenant);
    } catch (error) {
      this.options.logger.warn({ error: describeError(error) }, "figures of agents were not made");
    } finally {
      this.ticking = false;
    }
  }

  private tenant(name: string): Tenant | undefined {
    const known = this.tenants.get(name);
    if (known !== undefined || this.tenants.size >= MAX_TENANTS) return known;
    const tenant: Tenant = {
      known: new Map(),
      loaded: Promise.resolve(),
      failing: new Set(),
      withTasks: new Set(),
    };
    this.tenants.set(name, tenant);
    tenant.loaded = this.load(name, tenant);
    void tenant.loaded.then(() => this.rebuild(name));
    return tenant;
  }

  private async load(name: string, { known }: Tenant): Promise<void> {
    try {
      for (const { agent, firstMs, lastMs } of await this.options.store.known(name, MAX_KNOWN))
        this.note(known, agent, firstMs, lastMs);
    } catch (error) {
      this.options.logger.warn({ error: describeError(error) }, "agents of before are not known");
    }
  }

  /** What ended in the last hour goes into memory once more, and what a crash kept from the tables into them. */
  private async rebuild(tenant: string): Promise<void> {
    const { spans, now, logger } = this.options;
    const endMs = now();
    const startMs = endMs - WINDOW_MS;
    try {
      const coveredMs = await readTraces(
        spans,
        tenant,
        // What ended in the last hour may have begun in the one before.
        { startMs: startMs - HOUR_MS, endMs: endMs + HOUR_MS },
        { hear: (news) => this.learn(news), signal: this.stopped.signal },
      );
      if (!this.stopped.signal.aborted) this.log.cover(tenant, Math.max(startMs, coveredMs));
    } catch (error) {
      logger.warn(
        { tenant, error: describeError(error) },
        "figures of agents are asked of the store",
      );
    }
  }

  private hear(update: TraceUpdate): void {
    const { tenant, fresh, analysis } = update;
    const own = this.tenant(tenant);
    if (own === undefined) return;
    if (this.learn(update)) this.reread(tenant, update.traceId);
    const series = this.pages.of(tenant);
    for (const row of fresh) {
      if (!row.ended) continue;
      const agent = analysis.agentOf.get(row.spanId) ?? row.agent;
      const kind = kindOf(row);
      if (kind === "task") own.withTasks.add(agent);
      const failed = row.status === 2 || row.attributes["fleetlight.success"] === "false";
      series?.count(row, { agent, failed, countsRuns: !own.withTasks.has(agent) });
    }
  }

  private learn(news: News): boolean {
    const known = this.tenants.get(news.tenant)?.known;
    for (const row of news.fresh) {
      const agent = news.analysis.agentOf.get(row.spanId) ?? row.agent;
      const startMs = Number(row.startNs.slice(0, -6));
      if (agent !== "" && known !== undefined && kindOf(row) !== undefined)
        this.note(known, agent, startMs, startMs + Math.round(row.durationNs / 1e6));
    }
    return this.log.hear(news);
  }

  private note(known: Map<string, Known>, agent: string, firstMs: number, lastMs: number): void {
    const before = known.get(agent);
    if (before === undefined) {
      if (known.size < MAX_KNOWN) known.set(agent, { firstMs, lastMs });
      return;
    }
    before.firstMs = Math.min(before.firstMs, firstMs);
    before.lastMs = Math.max(before.lastMs, lastMs);
  }

  /** The stream has forgotten the beginning of a trace that goes on: the store has all of it. */
  private reread(tenant: string, traceId: string): void {
    if (this.rereads.size >= MAX_REREADS) return;
    this.rereads.set(`${tenant}\0${traceId}`, { tenant, traceId });
    if (this.rereads.size > 1) return;
    this.rereading = this.rereading.then(() => this.rereadAll());
  }

  private async rereadAll(): Promise<void> {
    const { spans, logger } = this.options;
    for (const [key, { tenant, traceId }] of this.rereads) {
      this.rereads.delete(key);
      if (this.stopped.signal.aborted) return;
      try {
        this.learn(await readTrace(spans, tenant, traceId));
      } catch (error) {
        logger.warn({ traceId, error: describeError(error) }, "a trace was not read again");
      }
    }
  }

  private async show(name: string, tenant: Tenant): Promise<void> {
    const nowMs = this.options.now();
    const { thresholds, silentAfterMs, failingShare } = this.options.settings();
    const hour = { startMs: nowMs - HOUR_MS, endMs: nowMs + 1 };
    const activities = this.log.since(name, hour.startMs);
    if (activities === undefined) return;
    const open = this.log.open(name);
    const work = open.filter(({ kind }) => kind === "task" || kind === "run");
    const lately = { startMs: nowMs - UTILIZATION_MS, endMs: nowMs + 1 };
    const [agents, [overall], recent] = await Promise.all([
      figuresOf(activities, { ...hour, by: "agent", open: work }),
      figuresOf(activities, { ...hour, by: "all", open: work }),
      figuresOf(activities, { ...lately, by: "agent", open: work }),
    ]);
    const failing = agents.filter(
      ({ ended, failed }) => ended >= MIN_TASKS && failed / ended > failingShare,
    );
    tenant.failing = new Set(failing.map(({ key }) => key));
    if (tenant.known.size === 0) return;
    const figures = new Map(agents.map((one) => [one.key, one]));
    const context = (firstMs: number | undefined) => ({
      agentMs: observedMs(hour, firstMs),
      rangeMs: HOUR_MS,
      perAgent: true,
    });
    const statusOf = (id: string, lastMs: number) => {
      const isOpen = work.some(({ agent }) => agent === id);
      if (!isOpen && nowMs - lastMs > silentAfterMs) return "silent";
      return tenant.failing.has(id) ? "failing" : isOpen ? "working" : "idle";
    };
    this.pages.of(name)?.show({
      agents: [...tenant.known].map(([id, { firstMs, lastMs }]) => ({
        id,
        status: statusOf(id, lastMs),
        figures: businessFigures(figures.get(id) ?? NO_FIGURES, context(firstMs), thresholds),
      })),
      utilization: busyShares(recent),
      overall: businessFigures(overall ?? NO_FIGURES, context(undefined), thresholds),
      open,
      nowMs,
    });
  }
}

const busyShares = (figures: readonly Figures[]): Map<string, number> =>
  new Map(figures.map(({ key, busyUs }) => [key, Math.min(1, busyUs / 1000 / UTILIZATION_MS)]));
