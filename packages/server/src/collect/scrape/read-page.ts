import { setImmediate as nextTurn } from "node:timers/promises";

import { FleetlightError, NAME_LABEL, type LabelSet } from "#lib";
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
/** No entry of the cache. */
const NONE = -1;
/** Stands for a series that relabelling drops. */
const DROPPED = -1;

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
  /** False gives every sample the scrape's time. */
  honorTimestamps: boolean;
  /** Whether series with times of their own end when a page does not show them. */
  endsTimedSeries: boolean;
  /** Changes the labels of a new series; false drops it, once and for all. */
  relabel: ((labels: Map<string, string>) => boolean) | undefined;
  limits: PageLimits;
  cache: SeriesCache;
  appender: Appender;
  /** Milliseconds of a clock that never goes back. */
  monotonicMs: () => number;
}

/** Counts of one page, also of one that failed midway. */
export interface PageCounts {
  scraped: number;
  /** Dropped by relabelling. */
  dropped: number;
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
    dropped: 0,
    appended: 0,
    seriesAdded: 0,
    duplicates: 0,
    future: 0,
    refused: 0,
  };
  readonly described = new Map<string, MetricMetadata>();
  private readonly context: PageContext;
  private readonly words: DataView;
  /** Entry of the series that `recognise` found. */
  private recognised = NONE;
  private type = "";
  private kept = 0;
  private isFull = false;

  constructor(context: PageContext) {
    this.context = context;
    const { buffer, byteOffset, length } = context.body;
    this.words = new DataView(buffer, byteOffset, length);
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
    const kept = this.counts.scraped - this.counts.dropped;
    if (kept > limits.sample_limit) {
      throw limitError(
        `the page has ${kept} samples; ${limits.prefix}sample_limit is ${limits.sample_limit}`,
      );
    }
  }

  recognise(start: number): number {
    const entry = this.context.cache.expect(this.words, start);
    this.recognised = entry;
    return entry === NONE ? -1 : start + this.context.cache.lengthOf(entry);
  }

  sample(start: number, end: number, value: number, timestampMs: number): void {
    const { context, counts, recognised } = this;
    this.recognised = NONE;
    counts.scraped++;
    // The rest is counted, so that the error can say how many there are.
    if (this.isFull) return;
    const { cache } = context;
    const timeMs = context.honorTimestamps ? timestampMs : Number.NaN;
    const entry = recognised === NONE ? cache.find(context.body, start, end) : recognised;
    if (entry < 0) this.appendNew(start, end, value, timeMs);
    else if (cache.refOf(entry) === DROPPED) this.drop(entry);
    else if (this.admit()) this.append(entry, cache.isSeen(entry), value, timeMs);
  }

  /** Whether the page may have one more sample. */
  private admit(): boolean {
    this.isFull = ++this.kept > this.context.limits.sample_limit;
    return !this.isFull;
  }

  /** Remembered like the others, so that relabelling decides once per series and not once per sample. */
  private drop(entry: number): void {
    this.counts.dropped++;
    this.context.cache.mark(entry, false);
  }

  private append(entry: number, isSeen: boolean, value: number, timestampMs: number): void {
    const { context, counts } = this;
    const isTimed = timestampMs === timestampMs;
    if (isSeen && !isTimed) {
      counts.duplicates++;
      return;
    }
    // A series with times of its own may pause without having ended.
    context.cache.mark(entry, !isTimed || context.endsTimedSeries);
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
    if (context.relabel !== undefined && !relabelSeries(context.relabel, merged)) {
      this.drop(context.cache.add(context.body, start, end, DROPPED));
      return;
    }
    if (!this.admit()) return;
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

/** @returns false when the series is dropped, @throws when what is left has no name and can not be stored. */
function relabelSeries(
  relabel: (labels: Map<string, string>) => boolean,
  labels: Map<string, string>,
): boolean {
  if (!relabel(labels) || labels.size === 0) return false;
  if (labels.get(NAME_LABEL) === undefined) {
    throw new FleetlightError("scrape_limit", 422, "missing metric name (__name__ label)");
  }
  return true;
}

const limitError = (message: string): FleetlightError =>
  new FleetlightError("scrape_limit", 422, message);
