import { setTimeout as sleep } from "node:timers/promises";

import { describeError, type Now } from "#lib";

import { ROLLUP_NAMES, ROLLUPS, RollupRows, type RollupName } from "./rollup-columns.ts";
import { HOUR_MS, type RollupHours } from "./rollup-hours.ts";
import type { RollupTables } from "./rollup-tables.ts";
import type { BucketRows } from "./tables.ts";
import type { SeriesRef, SeriesSamples } from "./types.ts";

/** Pause between two rounds. */
const ROUND_MS = 60_000;
/** An hour is rolled up that long after its end at the earliest. */
const CLOSED_AFTER_MS = 30 * 60_000;
/** And when that long no sample of it has come, nor the process started: who loads history or waits for a start is left alone. */
const QUIET_MS = 10 * 60_000;
/** Rows of one insert. */
const INSERT_ROWS = 100_000;
/** How long rows are made without a pause. */
const SLICE_MS = 5;

export interface FillerOptions {
  hours: RollupHours;
  tables: RollupTables;
  now: Now;
  /** From when on samples are kept. */
  samplesCutoffMs(): number;
  tenants(): Iterable<string>;
  idOf(ref: SeriesRef): bigint;
  /** Samples of all series of a tenant with startMs <= time <= endMs. */
  scan(
    tenant: string,
    startMs: number,
    endMs: number,
    signal: AbortSignal,
  ): AsyncIterable<readonly SeriesSamples[]>;
  countSamples(startMs: number, endMs: number): Promise<BucketRows[]>;
  onError(message: string): void;
  /** Called after a round that filled something. */
  onFilled(): Promise<void>;
}

/** Buckets of one length that wait for their insert. */
class Pending {
  readonly name: RollupName;
  readonly rows = new RollupRows();
  private ids = new BigUint64Array(1024);
  private inserts = 0;

  constructor(name: RollupName) {
    this.name = name;
  }

  add(id: bigint, { times, values }: SeriesSamples): void {
    const from = this.rows.length;
    this.rows.add(times, values, ROLLUPS[this.name]);
    if (this.rows.length > this.ids.length) {
      const bigger = new BigUint64Array(this.rows.length * 2);
      bigger.set(this.ids);
      this.ids = bigger;
    }
    this.ids.fill(id, from, this.rows.length);
  }

  async insert(tables: RollupTables, tenant: string, version: number): Promise<number> {
    const { name, rows, ids } = this;
    const count = rows.length;
    const token = `${name}-${version}-${this.inserts++}`;
    await tables.insert(name, tenant, { ids, rows }, version, token);
    rows.clear();
    return count;
  }
}

/** Rolls up hours that are over, behind everything else. */
export class RollupFiller {
  private readonly options: FillerOptions;
  private discovered = false;
  hoursFilled = 0;
  rowsInserted = 0;
  seconds = 0;
  errors = 0;

  constructor(options: FillerOptions) {
    this.options = options;
  }

  /** @returns a function that ends the rounds and waits for the one under way. */
  start(): () => Promise<void> {
    const stop = new AbortController();
    const pause = (ms: number) => sleep(ms, undefined, { signal: stop.signal, ref: false });
    const rounds = async () => {
      await pause(QUIET_MS);
      for (;;) {
        await pause(ROUND_MS);
        try {
          await this.round(stop.signal, CLOSED_AFTER_MS, QUIET_MS);
        } catch (error) {
          this.errors++;
          this.options.onError(`rolling up failed, trying again: ${describeError(error)}`);
        }
      }
    };
    const ended = rounds().catch(() => undefined);
    return async () => {
      stop.abort();
      await ended;
    };
  }

  /** Fills every hour that waits, is over and is quiet. */
  async round(signal: AbortSignal, closedAfterMs: number, quietMs: number): Promise<void> {
    const { hours, now, samplesCutoffMs } = this.options;
    const before = this.hoursFilled;
    await this.discover();
    hours.forget(samplesCutoffMs());
    const closedMs = Math.floor((now() - closedAfterMs) / HOUR_MS) * HOUR_MS;
    for (const { tenant, hourMs, touchedMs } of hours.waiting()) {
      if (signal.aborted) return;
      if (hourMs >= closedMs || touchedMs > now() - quietMs) continue;
      if (await hours.fill(tenant, hourMs, (version) => this.fill(tenant, hourMs, version, signal)))
        this.hoursFilled++;
    }
    if (!signal.aborted) await hours.advance(closedMs);
    if (this.hoursFilled > before) await this.options.onFilled();
  }

  /** Finds the hours that no process has come to. */
  private async discover(): Promise<void> {
    if (this.discovered) return;
    const { hours, now, samplesCutoffMs, tenants, countSamples } = this.options;
    const fromMs = Math.max(hours.seenMs, samplesCutoffMs());
    const buckets = await countSamples(fromMs, now());
    for (const tenant of tenants())
      for (const { startMs } of buckets)
        // A sample at the very begin belongs to the hour before.
        for (const hourMs of [startMs - HOUR_MS, startMs, startMs + HOUR_MS])
          hours.expect(tenant, hourMs);
    this.discovered = true;
  }

  private async fill(
    tenant: string,
    hourMs: number,
    version: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { scan, idOf, tables } = this.options;
    const pending = ROLLUP_NAMES.map((name) => new Pending(name));
    for await (const batch of scan(tenant, hourMs + 1, hourMs + HOUR_MS, signal)) {
      let sliceStart = performance.now();
      for (const series of batch) {
        for (const one of pending) one.add(idOf(series.ref), series);
        const spent = performance.now() - sliceStart;
        if (spent < SLICE_MS) continue;
        this.seconds += spent / 1000;
        // As long a pause as the work before: requests go first.
        await sleep(spent);
        if (signal.aborted) return false;
        sliceStart = performance.now();
      }
      this.seconds += (performance.now() - sliceStart) / 1000;
      for (const one of pending)
        if (one.rows.length >= INSERT_ROWS)
          this.rowsInserted += await one.insert(tables, tenant, version);
    }
    if (signal.aborted) return false;
    for (const one of pending)
      if (one.rows.length > 0) this.rowsInserted += await one.insert(tables, tenant, version);
    return true;
  }
}
