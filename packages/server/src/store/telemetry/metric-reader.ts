import { setImmediate as nextTurn } from "node:timers/promises";

import type { Head } from "./head.ts";
import { gatherById, joinColumns, type Columns } from "./join.ts";
import { SampleSink } from "./sample-sink.ts";
import type { SampleColumns, Tables } from "./tables.ts";
import type { ScanOptions, SeriesRef, SeriesSamples } from "./types.ts";

/** Samples that one batch of a scan holds, as far as that can be foreseen; one series is never cut. */
const BATCH_SAMPLES = 262_144;
/** Samples for which a scan allocates memory at once. */
const SINK_SAMPLES = 32_768;
/** Of room for that many samples, what one batch takes that is read into the same room as the one before. */
const REUSED_SAMPLES = (SINK_SAMPLES * 3) / 4;
/** Rooms that wait for the next scan, and the largest that are worth it. */
const MAX_SPARE = 4;
const LARGEST_SPARE = SINK_SAMPLES * 4;
/** Most series of one question to the tables. */
const BATCH_SERIES = 5000;
/** Most series of the first question to the tables, when only the range tells how many samples they may have. */
const FIRST_SERIES = 64;
/** How often most series have samples. */
const USUAL_INTERVAL_MS = 15_000;
/** How long a scan of the head may hold the event loop. */
const SLICE_MS = 8;

const EMPTY: Columns = { times: new Float64Array(0), values: new Float64Array(0) };

export interface ReaderSources {
  head: Head;
  tables: Tables;
  idOf(ref: SeriesRef): bigint;
  /** Samples that are neither in the head, because they came late, nor in the tables yet. */
  pendingLateSamples(tenant: string): SampleColumns[];
}

interface Question {
  tenant: string;
  startMs: number;
  endMs: number;
}

const firstCount = ({ startMs, endMs }: Question): number => {
  const perSeries = Math.max(1, (endMs - startMs) / USUAL_INTERVAL_MS);
  return Math.max(1, Math.min(FIRST_SERIES, Math.floor(BATCH_SAMPLES / perSeries)));
};

/** Answers ranges from the head alone where it is complete, and joined with the tables where it is not. */
export class MetricReader {
  private readonly sources: ReaderSources;
  private readonly spare: SampleSink[] = [];

  constructor(sources: ReaderSources) {
    this.sources = sources;
  }

  async *scan(
    question: Question,
    refs: readonly SeriesRef[],
    signal: AbortSignal,
    options: ScanOptions = {},
  ): AsyncGenerator<readonly SeriesSamples[]> {
    const { head } = this.sources;
    const missing: SeriesRef[] = [];
    const held: SeriesRef[] = [];
    for (const ref of refs) (head.isCompleteFrom(ref, question.startMs) ? held : missing).push(ref);
    // The tables are asked while the head's part is being read.
    const ids = new Map(missing.map((ref) => [ref, this.sources.idOf(ref)]));
    missing.sort((a, b) => ((ids.get(a) ?? 0n) < (ids.get(b) ?? 0n) ? -1 : 1));
    const older = this.scanTables(question, missing, signal);
    if (options.reuse === true) yield* this.scanIntoSpare(question, held, missing, signal);
    else yield* this.scanHead(question, held, missing, signal);
    if (missing.length > 0) yield* older;
  }

  /** As `scanHead`, with room that was used before: large columns are costly to make and to forget. */
  private async *scanIntoSpare(
    question: Question,
    refs: readonly SeriesRef[],
    missing: SeriesRef[],
    signal: AbortSignal,
  ): AsyncGenerator<readonly SeriesSamples[]> {
    if (refs.length === 0) return;
    const sink = this.spare.pop() ?? new SampleSink(SINK_SAMPLES);
    sink.rewind();
    try {
      yield* this.scanHead(question, refs, missing, signal, sink);
    } finally {
      if (this.spare.length < MAX_SPARE && sink.times.length <= LARGEST_SPARE)
        this.spare.push(sink);
    }
  }

