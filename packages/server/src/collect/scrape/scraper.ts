import type { ScrapeResult } from "@fleetlight/contract";
import type { Registry } from "@fleetlight/sdk";

import type { Config } from "#config";
import { labelKey, type Logger, type Now, type Outbound } from "#lib";
import type { MetricStore } from "#store";

import { createScrapeCounters, type ScrapeCounters, type ScrapeTotals } from "./counters.ts";
import { createMetadataBook } from "./metadata-book.ts";
import { DueHeap, hashText, LONGEST_SLOT_MS, nextDueMs, slotMsOf } from "./schedule.ts";
import { TargetState, type ScrapeTarget, type TargetContext } from "./target.ts";

/** A sample gets the time that was planned unless the scrape started later than this share of the interval. */
const LATE_SHARE = 0.05;
/** A new target is scraped within this time instead of at its first moment on the grid… */
const FIRST_SCRAPE_MS = 1000;
/** …or, when many are new, as many times this: first scrapes open connections and make series. */
const FIRST_SCRAPE_EACH_MS = 10;
/** Longest sleep, so that a clock that was set is noticed. */
const MAX_SLEEP_MS = 10_000;
/** A clock that goes back by more makes a new plan. */
const CLOCK_BACK_MS = 1000;

export interface ScraperOptions {
  metrics: MetricStore;
  outbound: Outbound;
  config: () => Config["scrape"];
  now: Now;
  /** A number in [0, 1). */
  random: () => number;
  registry: Registry;
  logger: Logger;
  /** Told of each scrape, also of one that failed or that the store refused. */
  onResult: (tenant: string, serviceId: string, result: ScrapeResult) => void;
  /** Milliseconds of a clock that never goes back; the process's own when left out. */
  monotonicMs?: () => number;
}

export interface ScraperStats extends ScrapeTotals {
  targets: number;
  /** Scrapes under way, and scrapes that wait because of `scrape.max_concurrency`. */
  running: number;
  waiting: number;
  /** Series whose text is remembered, and the memory of that. */
  cachedSeries: number;
  cacheBytes: number;
}

export interface Scraper {
  /**
   * Makes these the targets. A target that is not in the list any more, or has other labels, gets stale markers for
   * all its series; one that is in it twice counts once, the last.
   */
  sync(targets: readonly ScrapeTarget[]): void;
  /** Breaks off what is under way and waits for it. No series is ended: the next process goes on with them. */
  stop(): Promise<void>;
  /** Every target and what became of its latest scrape, in no order. */
  states(): Iterable<TargetStatus>;
  stats(): ScraperStats;
}

export type TargetStatus = Pick<TargetState, "target" | "last" | "described">;

interface Planned {
  key: string;
  hash: number;
  state: TargetState;
  dueMs: number;
  /** When the scrape that waits or runs was due. */
  pending: boolean;
  removed: boolean;
}

const keyOf = (target: ScrapeTarget): string => `${target.tenant}\u0000${target.id}`;

/** Whether the series of a target go on. The id of a target with rules is made of its labels, so these need no look. */
const isSameSource = (a: ScrapeTarget, b: ScrapeTarget): boolean =>
  a === b ||
  (a.honorLabels === b.honorLabels &&
    a.rules?.key === b.rules?.key &&
    (a.rules !== undefined || labelKey(a.labels) === labelKey(b.labels)));

/** One timer and one heap for all targets; how a scrape goes is in `TargetState`. */
class HeapScraper implements Scraper {
  private readonly options: ScraperOptions;
  private readonly counters: ScrapeCounters;
  private readonly context: TargetContext;
  private readonly planned = new Map<string, Planned>();
  private readonly heap = new DueHeap<Planned>();
  private readonly waiting: { planned: Planned; dueMs: number }[] = [];
  private readonly work = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | undefined;
  private running = 0;
  private lastTickMs: number;
  private slotMs = 1;
  private stopped = false;

  constructor(options: ScraperOptions) {
    this.options = options;
    this.counters = createScrapeCounters(options.registry);
    this.lastTickMs = options.now();
    this.context = {
      ...options,
      monotonicMs: options.monotonicMs ?? (() => performance.now()),
      counters: this.counters,
      keepMetadata: createMetadataBook(),
    };
    options.registry
      .gauge({ name: "fleetlight_scrape_targets", help: "Targets that are scraped." })
      .collect((gauge) => gauge.set(this.planned.size));
    options.registry
      .gauge({
        name: "fleetlight_scrape_cached_series",
        help: "Series whose text is remembered from the latest pages of the targets.",
      })
      .collect((gauge) => gauge.set(this.stats().cachedSeries));
  }

  sync(targets: readonly ScrapeTarget[]): void {
    if (this.stopped) return;
    const wanted = new Map(targets.map((target) => [keyOf(target), target]));
    for (const [key, planned] of this.planned) {
      const target = wanted.get(key);
      if (target === undefined || !isSameSource(planned.state.target, target)) this.remove(planned);
    }
    const nowMs = this.options.now();
    this.useSlots(slotMsOf(Array.from(wanted.values(), ({ intervalMs }) => intervalMs)));
    const added = wanted.size - this.planned.size;
    const spreadMs = Math.max(FIRST_SCRAPE_MS, added * FIRST_SCRAPE_EACH_MS);
    for (const [key, target] of wanted) {
      const known = this.planned.get(key);
      if (known === undefined) this.add(key, target, nowMs, spreadMs);
      else this.update(known, target, nowMs);
    }
    this.arm();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    this.waiting.length = 0;
    this.heap.clear();
    for (const { state } of this.planned.values()) state.cancel();
    await Promise.all(this.work);
  }

