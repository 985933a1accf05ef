import type { ScrapeResult } from "@fleetlight/contract";

import type { Config } from "#config";
import {
  FleetlightError,
  NAME_LABEL,
  describeError,
  freeBytes,
  isoTime,
  type LabelSet,
  type Logger,
  type Outbound,
} from "#lib";
import type { Appender, MetricMetadata, MetricStore, SeriesRef } from "#store";

import type { Outcome, ScrapeCounters } from "./counters.ts";
import { fetchPage } from "./fetch-page.ts";
import { PageReader, type PageCounts } from "./read-page.ts";
import { SeriesCache } from "./series-cache.ts";

export interface ScrapeTarget {
  tenant: string;
  /** Service id; unique within the tenant. */
  id: string;
  url: string;
  /** Labels of every series of the target: `service`, `job`, `instance`… */
  labels: LabelSet;
  intervalMs: number;
  timeoutMs: number;
  honorLabels: boolean;
  /** Scrape pool that it belongs to: the job's name, or {@link SERVICES_POOL}. */
  pool: string;
  /** Labels before relabelling; those of a service when undefined. */
  discovered?: LabelSet | undefined;
  /** What a job of `scrape_configs` asks for; a service has the settings of `scrape` alone. */
  rules?: ScrapeRules | undefined;
}

/** The pool of everything that is scraped because it is a service. */
export const SERVICES_POOL = "services";

/** How pages are asked for and read beyond the settings of `scrape`. */
export interface ScrapeRules {
  /** Differs when what is stored of the same page does; series then end and begin anew. */
  key: string;
  client: Pick<Outbound, "request">;
  followRedirects: boolean;
  compressed: boolean;
  honorTimestamps: boolean;
  endsTimedSeries: boolean;
  relabel: ((labels: Map<string, string>) => boolean) | undefined;
  /** 0 leaves a limit to `scrape`. */
  limits: Record<LimitName, number>;
  /** Why no target of the pool is scraped now; every scrape then fails with these words. */
  refusal: string | undefined;
}

type LimitName =
  | "sample_limit"
  | "label_limit"
  | "label_name_length_limit"
  | "label_value_length_limit"
  | "body_size_limit_bytes";

/** What became of the latest scrape. */
export interface LastScrape {
  timeMs: number;
  durationSeconds: number;
  error: string | null;
}

const limitsOf = (config: Config["scrape"], rules: ScrapeRules | undefined) => {
  const limit = (name: LimitName): number => rules?.limits[name] || config[name];
  return {
    prefix: rules === undefined ? "scrape." : "",
    sample_limit: limit("sample_limit"),
    label_limit: limit("label_limit"),
    label_name_length_limit: limit("label_name_length_limit"),
    label_value_length_limit: limit("label_value_length_limit"),
    body_size_limit_bytes: limit("body_size_limit_bytes"),
  };
};

export interface TargetContext {
  metrics: MetricStore;
  outbound: Outbound;
  config: () => Config["scrape"];
  now: () => number;
  monotonicMs: () => number;
  logger: Logger;
  counters: ScrapeCounters;
  /** Answers an equal map that is known already, so that targets with the same page share one. */
  keepMetadata(described: ReadonlyMap<string, MetricMetadata>): ReadonlyMap<string, MetricMetadata>;
  onResult: (tenant: string, serviceId: string, result: ScrapeResult) => void;
}

/** The series that say how a scrape went, in the order of `reportValues`. */
const REPORT_NAMES = [
  "up",
  "scrape_duration_seconds",
  "scrape_samples_scraped",
  "scrape_samples_post_metric_relabeling",
  "scrape_series_added",
] as const;

const NO_PAGE: PageCounts = {
  scraped: 0,
  dropped: 0,
  appended: 0,
  seriesAdded: 0,
  duplicates: 0,
  future: 0,
  refused: 0,
};

