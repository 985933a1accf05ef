import { setImmediate as nextTurn } from "node:timers/promises";

import type { Head } from "./head.ts";
import { gatherById, joinColumns, type Columns } from "./join.ts";
import { readWindows, type WindowLimits } from "./read-windows.ts";
import { SampleSink } from "./sample-sink.ts";
import type { SampleColumns, Tables } from "./tables.ts";
import type { ScanOptions, SeriesRef, SeriesSamples } from "./types.ts";

/** Samples that one batch of a scan holds, as far as that can be foreseen; one series is never cut. */
const BATCH_SAMPLES = 262_144;
/**
 * The tables keep two hours of all series together, in pieces of some 10,000 rows. Of long ranges more series are asked for at once,
 * or each piece would be read again for every few of them: so many samples per day of the range, up to a limit.
 */
const TABLE_SAMPLES_PER_DAY = 131_072;
const MAX_TABLE_SAMPLES = 1 << 22;
/** Samples of such large questions in all scans together: 16 bytes each. Who finds no room asks smaller ones. */
const MAX_LARGE_SAMPLES = 1 << 23;
/** How much further a question may go than the one before: series that are asked together may differ. */
const MAX_GROWTH = 4;
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

const DAY_MS = 86_400_000;

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

/** How many series to ask for, when so many have had so many samples. */
function nextCount({ startMs, endMs }: Question, room: number, seen: number, samples: number) {
  const perSeries = seen === 0 ? (endMs - startMs) / USUAL_INTERVAL_MS : samples / seen;
  const most = seen === 0 ? FIRST_SERIES : Math.min(BATCH_SERIES, seen * MAX_GROWTH);
  return Math.max(1, Math.min(most, Math.floor(room / Math.max(1, perSeries))));
}

/** Answers ranges from the head alone where it is complete, and joined with the tables where it is not. */
export class MetricReader {
  private readonly sources: ReaderSources;
  private readonly spare: SampleSink[] = [];
  private largeSamples = MAX_LARGE_SAMPLES;

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
    const days = (question.endMs - question.startMs) / DAY_MS;
    const wanted = Math.min(MAX_TABLE_SAMPLES, TABLE_SAMPLES_PER_DAY * days);
    const extra = Math.min(this.largeSamples, Math.max(0, wanted - BATCH_SAMPLES));
    this.largeSamples -= extra;
    const room = BATCH_SAMPLES + extra;
    try {
      let [seen, samples, fewer] = [0, 0, 1];
      for (let at = 0; at < refs.length && !signal.aborted;) {
        const count = Math.ceil(nextCount(question, room, seen, samples) / fewer);
        const slice = refs.slice(at, at + count);
        const found = await this.readJoined(question, slice, { maxSamples: room * 2, signal });
        if (found === undefined) {
          fewer *= MAX_GROWTH;
          continue;
        }
        at += slice.length;
        seen += slice.length;
        fewer = 1;
        for await (const batch of inBatches(found, signal)) {
          for (const { times } of batch) samples += times.length;
          yield batch;
        }
      }
    } finally {
      this.largeSamples += extra;
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
  private async join(question: Question, refs: readonly SeriesRef[]): Promise<SeriesSamples[]> {
    return [...((await this.readJoined(question, refs)) ?? [])];
  }

  /**
   * As `join`, put together series by series when asked for.
   * @returns nothing where there is more in the tables than allowed, or the signal has ended it.
   */
  private async readJoined(
    { tenant, startMs, endMs }: Question,
    refs: readonly SeriesRef[],
    limits?: WindowLimits,
  ): Promise<Iterable<SeriesSamples> | undefined> {
    if (refs.length === 0) return [];
    const { head, tables, idOf } = this.sources;
    const ids = refs.map(idOf);
    // Taken before the tables are read: an insert in between makes doubles, which are joined, not gaps.
    const recent = refs.map((ref) => head.read(ref, startMs, endMs));
    const late = this.sources.pendingLateSamples(tenant);
    const waiting =
      late.length === 0
        ? new Map<bigint, Columns>()
        : gatherById(late, new Set(ids), startMs, endMs);
    const read = (fromMs: number, toMs: number) => tables.readSamples(tenant, ids, fromMs, toMs);
    const stored = await readWindows(read, startMs, endMs, limits);
    return stored && joined(refs, (i) => [stored(i), waiting.get(ids[i] ?? 0n), recent[i]]);
  }
}

/** Each series' samples from three places. Of equal times the head's counts, then that of the tables. */
function* joined(
  refs: readonly SeriesRef[],
  placesOf: (index: number) => (Columns | undefined)[],
): Generator<SeriesSamples> {
  for (const [i, ref] of refs.entries()) {
    const [stored, waiting, recent = EMPTY] = placesOf(i);
    let all: Columns = recent;
    for (const before of [stored, waiting])
      if (before !== undefined) all = joinColumns(before, all);
    if (all.times.length > 0) yield { ref, ...all };
  }
}

/** Hands out series in batches of a size that can be worked on at once; others have a turn in between. */
async function* inBatches(
  series: Iterable<SeriesSamples>,
  signal: AbortSignal,
): AsyncGenerator<SeriesSamples[]> {
  let [batch, samples]: [SeriesSamples[], number] = [[], 0];
  let sliceEnd = performance.now() + SLICE_MS;
  for (const one of series) {
    batch.push(one);
    samples += one.times.length;
    if (samples < BATCH_SAMPLES && performance.now() < sliceEnd) continue;
    yield batch;
    [batch, samples] = [[], 0];
    await nextTurn();
    if (signal.aborted) return;
    sliceEnd = performance.now() + SLICE_MS;
  }
  if (batch.length > 0) yield batch;
}
