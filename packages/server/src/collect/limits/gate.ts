import type { Config } from "#config";
import { FleetlightError, formatLabels, wordsOf, type LabelSet, type Now } from "#lib";
import type { Appender, MetricStore, SeriesRef } from "#store";

import { checkLabels } from "./check-labels.ts";
import type { AppenderPool } from "./appenders.ts";
import type { IngestCounters, Protocol, Refusal } from "./counters.ts";
import type { InFlight } from "./in-flight.ts";
import type { SampleRates } from "./rate.ts";

/** Refusals that an answer tells; all are counted. */
const TOLD = 5;
/** Longest text of a series in an answer. */
const MAX_SERIES_TEXT = 500;

export interface GateContext {
  metrics: MetricStore;
  config: () => Pick<Config, "ingest" | "limits" | "storage">;
  now: Now;
  counters: IngestCounters;
  rates: SampleRates;
  appenders: AppenderPool;
  inFlight: InFlight;
}

/** How one request ended. */
export interface Admitted {
  samples: number;
  histograms: number;
  /** Samples that were not taken; `messages` tells the first ones. */
  refused: number;
  messages: readonly string[];
}

/**
 * What one request brings, sample by sample: each is compared with the newest of its series and with the clock, and
 * goes into one appender. The good ones are kept whatever happens to the others, as remote write 2.0 asks for.
 */
export class Gate {
  readonly limits: Config["limits"];
  private readonly context: GateContext;
  private readonly tenant: string;
  private readonly protocol: Protocol;
  private readonly appender: Appender;
  private readonly oldestMs: number;
  private readonly newestMs: number;
  private readonly windowMs: number;
  /** The sample before: a message brings the samples of one series one after the other. */
  private lastRef = -1;
  private lastMs = -Infinity;
  private lastLow = 0;
  private lastHigh = 0;
  /** When it was a histogram. */
  private lastBytes: Uint8Array | undefined;
  private readonly number = new Float64Array(1);
  /** Time of the next sample; here and in `words` because numbers that are handed over are allocated one by one. */
  readonly time = new Float64Array(1);
  /** The next sample's value as its two halves, because a NaN may lose its bits in a variable. */
  readonly words = wordsOf(this.number);
  private readonly reasons = new Map<Refusal, number>();
  private readonly told: string[] = [];
  private refusedCount = 0;
  private duplicates = 0;
  private histograms = 0;

  constructor(tenant: string, protocol: Protocol, context: GateContext) {
    const { ingest, limits, storage } = context.config();
    const nowMs = context.now();
    this.context = context;
    this.tenant = tenant;
    this.protocol = protocol;
    this.limits = limits;
    this.appender = context.appenders.take(context.metrics, tenant);
    this.oldestMs = Math.max(0, nowMs - storage.retention.metrics);
    this.newestMs = nowMs + ingest.max_future;
    this.windowMs = ingest.out_of_order_window;
  }

  /** Samples that will be committed. */
  get size(): number {
    return this.appender.size;
  }

  /** Finds or makes a series; undefined when it is refused, which is counted as `samples` samples. */
  series(pairs: readonly (readonly [string, string])[], samples = 1): SeriesRef | undefined {
    const fault = checkLabels(pairs, this.limits);
    // Object.fromEntries makes a property of every name, also of `__proto__`.
    const labels: LabelSet = Object.fromEntries(pairs);
    if (fault !== undefined) {
      this.refuse(fault.reason, samples, () => `${fault.message} in ${textOf(labels)}`);
      return undefined;
    }
    const { metrics } = this.context;
    const full = metrics.seriesCount(this.tenant) >= this.limits.max_series;
    try {
      if (!full || metrics.find(this.tenant, labels) !== undefined)
        return this.appender.series(labels);
    } catch (error) {
      if (!(error instanceof FleetlightError) || error.code !== "limit_reached") throw error;
    }
    this.refuse("series_limit", samples, () => `too many series: ${textOf(labels)} was not added`);
    return undefined;
  }

  /** The newest time of a series that the store knows; what is later needs no comparison. */
  newestTime(ref: SeriesRef): number {
    return this.context.metrics.newestTime(ref);
  }

  sample(ref: SeriesRef, timeMs: number, low: number, high: number): void {
    this.time[0] = timeMs;
    this.words[0] = low;
    this.words[1] = high;
    this.take(ref);
  }

  /** The sample that stands in `time` and `words`. */
  take(ref: SeriesRef): void {
    const timeMs = this.time[0] as number;
    const isStale = this.words[1] === 0x7ff00000 && this.words[0] === 2;
    if (!this.admits(ref, timeMs, this.words)) return;
    if (isStale) this.appender.appendStale(ref, timeMs);
    else this.appender.append(ref, timeMs, this.number[0] as number);
  }