/** What relabelling left counts, also what was refused afterwards, as in Prometheus. */
const reportValues = (up: boolean, seconds: number, counts: PageCounts): number[] => [
  up ? 1 : 0,
  seconds,
  counts.scraped,
  counts.scraped - counts.dropped,
  counts.seriesAdded,
];

const isOverloaded = (error: unknown): boolean =>
  error instanceof FleetlightError && error.code === "overloaded";

/** One target: its series, and how a scrape of it goes. One scrape at a time. */
export class TargetState {
  target: ScrapeTarget;
  private readonly context: TargetContext;
  private readonly appender: Appender;
  private readonly cache: SeriesCache;
  private reportRefs: SeriesRef[] | undefined;
  private readonly abort = new AbortController();
  private lastTimeMs = Number.NEGATIVE_INFINITY;
  private lastError: string | null = null;
  /** Undefined until the first scrape is over. */
  last: LastScrape | undefined;
  /** What the latest good page said of its metrics. */
  described: ReadonlyMap<string, MetricMetadata> = new Map();
  private lastStrangeType: string | undefined;
  /** Counts of the page under way, for the case that it fails midway. */
  private partOfPage: PageCounts | undefined;

  constructor(target: ScrapeTarget, seed: number, context: TargetContext) {
    this.target = target;
    this.context = context;
    this.appender = context.metrics.appender(target.tenant);
    this.cache = new SeriesCache(seed);
  }

  /** Series of the target's page that are remembered, and the bytes that takes. */
  get size(): { series: number; bytes: number } {
    return { series: this.cache.size, bytes: this.cache.bytes };
  }

  /** Ends a scrape that is under way without a result; there MUST be none after it. */
  cancel(): void {
    this.abort.abort();
  }

  /** Never rejects. Samples without a timestamp of their own get `timeMs`. */
  async scrape(timeMs: number): Promise<void> {
    try {
      await this.scrapeInto(timeMs, this.abort.signal);
    } catch (error) {
      // Nothing here is expected to throw; what does anyway must not stop the other targets.
      this.appender.rollback();
      this.context.logger.error(
        { tenant: this.target.tenant, service: this.target.id, error: describeError(error) },
        "a scrape broke off",
      );
    }
  }

  /** Ends every series of the target, once it is removed or has other labels. Never rejects. */
  async retire(): Promise<void> {
    const { appender, cache, context } = this;
    const timeMs = Math.max(context.now(), this.lastTimeMs + 1);
    cache.begin();
    cache.forEachVanished((ref) => appender.appendStale(ref, timeMs));
    for (const ref of this.reportRefs ?? []) appender.appendStale(ref, timeMs);
    try {
      await appender.commit();
    } catch (error) {
      context.logger.warn(
        { tenant: this.target.tenant, service: this.target.id, error: describeError(error) },
        "the series of a removed target could not be ended",
      );
    }
  }

  private async scrapeInto(timeMs: number, signal: AbortSignal): Promise<void> {
    const { context } = this;
    const startedMs = context.monotonicMs();
    let counts = NO_PAGE;
    let error: string | null = null;
    this.cache.begin();
    try {
      counts = await this.readPage(timeMs, signal);
    } catch (failure) {
      if (signal.aborted) {
        this.appender.rollback();
        return;
      }
      // Our own errors are complete sentences; their causes would say the same again.
      error = failure instanceof FleetlightError ? failure.message : describeError(failure);
      counts = this.partOfPage ?? NO_PAGE;
      this.appender.rollback();
      this.cache.begin();
    }
    this.partOfPage = undefined;
    this.cache.forEachVanished((ref) => this.appender.appendStale(ref, timeMs));
    const seconds = (context.monotonicMs() - startedMs) / 1000;
    const outcome = await this.commit(timeMs, error, reportValues(error === null, seconds, counts));
    if (outcome !== "dropped") this.settle(timeMs, error, counts);
    // Pages that fail show ever new series when somebody means harm.
    const { sample_limit } = limitsOf(context.config(), this.target.rules);
    if (this.cache.size > 2 * sample_limit) this.cache.dropUnseen();
    context.counters.count(outcome);
    this.report(timeMs, outcome, error, seconds, counts);
  }