  *states(): Generator<TargetStatus> {
    for (const { state } of this.planned.values()) yield state;
  }

  stats(): ScraperStats {
    let cachedSeries = 0;
    let cacheBytes = 0;
    for (const { state } of this.planned.values()) {
      const { series, bytes } = state.size;
      cachedSeries += series;
      cacheBytes += bytes;
    }
    return {
      ...this.counters.totals(),
      targets: this.planned.size,
      running: this.running,
      waiting: this.waiting.length,
      cachedSeries,
      cacheBytes,
    };
  }

  private add(key: string, target: ScrapeTarget, nowMs: number, spreadMs: number): void {
    const { random } = this.options;
    const hash = hashText(key);
    const gridMs = nextDueMs(nowMs, target.intervalMs, hash, this.slotMs);
    const soonMs = nowMs + Math.floor(random() * spreadMs);
    const planned: Planned = {
      key,
      hash,
      state: new TargetState(target, Math.floor(random() * 2 ** 32), this.context),
      dueMs: Math.min(gridMs, soonMs),
      pending: false,
      removed: false,
    };
    this.planned.set(key, planned);
    this.heap.push(planned.dueMs, planned);
  }

  /** Moves targets to the nearest moment of another grid; none of them misses a scrape. */
  private useSlots(slotMs: number): void {
    if (slotMs === this.slotMs) return;
    this.slotMs = slotMs;
    for (const planned of this.planned.values())
      if (planned.state.last !== undefined) this.plan(planned, planned.dueMs - LONGEST_SLOT_MS);
  }

  private update(planned: Planned, target: ScrapeTarget, nowMs: number): void {
    const isNewPace = planned.state.target.intervalMs !== target.intervalMs;
    planned.state.target = target;
    if (isNewPace) this.plan(planned, nowMs);
  }

  private remove(planned: Planned): void {
    this.planned.delete(planned.key);
    planned.removed = true;
    planned.state.cancel();
    // A scrape under way ends the series itself when it is over.
    if (!planned.pending) this.track(planned.state.retire());
  }

  private plan(planned: Planned, afterMs: number): void {
    const { hash, state } = planned;
    planned.dueMs = nextDueMs(afterMs, state.target.intervalMs, hash, this.slotMs);
    this.heap.push(planned.dueMs, planned);
  }

  private track(promise: Promise<void>): void {
    this.work.add(promise);
    void promise.finally(() => this.work.delete(promise));
  }

  private arm(): void {
    clearTimeout(this.timer);
    const next = this.heap.peek();
    if (next === undefined || this.stopped) return;
    const sleepMs = Math.max(0, Math.min(next.dueMs - this.options.now(), MAX_SLEEP_MS));
    this.timer = setTimeout(() => this.tick(), sleepMs);
  }

  private tick(): void {
    const nowMs = this.options.now();
    if (nowMs < this.lastTickMs - CLOCK_BACK_MS) {
      this.heap.clear();
      for (const planned of this.planned.values()) this.plan(planned, nowMs);
    }
    this.lastTickMs = nowMs;
    for (let top = this.heap.peek(); top && top.dueMs <= nowMs; top = this.heap.peek()) {
      this.heap.pop();
      const { dueMs, item: planned } = top;
      if (planned.removed || planned.dueMs !== dueMs) continue;
      this.plan(planned, nowMs);
      const { intervalMs } = planned.state.target;
      const missed = Math.max(0, Math.round((planned.dueMs - dueMs) / intervalMs) - 1);
      if (missed + Number(planned.pending) > 0) {
        this.counters.countSkipped(missed + Number(planned.pending));
      }
      if (planned.pending) continue;
      planned.pending = true;
      this.waiting.push({ planned, dueMs });
    }
    this.startWaiting();
    this.arm();
  }

  private startWaiting(): void {
    const { max_concurrency: limit } = this.options.config();
    while (this.running < limit) {
      const next = this.waiting.shift();
      if (next === undefined) return;
      this.track(this.run(next.planned, next.dueMs));
    }
  }

  private async run(planned: Planned, dueMs: number): Promise<void> {
    this.running++;
    const nowMs = this.options.now();
    const latenessMs = Math.max(0, nowMs - dueMs);
    this.counters.observeLateness(latenessMs / 1000);
    const isLate = latenessMs > planned.state.target.intervalMs * LATE_SHARE;
    if (!planned.removed) await planned.state.scrape(isLate ? nowMs : dueMs);
    if (planned.removed) await planned.state.retire();
    this.running--;
    planned.pending = false;
    if (!this.stopped) this.startWaiting();
  }
}

/** Scrapes targets on a fixed grid, each at its own part of the interval; starts with the first `sync`. */
export const createScraper = (options: ScraperOptions): Scraper => new HeapScraper(options);