  private async *scanHead(
    question: Question,
    refs: readonly SeriesRef[],
    missing: SeriesRef[],
    signal: AbortSignal,
    reused?: SampleSink,
  ): AsyncGenerator<readonly SeriesSamples[]> {
    const { head } = this.sources;
    const full = reused === undefined ? BATCH_SAMPLES : REUSED_SAMPLES;
    const sink = reused ?? new SampleSink(SINK_SAMPLES);
    let batch: SeriesSamples[] = [];
    let samples = 0;
    let sliceEnd = performance.now() + SLICE_MS;
    for (const ref of refs) {
      // Room may have been made while others had their turn.
      if (!head.isCompleteFrom(ref, question.startMs)) {
        missing.push(ref);
        continue;
      }
      const found = head.readInto(sink, ref, question.startMs, question.endMs);
      if (found.times.length > 0) batch.push({ ref, times: found.times, values: found.values });
      samples += found.times.length;
      if (samples >= full) {
        yield batch;
        reused?.rewind();
        batch = [];
        samples = 0;
      }
      if (performance.now() < sliceEnd) continue;
      await nextTurn();
      if (signal.aborted) return;
      sliceEnd = performance.now() + SLICE_MS;
    }
    if (batch.length > 0) yield batch;
  }

  /** `refs` may still grow until the first series of the last question is taken. */
  private async *scanTables(
    question: Question,
    refs: readonly SeriesRef[],
    signal: AbortSignal,
  ): AsyncGenerator<readonly SeriesSamples[]> {
    let [seen, samples] = [0, 0];
    for (let at = 0; at < refs.length && !signal.aborted;) {
      const perSeries = samples / Math.max(1, seen);
      const count =
        seen === 0
          ? firstCount(question)
          : Math.max(1, Math.min(BATCH_SERIES, Math.floor(BATCH_SAMPLES / Math.max(1, perSeries))));
      const slice = refs.slice(at, at + count);
      const found = await this.join(question, slice);
      at += slice.length;
      seen += slice.length;
      for (const { times } of found) samples += times.length;
      if (found.length > 0) yield found;
    }
  }

  async range(question: Question, refs: readonly SeriesRef[]): Promise<SeriesSamples[]> {
    const { head } = this.sources;
    const missing = refs.filter((ref) => !head.isCompleteFrom(ref, question.startMs));
    const older = new Map(
      (await this.join(question, missing)).map((series) => [series.ref, series]),
    );
    const asked = new Set(missing);
    return refs.flatMap((ref) => {
      if (asked.has(ref)) return older.get(ref) ?? [];
      const found = head.read(ref, question.startMs, question.endMs);
      return found.times.length > 0 ? { ref, ...found } : [];
    });
  }

  /** What tables, late samples that wait for them, and the head have of these series. */
  private async join(
    { tenant, startMs, endMs }: Question,
    refs: readonly SeriesRef[],
  ): Promise<SeriesSamples[]> {
    if (refs.length === 0) return [];
    const { head, tables, idOf } = this.sources;
    const ids = refs.map(idOf);
    // Taken before the tables are read: an insert in between makes doubles, which are joined, not gaps.
    const recent = refs.map((ref) => head.read(ref, startMs, endMs));
    const late = this.sources.pendingLateSamples(tenant);
    const stored = await tables.readSamples(tenant, ids, startMs, endMs);
    const waiting =
      late.length === 0
        ? new Map<bigint, Columns>()
        : gatherById(late, new Set(ids), startMs, endMs);
    const found: SeriesSamples[] = [];
    for (const [i, ref] of refs.entries()) {
      const id = ids[i] ?? 0n;
      let joined: Columns = recent[i] ?? EMPTY;
      for (const before of [stored[i], waiting.get(id)])
        if (before !== undefined) joined = joinColumns(before, joined);
      if (joined.times.length > 0) found.push({ ref, ...joined });
    }
    return found;
  }
}
