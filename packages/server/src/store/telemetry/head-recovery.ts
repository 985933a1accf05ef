import { setImmediate as nextTurn } from "node:timers/promises";

import type { Head } from "./head.ts";
import type { Tables } from "./tables.ts";
import type { SeriesRef } from "./types.ts";

/** Bytes that a sample is expected to take in the head, with some to spare. */
const BYTES_PER_SAMPLE = 3;
/** Share of the head that is filled from the tables; the rest is for what comes. */
const FILL_SHARE = 0.6;
/** Samples of a tenant that are loaded before the doors open. */
const MAX_RECENT = 1_000_000;
/** Samples that one question to the tables should bring. */
const SLICE_SAMPLES = 150_000;
const FIRST_SERIES = 8;
const MAX_SERIES = 5000;
/** How long filling may hold the event loop. */
const SLICE_MS = 6;
/** Rounds for series that got late samples while the tables were being read. */
const MAX_ROUNDS = 3;
const DAY_MS = 86_400_000;

interface RecoverySources {
  head: Head;
  tables: Tables;
  idOf(ref: SeriesRef): bigint;
  /** Writes what waits into the tables. */
  flush(): Promise<void>;
}

/** Fills the head again after a start: a few minutes at once, so that instant questions can be answered, the rest later. */
export class HeadRecovery {
  private readonly sources: RecoverySources;
  private readonly refs = new Map<string, SeriesRef[]>();
  /** Series that got samples which neither the head has nor the tables may have had when they were read. */
  private disturbed = new Set<SeriesRef>();
  private running = true;
  private done = false;

  constructor(sources: RecoverySources) {
    this.sources = sources;
  }

  /** A series that the tables know; it MUST be open in the head. */
  add(tenant: string, ref: SeriesRef): void {
    const refs = this.refs.get(tenant);
    if (refs === undefined) this.refs.set(tenant, [ref]);
    else refs.push(ref);
  }

  /** An old sample of this series was not taken by the head. */
  disturb(ref: SeriesRef): void {
    if (this.running) this.disturbed.add(ref);
  }

  /** Whether older samples are there as far back as was asked. */
  get isDone(): boolean {
    return this.done;
  }

  /** The head was filled in another way. */
  skip(): void {
    this.done = true;
    this.running = false;
    this.refs.clear();
  }

  /** Fills in the newest samples of all series, and answers when they are there. */
  async loadRecent(sinceMs: number): Promise<void> {
    const { head, tables, idOf } = this.sources;
    for (const [tenant, refs] of this.refs) {
      const ids = refs.map((ref) => idOf(ref));
      const most = Math.min(head.capacity, MAX_RECENT);
      const { fromMs, series } = await tables.readRecent(tenant, ids, sinceMs, most);
      for (const [i, ref] of refs.entries()) {
        // What the head already answers for is not put into it again: it must not claim these samples before it has them.
        head.open(ref, Infinity);
        head.fill(ref, series[i] ?? NOTHING, fromMs);
      }
    }
  }

  /** Fills in older samples, as far back as asked and as there is room; ends early when `signal` aborts. */
  async rebuild(oldestMs: number, nowMs: number, signal: AbortSignal): Promise<void> {
    if (this.done) return;
    const sinceMs = await this.startOf(oldestMs, nowMs);
    try {
      for (let round = 0; round < MAX_ROUNDS && !signal.aborted; round++) {
        let missing = 0;
        for (const [tenant, refs] of this.refs)
          missing += await this.rebuildTenant(tenant, refs, sinceMs, signal);
        if (missing === 0) break;
        await this.sources.flush();
        this.disturbed = new Set();
      }
    } finally {
      this.running = false;
      this.disturbed.clear();
    }
    if (signal.aborted) return;
    this.done = true;
    this.refs.clear();
  }

  /** From when on the samples of all tables fit. */
  private async startOf(oldestMs: number, nowMs: number): Promise<number> {
    const { head, tables } = this.sources;
    let room = (head.maxBytes * FILL_SHARE) / BYTES_PER_SAMPLE;
    let startMs = nowMs;
    // Day by day, so that a day that does not fit is the last that is counted.
    for (let endMs = Infinity; endMs > oldestMs; endMs = startMs - 1) {
      const fromMs = Math.max(oldestMs, Math.min(endMs, nowMs) - DAY_MS);
      for (const { startMs: bucketMs, rows } of await tables.countSamples(fromMs, endMs)) {
        room -= rows;
        if (room < 0) return Math.max(oldestMs, startMs);
        startMs = Math.min(startMs, bucketMs);
      }
      startMs = Math.min(startMs, fromMs);
    }
    return oldestMs;
  }

  /** @returns how many series have to be tried again. */
  private async rebuildTenant(
    tenant: string,
    refs: readonly SeriesRef[],
    sinceMs: number,
    signal: AbortSignal,
  ): Promise<number> {
    const { head, tables, idOf } = this.sources;
    const missing = refs
      .filter((ref) => !head.isCompleteFrom(ref, sinceMs))
      .map((ref) => ({ ref, id: idOf(ref) }))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
    let [left, count] = [0, FIRST_SERIES];
    let sliceEnd = performance.now() + SLICE_MS;
    for (let at = 0; at < missing.length && !signal.aborted;) {
      const slice = missing.slice(at, at + count);
      const ids = slice.map(({ id }) => id);
      let rows = 0;
      const samples = await tables.readSamples(tenant, ids, sinceMs, Number.MAX_SAFE_INTEGER);
      for (const [i, { ref }] of slice.entries()) {
        const part = samples[i];
        rows += part?.times.length ?? 0;
        if (this.disturbed.has(ref)) left++;
        else head.fill(ref, part ?? NOTHING, sinceMs);
        if (performance.now() < sliceEnd) continue;
        await nextTurn();
        sliceEnd = performance.now() + SLICE_MS;
      }
      at += slice.length;
      const perSeries = Math.max(1, rows / slice.length);
      count = Math.max(1, Math.min(MAX_SERIES, count * 4, Math.floor(SLICE_SAMPLES / perSeries)));
    }
    return left;
  }
}

const NOTHING = { times: new Float64Array(0), values: new Float64Array(0) };