  value(ref: SeriesRef, timeMs: number, value: number): void {
    this.number[0] = value;
    this.sample(ref, timeMs, this.words[0] as number, this.words[1] as number);
  }

  stale(ref: SeriesRef, timeMs: number): void {
    this.sample(ref, timeMs, 2, 0x7ff00000);
  }

  histogram(ref: SeriesRef, timeMs: number, bytes: Uint8Array): void {
    if (!this.admits(ref, timeMs, bytes)) return;
    this.appender.appendHistogram(ref, timeMs, bytes);
    this.histograms++;
  }

  refuse(reason: Refusal, samples: number, message: () => string): void {
    this.refusedCount += samples;
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + samples);
    if (this.told.length < TOLD) this.told.push(message());
  }

  private admits(ref: SeriesRef, timeMs: number, content: Uint32Array | Uint8Array): boolean {
    if (timeMs > this.newestMs) {
      this.refuseSample("future", "out of bounds: too far in the future", ref, timeMs);
      return false;
    }
    if (timeMs < this.oldestMs) {
      this.refuseSample("out_of_bounds", "out of bounds: older than the retention", ref, timeMs);
      return false;
    }
    const stored = this.context.metrics.newestTime(ref);
    const newest = ref === this.lastRef && this.lastMs > stored ? this.lastMs : stored;
    if (timeMs <= newest && !this.admitsLate(ref, timeMs, newest, content)) return false;
    this.lastRef = ref;
    this.lastMs = timeMs;
    this.lastLow = content[0] as number;
    this.lastHigh = content[1] as number;
    this.lastBytes = content instanceof Uint8Array ? content : undefined;
    return true;
  }

  private admitsLate(
    ref: SeriesRef,
    timeMs: number,
    newestMs: number,
    content: Uint32Array | Uint8Array,
  ): boolean {
    const found = this.compare(ref, timeMs, content);
    if (found === "same") {
      this.duplicates++;
      return false;
    }
    if (found === "other") {
      this.refuseSample("duplicate_timestamp", "duplicate sample for timestamp", ref, timeMs);
      return false;
    }
    if (timeMs >= newestMs - this.windowMs) return true;
    const what = this.windowMs === 0 ? "out of order sample" : "too old sample";
    this.refuseSample("out_of_order", what, ref, timeMs);
    return false;
  }

  private compare(ref: SeriesRef, timeMs: number, content: Uint32Array | Uint8Array) {
    if (ref !== this.lastRef || timeMs !== this.lastMs)
      return this.context.metrics.compareAt(ref, timeMs, content);
    const isSame =
      content instanceof Uint8Array
        ? this.lastBytes !== undefined && Buffer.compare(content, this.lastBytes) === 0
        : this.lastBytes === undefined &&
          content[0] === this.lastLow &&
          content[1] === this.lastHigh;
    return isSame ? "same" : "other";
  }

  private refuseSample(reason: Refusal, what: string, ref: SeriesRef, timeMs: number): void {
    const { metrics } = this.context;
    this.refuse(reason, 1, () => `${what}: ${timeMs} of ${textOf(metrics.labels(ref))}`);
  }

  /** Forgets what was admitted; the gate MUST NOT be used any more. */
  giveBack(): void {
    this.context.appenders.give(this.tenant, this.appender);
  }

  /**
   * Makes what was admitted durable and visible. Counts everything, also when it fails; `isRequest` says whether somebody
   * sent it just now.
   * @throws FleetlightError `limit_reached` or `overloaded`; then nothing was taken.
   */
  async commit(isRequest = true): Promise<Admitted> {
    const { counters, rates, now } = this.context;
    const samples = this.appender.size;
    try {
      rates.take(this.tenant, samples, this.limits.samples_per_second, now());
    } catch (error) {
      this.giveBack();
      counters.refused("rate", 1);
      counters.requests(this.protocol, "refused");
      throw error;
    }
    try {
      await this.appender.commit();
    } catch (error) {
      counters.requests(this.protocol, "refused");
      throw error;
    }
    this.giveBack();
    counters.samples(this.protocol, samples);
    if (this.duplicates > 0) counters.duplicates(this.duplicates);
    for (const [reason, count] of this.reasons) counters.refused(reason, count);
    if (isRequest) counters.requests(this.protocol, this.refusedCount > 0 ? "partial" : "ok");
    const told = this.told.length;
    return {
      samples: samples - this.histograms,
      histograms: this.histograms,
      refused: this.refusedCount,
      messages:
        this.refusedCount > told
          ? [...this.told, `and more: ${this.refusedCount} samples were refused`]
          : this.told,
    };
  }
}

const textOf = (labels: LabelSet): string => {
  const text = formatLabels(labels);
  return text.length > MAX_SERIES_TEXT ? `${text.slice(0, MAX_SERIES_TEXT)}…` : text;
};
