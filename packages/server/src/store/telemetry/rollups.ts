import type { Now } from "#lib";

import type { Head } from "./head.ts";
import type { LabelIndex } from "./label-index.ts";
import type { MetricReader } from "./metric-reader.ts";
import type { Retention } from "./retention.ts";
import { RollupFiller } from "./rollup-filler.ts";
import type { RollupHours } from "./rollup-hours.ts";
import { RollupReader } from "./rollup-reader.ts";
import type { SeriesIndex } from "./series-index.ts";
import type { Tables } from "./tables.ts";
import type { BucketBatch, BucketQuestion, RollupStats, RollupStore, SeriesRef } from "./types.ts";

interface RollupsSources {
  tables: Tables;
  retention: Retention;
  index: SeriesIndex;
  byLabel: LabelIndex;
  head: Head;
  reader: MetricReader;
  now: Now;
  onError(message: string): void;
}

/** Figures of five minutes and of an hour of each series: what fills them, and what answers from them. */
export class Rollups implements RollupStore {
  private readonly tables: Tables;
  private readonly hours: RollupHours;
  private readonly filler: RollupFiller;
  private readonly reader: RollupReader;
  private oldestMs = Infinity;

  constructor(hours: RollupHours, sources: RollupsSources) {
    const { tables, retention, index, byLabel, head, reader, now, onError } = sources;
    const question = (tenant: string, startMs: number, endMs: number) => ({
      tenant,
      startMs: Math.max(startMs, retention.cutoffMs("metrics")),
      endMs,
    });
    const common = {
      hours,
      tables: tables.rollups,
      now,
      onError,
      samplesCutoffMs: () => retention.cutoffMs("metrics"),
      idOf: (ref: SeriesRef) => index.idOf(ref),
    };
    this.tables = tables;
    this.hours = hours;
    this.filler = new RollupFiller({
      ...common,
      onFilled: () => this.load(),
      tenants: () => index.tenants(),
      countSamples: (startMs, endMs) => tables.countSamples(startMs, endMs),
      // Without the bytes of histograms: their markers say enough.
      scan: (tenant, startMs, endMs, signal) => {
        const keep = (ref: SeriesRef) => head.mayHave(ref, startMs, endMs);
        const refs = byLabel.select(tenant, [], { keep });
        return reader.scan(question(tenant, startMs, endMs), refs, signal);
      },
    });
    this.reader = new RollupReader({
      ...common,
      oldestMs: () => this.oldestMs,
      cutoffMs: (name) => (retention.keeps(name) ? retention.cutoffMs(name) : Infinity),
      range: (tenant, refs, startMs, endMs) => reader.range(question(tenant, startMs, endMs), refs),
    });
  }

  /** Learns how far back there are rollups. */
  async load(): Promise<void> {
    this.oldestMs = await this.tables.rollups.oldestMs();
  }

  /** Whether samples of the range are gone of which there may be rollups. */
  isGone(startMs: number): boolean {
    return this.reader.isGone(startMs);
  }

  scan(
    tenant: string,
    refs: readonly SeriesRef[],
    question: BucketQuestion,
    signal: AbortSignal,
  ): AsyncIterable<BucketBatch> | undefined {
    return this.reader.scan(tenant, refs, question, signal);
  }

  /** @returns a function that ends the filling. */
  start(): () => Promise<void> {
    return this.filler.start();
  }

  /** Fills every hour that is over. */
  async fill(): Promise<void> {
    await this.filler.round(new AbortController().signal, 0, -Infinity);
  }

  stats(): RollupStats {
    const { hoursFilled, rowsInserted, seconds, errors } = this.filler;
    const { answered, seriesFromSamples } = this.reader;
    const { waitingCount, refused } = this.hours;
    return {
      hoursWaiting: waitingCount,
      hoursRefused: refused,
      hoursFilled,
      rowsInserted,
      seconds,
      errors,
      answered,
      seriesFromSamples,
    };
  }
}

export const NO_ROLLUPS: RollupStats = {
  hoursWaiting: 0,
  hoursRefused: 0,
  hoursFilled: 0,
  rowsInserted: 0,
  seconds: 0,
  errors: 0,
  answered: 0,
  seriesFromSamples: 0,
};
