import type { Registry } from "@fleetlight/sdk";

import type { GlobalConfig, HttpClientConfig, ScrapeJob } from "#config";
import { describeError, type Logger, type Outbound, type OutboundPolicy } from "#lib";

import type { ScrapeTarget } from "../scrape/index.ts";
import { JobClient } from "./client.ts";
import { ScrapePool } from "./pool.ts";
import { planSources, type Source } from "./sources/index.ts";
import type { DroppedTargetView } from "./types.ts";

export interface ScrapeJobsOptions {
  jobs: () => readonly ScrapeJob[];
  global: () => GlobalConfig;
  /** For jobs that ask for no connections of their own. */
  outbound: Outbound;
  policy: () => OutboundPolicy;
  logger: Logger;
  registry: Registry;
  /** Called when `targets` answers something new. */
  onChange: () => void;
  /** Milliseconds of a clock that never goes back; the process's own when left out. */
  monotonicMs?: () => number;
}

/** The jobs of `scrape_configs`: they find targets, relabel them, and hand them to the scraper. */
export interface ScrapeJobs {
  /** Resolves when the targets that are written down or in files are known. */
  start(): Promise<void>;
  /** Call it after the configuration changed; jobs and sources that stay the same go on undisturbed. */
  reconfigure(): Promise<void>;
  targets(): ScrapeTarget[];
  pools(): string[];
  dropped(): { targets: DroppedTargetView[]; counts: Record<string, number> };
  stop(): Promise<void>;
}

function createInstruments(registry: Registry, pools: () => Iterable<ScrapePool>) {
  registry
    .gauge({
      name: "fleetlight_scrape_pool_targets",
      help: "Targets of a job after relabelling.",
      labelNames: ["scrape_job"],
    })
    .collect((gauge) => {
      gauge.clear();
      for (const { options, state } of pools())
        gauge.set({ scrape_job: options.job.job_name }, state.targets.length);
    });
  return {
    errors: registry.counter({
      name: "fleetlight_scrape_discovery_errors_total",
      help: "Looks at a source of scrape_configs that failed; what was good before stays in force.",
    }),
    overLimit: registry.counter({
      name: "fleetlight_scrape_pool_exceeded_target_limit_total",
      help: "Times that a job had more targets than its target_limit, so that none was scraped.",
    }),
  };
}

class JobBook implements ScrapeJobs {
  private readonly options: ScrapeJobsOptions;
  private readonly counters: ReturnType<typeof createInstruments>;
  private book = new Map<string, ScrapePool>();
  private readonly clients = new Set<JobClient>();
  private changing: Promise<void> = Promise.resolve();
  private readonly dirty = new Set<string>();
  private updating: Promise<void> | undefined;
  private inForce = "";
  private stopped = false;

  constructor(options: ScrapeJobsOptions) {
    this.options = options;
    this.counters = createInstruments(options.registry, () => this.book.values());
  }

  start(): Promise<void> {
    return this.reconfigure();
  }

  reconfigure(): Promise<void> {
    this.changing = this.changing
      .then(() => this.change())
      .catch((error: unknown) => {
        this.options.logger.error(
          { error: describeError(error) },
          "scrape jobs could not be changed",
        );
      });
    return this.changing;
  }

  targets(): ScrapeTarget[] {
    return [...this.book.values()].flatMap(({ state }) => state.targets);
  }

  pools(): string[] {
    return [...this.book.keys()].toSorted();
  }

  dropped(): { targets: DroppedTargetView[]; counts: Record<string, number> } {
    const targets: DroppedTargetView[] = [];
    const counts = new Map<string, number>();
    for (const [scrapePool, { state }] of this.book) {
      counts.set(scrapePool, state.droppedCount);
      for (const discoveredLabels of state.dropped) targets.push({ discoveredLabels, scrapePool });
    }
    return { targets, counts: Object.fromEntries(counts) };
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.changing;
    await Promise.all(
      [...this.book.values()].flatMap(({ sources }) =>
        [...sources.values()].map((source) => source.stop()),
      ),
    );
    await this.updating;
    await Promise.all([...this.clients].map((client) => client.close()));
  }

  private async change(): Promise<void> {
    for (const client of this.clients) client.reconfigure();
    const wanted = this.options.jobs();
    const global = this.options.global();
    const text = JSON.stringify([wanted, global]);
    if (this.stopped || text === this.inForce) return;
    this.inForce = text;
    const former = this.book;
    const next = new Map<string, ScrapePool>();
    const started: Promise<void>[] = [];
    for (const job of wanted) {
      const pool = this.poolFor(job, global, former.get(job.job_name));
      next.set(job.job_name, pool);
      if (pool === former.get(job.job_name)) continue;
      const known = new Set(former.get(job.job_name)?.sources.values());
      for (const source of pool.sources.values())
        if (!known.has(source)) started.push(source.start());
    }
    await Promise.all(started);
    this.book = next;
    await this.dropUnused(former, next);
    for (const name of next.keys()) this.dirty.add(name);
    await this.updateDirty();
    this.options.onChange();
  }

  /** The former pool when nothing changed; otherwise a new one that takes over the sources it shares. */
  private poolFor(
    job: ScrapeJob,
    global: GlobalConfig,
    former: ScrapePool | undefined,
  ): ScrapePool {
    const same = JSON.stringify([former?.options.job, former?.options.global]);
    if (former !== undefined && same === JSON.stringify([job, global])) return former;
    const sources = new Map<string, Source>();
    for (const { key, create } of planSources(job, (config) => this.clientFor(config))) {
      if (sources.has(key)) continue;
      const source = former?.sources.get(key) ?? create(this.sourceContext(job.job_name));
      sources.set(key, source);
    }
    const client = this.clientFor(job);
    return new ScrapePool({ job, global, client, logger: this.options.logger }, sources);
  }

  private sourceContext(job: string) {
    return {
      logger: this.options.logger,
      job,
      onChange: () => {
        this.dirty.add(job);
        void this.updateDirty();
      },
      onError: () => this.counters.errors.inc(),
    };
  }

  private clientFor(config: HttpClientConfig): JobClient {
    const { outbound, policy, monotonicMs = () => performance.now() } = this.options;
    const client = new JobClient(config, {
      shared: outbound,
      policy,
      monotonicMs,
      onClose: () => this.clients.delete(client),
    });
    this.clients.add(client);
    return client;
  }

  private async dropUnused(
    former: ReadonlyMap<string, ScrapePool>,
    next: ReadonlyMap<string, ScrapePool>,
  ): Promise<void> {
    const kept = new Set([...next.values()].flatMap(({ sources }) => [...sources.values()]));
    const unused = [...former.values()].flatMap(({ sources }) => [...sources.values()]);
    await Promise.all(unused.filter((source) => !kept.has(source)).map((source) => source.stop()));
    const pools = new Set(next.values());
    for (const pool of former.values()) if (!pools.has(pool)) void pool.options.client.close();
  }

  /** One run at a time; what changes meanwhile is taken in by one more. */
  private updateDirty(): Promise<void> {
    this.updating ??= this.updateUntilClean().finally(() => {
      this.updating = undefined;
    });
    return this.updating;
  }

  private async updateUntilClean(): Promise<void> {
    for (const name of this.dirty) {
      this.dirty.delete(name);
      const pool = this.book.get(name);
      if (pool === undefined || this.stopped) continue;
      await pool.update();
      if (pool.state.isOverLimit) this.counters.overLimit.inc();
    }
    this.options.onChange();
  }
}

export const createScrapeJobs = (options: ScrapeJobsOptions): ScrapeJobs => new JobBook(options);
