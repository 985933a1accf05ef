import { bucketColumns, type BucketColumn } from "@fleetlight/promql";

import {
  hasOdd,
  isExact,
  proofColumns,
  ROLLUPS,
  RollupRows,
  type RollupColumn,
  type RollupName,
  type RollupSeries,
} from "./rollup-columns.ts";
import { HOUR_MS, type RollupHours } from "./rollup-hours.ts";
import type { RollupSpan, RollupTables } from "./rollup-tables.ts";
import type { BucketBatch, BucketQuestion, SeriesRef, SeriesSamples } from "./types.ts";

/** Ranges with fewer rolled up hours are read as samples, most of which are in memory. */
const LEAST_FILLED_MS = 6 * HOUR_MS;
/** Windows shorter than that are not worth it while there are samples. */
const LEAST_RANGE_MS = HOUR_MS;
/** More pieces of filled and unfilled hours are not put together. */
const MAX_SPANS = 32;
/** Buckets that are looked at for one series, those in several windows as often; some milliseconds. */
const MAX_VISITS = 1_000_000;
/** Rows of one question to the tables, as far as that can be foreseen. */
const BATCH_ROWS = 131_072;
const MAX_BATCH_SERIES = 1000;

export interface RollupReaderSources {
  hours: RollupHours;
  tables: RollupTables;
  samplesCutoffMs(): number;
  /** Infinity where there are no rollups of that name. */
  cutoffMs(name: RollupName): number;
  /** End of the oldest bucket that there is. */
  oldestMs(): number;
  idOf(ref: SeriesRef): bigint;
  range(
    tenant: string,
    refs: readonly SeriesRef[],
    startMs: number,
    endMs: number,
  ): Promise<SeriesSamples[]>;
}

interface Span extends RollupSpan {
  filled: boolean;
}

/** How a question is answered. */
interface Plan {
  name: RollupName;
  spans: Span[];
  filledMs: number;
  /** Whether samples of the range are gone: what rollups know to the last bit but one is then the best there is. */
  gone: boolean;
}

/** Whether every window is made of whole buckets. */
function fits({ startMs, endMs, rangeMs, stepMs }: BucketQuestion, bucketMs: number): boolean {
  const steps = endMs - startMs > rangeMs ? stepMs : 0;
  return [startMs, rangeMs, steps].every((ms) => ms % bucketMs === 0);
}

function visits({ startMs, endMs, rangeMs, stepMs }: BucketQuestion, bucketMs: number): number {
  const steps = stepMs > 0 ? (endMs - startMs - rangeMs) / stepMs + 1 : 1;
  return (rangeMs / bucketMs) * steps;
}

/** Answers long ranges in buckets, where these give what the samples would give. */
export class RollupReader {
  private readonly sources: RollupReaderSources;
  answered = 0;
  seriesFromSamples = 0;

  constructor(sources: RollupReaderSources) {
    this.sources = sources;
  }

  /** Whether samples of the range are gone of which there may be rollups. */
  isGone(startMs: number): boolean {
    const cutoffMs = this.sources.samplesCutoffMs();
    return startMs < cutoffMs && this.sources.oldestMs() < cutoffMs;
  }

  /** Undefined where samples are to be read. */
  scan(
    tenant: string,
    refs: readonly SeriesRef[],
    question: BucketQuestion,
    signal: AbortSignal,
  ): AsyncIterable<BucketBatch> | undefined {
    const plan = this.plan(tenant, question);
    if (plan === undefined) return undefined;
    this.answered++;
    return this.answer(tenant, refs, question, plan, signal);
  }

  private plan(tenant: string, question: BucketQuestion): Plan | undefined {
    const { startMs, rangeMs } = question;
    const gone = this.isGone(startMs);
    if (!bucketColumns.has(question.function)) return undefined;
    if (rangeMs < LEAST_RANGE_MS && !gone) return undefined;
    const name = this.choose(question);
    if (name === undefined) return undefined;
    const bucketMs = ROLLUPS[name];
    const keptMs = Math.ceil(this.sources.cutoffMs(name) / bucketMs) * bucketMs;
    const spans = this.spans(tenant, Math.max(startMs, keptMs), question.endMs);
    const filledMs = spans.reduce(
      (sum, span) => sum + (span.filled ? span.endMs - span.startMs : 0),
      0,
    );
    if (spans.length > MAX_SPANS || (filledMs < LEAST_FILLED_MS && !gone)) return undefined;
    return filledMs === 0 ? undefined : { name, spans, filledMs, gone };
  }

  /** The longest buckets that fit, unless shorter ones reach further back. */
  private choose(question: BucketQuestion): RollupName | undefined {
    let chosen: RollupName | undefined;
    for (const name of ["rollups_1h", "rollups_5m"] as const) {
      const bucketMs = ROLLUPS[name];
      const cutoffMs = this.sources.cutoffMs(name);
      if (cutoffMs === Infinity || !fits(question, bucketMs)) continue;
      if (visits(question, bucketMs) > MAX_VISITS) continue;
      const before = chosen === undefined ? Infinity : this.sources.cutoffMs(chosen);
      if (cutoffMs < before && before > question.startMs) chosen = name;
    }
    return chosen;
  }