  private async readPage(timeMs: number, signal: AbortSignal): Promise<PageCounts> {
    const { context, target } = this;
    const { rules } = target;
    if (rules?.refusal !== undefined) throw new FleetlightError("scrape_limit", 422, rules.refusal);
    const limits = limitsOf(context.config(), rules);
    const page = await fetchPage(rules?.client ?? context.outbound, target.url, {
      timeoutMs: Math.min(target.timeoutMs, target.intervalMs),
      maxBodyBytes: limits.body_size_limit_bytes,
      followRedirects: rules?.followRedirects ?? true,
      compressed: rules?.compressed ?? true,
      signal,
    });
    this.noteType(page.strangeType);
    const reader = new PageReader({
      body: page.body,
      format: page.format,
      timeMs,
      labels: target.labels,
      honorLabels: target.honorLabels,
      honorTimestamps: rules?.honorTimestamps ?? true,
      endsTimedSeries: rules?.endsTimedSeries ?? false,
      relabel: rules?.relabel,
      limits,
      cache: this.cache,
      appender: this.appender,
      monotonicMs: context.monotonicMs,
    });
    this.partOfPage = reader.counts;
    await reader.read();
    freeBytes(page.body);
    for (const [metric, metadata] of reader.described) {
      context.metrics.describe(target.tenant, metric, metadata);
    }
    this.described = context.keepMetadata(reader.described);
    return reader.counts;
  }

  private async commit(timeMs: number, error: string | null, values: number[]): Promise<Outcome> {
    try {
      this.reportRefs ??= REPORT_NAMES.map((name) =>
        this.appender.series({ ...this.target.labels, [NAME_LABEL]: name }),
      );
      for (const [at, ref] of this.reportRefs.entries()) {
        this.appender.append(ref, timeMs, values[at] ?? 0);
      }
    } catch (failure) {
      // The store is full of series: the samples of those that it knows are stored all the same.
      this.context.logger.debug({ error: describeError(failure) }, "no series for scrape reports");
    }
    try {
      await this.appender.commit();
      return error === null ? "up" : "down";
    } catch (failure) {
      if (!isOverloaded(failure)) throw failure;
      return "dropped";
    }
  }

  /** After the samples are in the store. A dropped scrape leaves the cache as it was, so that ends come later. */
  private settle(timeMs: number, error: string | null, counts: PageCounts): void {
    this.lastTimeMs = Math.max(this.lastTimeMs, timeMs);
    if (error === null) this.cache.finish();
    else this.cache.endAll();
    if (error === null) this.context.counters.countPage(counts);
  }

  private report(
    timeMs: number,
    outcome: Outcome,
    error: string | null,
    seconds: number,
    counts: PageCounts,
  ): void {
    const { context, target } = this;
    const told =
      outcome === "dropped" ? "the store is too far behind; this scrape was dropped" : error;
    if (told !== this.lastError) {
      const fields = { tenant: target.tenant, service: target.id };
      if (told === null) context.logger.info(fields, "scrapes succeed again");
      else context.logger.warn({ ...fields, error: told }, "scrape failed");
      this.lastError = told;
    }
    this.last = { timeMs, durationSeconds: seconds, error: told };
    context.onResult(target.tenant, target.id, {
      at: isoTime(timeMs),
      up: error === null,
      duration_seconds: seconds,
      samples: counts.scraped,
      error: told,
    });
  }

  private noteType(strangeType: string | undefined): void {
    if (strangeType === this.lastStrangeType) return;
    this.lastStrangeType = strangeType;
    if (strangeType === undefined) return;
    this.context.logger.info(
      { tenant: this.target.tenant, service: this.target.id, content_type: strangeType },
      "the target's content type names no metrics format; reading it as text 0.0.4",
    );
  }
}
