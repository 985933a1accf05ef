import { setImmediate as nextTurn } from "node:timers/promises";

import { FleetlightError, type LabelSet } from "#lib";
import type { Appender, MetricKind, MetricMetadata } from "#store";

import {
  createExpositionParser,
  decodeSeries,
  type ExpositionFormat,
  type ExpositionSink,
  type MetadataKind,
} from "./exposition/index.ts";
import { exceededLimit, mergeLabels, type LabelLimits } from "./merge-labels.ts";
import type { SeriesCache } from "./series-cache.ts";

/** Lines between two looks at the clock. */
const SLICE_ENTRIES = 256;
/** How long a page may keep the event loop before others have a turn. */
const SLICE_MS = 8;
/** A sample further in the future than this is refused, as in Prometheus. */
const FUTURE_MS = 10 * 60_000;
/** Metrics of one page whose metadata is kept. */
const METADATA_LIMIT = 10_000;
const HELP_LIMIT = 1024;

export interface PageLimits extends LabelLimits {
  sample_limit: number;
}

export interface PageContext {
  body: Buffer;
  format: ExpositionFormat;
  /** Of samples that have no timestamp of their own. */
  timeMs: number;
  labels: LabelSet;
  honorLabels: boolean;
  limits: PageLimits;
  cache: SeriesCache;
  appender: Appender;
  /** Milliseconds of a clock that never goes back. */
  monotonicMs: () => number;
}

/** Counts of one page, also of one that failed midway. */
export interface PageCounts {
  scraped: number;
  appended: number;
  seriesAdded: number;
  duplicates: number;
  future: number;
  /** Refused because the store is full of series. */
  refused: number;
}

/** Reads one page into an appender; `counts` and `described` are valid after `read`, however it ended. */
export class PageReader implements ExpositionSink {
  readonly counts: PageCounts = {
    scraped: 0,
    appended: 0,
    seriesAdded: 0,
    duplicates: 0,
    future: 0,
    refused: 0,
  };
  readonly described = new Map<string, MetricMetadata>();
  private readonly context: PageContext;
  private type = "";

  constructor(context: PageContext) {
    this.context = context;
  }

  /** Throws ExpositionError or `scrape_limit`; the appender and the cache then hold a part of the page. */
  async read(): Promise<void> {
    const { body, format, limits, monotonicMs } = this.context;
    const parser = createExpositionParser(body, format, this);
    let turnMs = monotonicMs();
    while (!parser.run(SLICE_ENTRIES)) {
      if (monotonicMs() - turnMs < SLICE_MS) continue;
      await nextTurn();
      turnMs = monotonicMs();
    }
    if (this.counts.scraped > limits.sample_limit) {
      throw limitError(
        `the page has ${this.counts.scraped} samples; scrape.sample_limit is ${limits.sample_limit}`,
      );
    }
  }

  sample(start: number, end: number, value: number, timestampMs: number): void {
    const { context, counts } = this;
    counts.scraped++;
    // The rest is counted, so that the error can say how many there are.
    if (counts.scraped > context.limits.sample_limit) return;
    const { cache } = context;
    const entry = cache.find(context.body, start, end);
    if (entry >= 0) this.append(entry, cache.isSeen(entry), value, timestampMs);
    else this.appendNew(start, end, value, timestampMs);
  }

  private append(entry: number, isSeen: boolean, value: number, timestampMs: number): void {
    const { context, counts } = this;
    const isTimed = timestampMs === timestampMs;
    if (isSeen && !isTimed) {
      counts.duplicates++;
      return;
    }
    // A series with times of its own may pause without having ended.
    context.cache.mark(entry, !isTimed);
    if (isTimed && timestampMs > context.timeMs + FUTURE_MS) {
      counts.future++;
      return;
    }
    const timeMs = isTimed ? timestampMs : context.timeMs;
    context.appender.append(context.cache.refOf(entry), timeMs, value);
    counts.appended++;
  }

  private appendNew(start: number, end: number, value: number, timestampMs: number): void {
    const { context, counts } = this;
    const series = decodeSeries(context.body, start, end, this.type);
    const merged = mergeLabels(series, context.labels, context.honorLabels);
    const exceeded = exceededLimit(merged, context.limits);
    if (exceeded !== undefined) throw limitError(exceeded);
    let ref: number;
    try {
      ref = context.appender.series(Object.fromEntries(merged));
    } catch (error) {
      if (!(error instanceof FleetlightError) || error.code !== "limit_reached") throw error;
      counts.refused++;
      return;
    }
    counts.seriesAdded++;
    this.append(context.cache.add(context.body, start, end, ref), false, value, timestampMs);
  }

  metadata(kind: MetadataKind, name: string, text: string): void {
    if (kind === "type") this.type = text;
    let known = this.described.get(name);
    if (known === undefined) {
      if (this.described.size >= METADATA_LIMIT) return;
      known = { type: "unknown", unit: "", help: "" };
      this.described.set(name, known);
    }
    if (kind === "type") known.type = text as MetricKind;
    else if (kind === "unit") known.unit = text;
    else known.help = text.slice(0, HELP_LIMIT);
  }
}

const limitError = (message: string): FleetlightError =>
  new FleetlightError("scrape_limit", 422, message);