  /** The range in pieces that are rolled up or not. */
  private spans(tenant: string, startMs: number, endMs: number): Span[] {
    const spans: Span[] = [];
    for (let at = startMs; at < endMs;) {
      const hourMs = Math.floor(at / HOUR_MS) * HOUR_MS;
      const next = Math.min(endMs, hourMs + HOUR_MS);
      const filled = this.sources.hours.isFilled(tenant, hourMs);
      const last = spans.at(-1);
      if (last?.filled === filled) last.endMs = next;
      else spans.push({ startMs: at, endMs: next, filled });
      at = next;
    }
    return spans;
  }

  private async *answer(
    tenant: string,
    refs: readonly SeriesRef[],
    question: BucketQuestion,
    plan: Plan,
    signal: AbortSignal,
  ): AsyncGenerator<BucketBatch> {
    const ids = new Map(refs.map((ref) => [ref, this.sources.idOf(ref)]));
    const sorted = refs.toSorted((a, b) => ((ids.get(a) ?? 0n) < (ids.get(b) ?? 0n) ? -1 : 1));
    const rows = Math.max(1, plan.filledMs / ROLLUPS[plan.name]);
    const count = Math.max(1, Math.min(MAX_BATCH_SERIES, Math.floor(BATCH_ROWS / rows)));
    for (let at = 0; at < sorted.length && !signal.aborted; at += count) {
      const batch = await this.batch(tenant, sorted.slice(at, at + count), question, plan);
      yield batch;
      const { series, fromSamples } = batch;
      if (plan.gone || fromSamples.length <= series.length) continue;
      // The others of a metric are mostly of the same kind.
      yield { series: [], fromSamples: sorted.slice(at + count), incomplete: false };
      return;
    }
  }

  private async batch(
    tenant: string,
    refs: readonly SeriesRef[],
    question: BucketQuestion,
    { name, spans, gone }: Plan,
  ): Promise<BucketBatch> {
    const needs: readonly BucketColumn[] = bucketColumns.get(question.function) ?? [];
    const columns = [
      ...new Set<RollupColumn>(["end", "flags", ...needs, ...proofColumns(question.function)]),
    ];
    const fresh = await this.fromSamples(tenant, refs, name, spans, columns);
    const stored = await this.sources.tables.read(
      name,
      tenant,
      refs.map(this.sources.idOf),
      spans.filter(({ filled }) => filled),
      columns,
    );
    const batch: BucketBatch = { series: [], fromSamples: [], incomplete: false };
    for (const [i, ref] of refs.entries()) {
      const series = putTogether(
        spans,
        stored[i],
        fresh.map((part) => part.get(ref)),
        columns,
      );
      if (series === undefined) continue;
      if (!hasOdd(series) && (gone || isExact(question.function, series))) {
        const { end, flags: _, length: __, ...rest } = series;
        const times = end as Float64Array;
        batch.series.push({ ref, times, buckets: { bucketMs: ROLLUPS[name], columns: rest } });
        continue;
      }
      batch.fromSamples.push(ref);
      batch.incomplete ||= gone;
      this.seriesFromSamples++;
    }
    return batch;
  }

  /** Buckets of the spans that are not rolled up, by series. */
  private fromSamples(
    tenant: string,
    refs: readonly SeriesRef[],
    name: RollupName,
    spans: readonly Span[],
    columns: readonly RollupColumn[],
  ): Promise<Map<SeriesRef, RollupSeries>[]> {
    return Promise.all(
      spans
        .filter(({ filled }) => !filled)
        .map(async ({ startMs, endMs }) => {
          const found = new Map<SeriesRef, RollupSeries>();
          const samples = await this.sources.range(tenant, refs, startMs + 1, endMs);
          for (const { ref, times, values } of samples) {
            const rows = new RollupRows();
            rows.add(times, values, ROLLUPS[name]);
            const series: RollupSeries = { length: rows.length };
            for (const column of columns)
              series[column] = rows.columns[column].subarray(0, rows.length);
            if (rows.length > 0) found.set(ref, series);
          }
          return found;
        }),
    );
  }
}

/** The part of a series' buckets with startMs < end <= endMs. */
function cut(
  series: RollupSeries,
  { startMs, endMs }: RollupSpan,
  columns: readonly RollupColumn[],
): RollupSeries {
  const ends = series.end as Float64Array;
  let from = 0;
  while (from < ends.length && (ends[from] as number) <= startMs) from++;
  let to = from;
  while (to < ends.length && (ends[to] as number) <= endMs) to++;
  const part: RollupSeries = { length: to - from };
  for (const name of columns) part[name] = (series[name] as Float64Array).subarray(from, to);
  return part;
}

/** One series' buckets of all spans, in order of time. */
function putTogether(
  spans: readonly Span[],
  stored: RollupSeries | undefined,
  fresh: readonly (RollupSeries | undefined)[],
  columns: readonly RollupColumn[],
): RollupSeries | undefined {
  const parts: RollupSeries[] = [];
  let next = 0;
  for (const span of spans) {
    const part = span.filled ? stored && cut(stored, span, columns) : fresh[next++];
    if (part && part.length > 0) parts.push(part);
  }
  if (parts.length <= 1) return parts[0];
  const whole: RollupSeries = { length: parts.reduce((sum, { length }) => sum + length, 0) };
  for (const name of columns) {
    const column = new Float64Array(whole.length);
    let at = 0;
    for (const part of parts) {
      column.set(part[name] as Float64Array, at);
      at += part.length;
    }
    whole[name] = column;
  }
  return whole;
}
