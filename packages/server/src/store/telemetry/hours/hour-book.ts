import { randomInt } from "node:crypto";

import type { Now } from "#lib";

import type { Driver } from "../drivers/types.ts";
import { toBigInts } from "../sql-columns.ts";

export const HOUR_MS = 3_600_000;

/** Hours that are asked for in one statement at most, those behind are read row by row. */
const MAX_NAMED = 1000;
/** Hours that are filled together: what an insert has to wait for. */
const MAX_RUN = 6;
/** Hours of one round; the next one goes on. */
const MAX_FILLED = 48;
/** Hours that are remembered at a start. */
const MAX_LOADED = 200_000;
/** What others who write to the same tables have said is read again after so long. */
const RELOAD_MS = 30_000;
/** That an hour waits is said again after so long: nobody fills it meanwhile. */
const SAID_MS = 60_000;
/** Changes of one millisecond that are told apart, also those of several servers. */
const PER_MS = 4096;

interface Hour {
  /** Of the rows that count; 0 when the hour has none that do. */
  version: number;
  /** Of two things that are said of an hour, the later one counts. */
  change: number;
  touches: number;
  touchedMs: number;
  saidMs: number;
  inserting: number;
  waits: boolean;
}

/** A run of hours with one version. */
export interface HourRun {
  startMs: number;
  endMs: number;
  version: number;
}

/** What is filled: hours that follow one another, of one tenant. */
type FillHours = (tenant: string, run: HourRun) => Promise<void>;

/** When hours may be filled. */
export interface FillRules {
  /** An hour is over so long after its end. */
  closedAfterMs: number;
  /** And when nothing of it has come for so long. */
  quietMs: number;
  signal: AbortSignal;
}

export const hourOf = (timeMs: number): number => Math.floor(timeMs / HOUR_MS) * HOUR_MS;

/** Pieces of a range that are in none of the runs, which are in order. */
export function gapsOf(
  startMs: number,
  endMs: number,
  runs: readonly HourRun[],
): { startMs: number; endMs: number }[] {
  const gaps: { startMs: number; endMs: number }[] = [];
  let atMs = startMs;
  for (const run of runs) {
    if (run.startMs > atMs) gaps.push({ startMs: atMs, endMs: run.startMs });
    atMs = run.endMs;
  }
  if (atMs < endMs) gaps.push({ startMs: atMs, endMs });
  return gaps;
}

/**
 * Which hours of which tenant are summed up, and in which rows. Whoever inserts says so before: a row says durably that its
 * hour counts no longer when that is over, and the hour is read row by row until it is filled anew.
 */
export class HourBook {
  private readonly driver: Driver;
  private readonly figures: string;
  private readonly now: Now;
  private readonly tenants = new Map<string, Map<number, Hour>>();
  private loadedMs = -Infinity;
  private loading: Promise<void> | undefined;
  private version = 0;

  constructor(driver: Driver, figures: "edges" | "activities", now: Now) {
    this.driver = driver;
    this.figures = figures;
    this.now = now;
  }

  /** Runs of filled hours within a range, in order; `usable` may leave some out. Hours that are not filled will be. */
  async filled(
    tenant: string,
    startMs: number,
    endMs: number,
    usable: (hourMs: number) => boolean = () => true,
  ): Promise<HourRun[]> {
    await this.load();
    const last = hourOf(Math.min(endMs, this.now())) - HOUR_MS;
    const first = Math.max(hourOf(startMs + HOUR_MS - 1), last - (MAX_NAMED - 1) * HOUR_MS);
    const runs: HourRun[] = [];
    for (let hourMs = first; hourMs <= last; hourMs += HOUR_MS) {
      const hour = this.hour(tenant, hourMs);
      if (hour.version === 0) hour.waits = true;
      if (hour.version === 0 || !usable(hourMs)) continue;
      const before = runs.at(-1);
      if (before?.endMs === hourMs && before.version === hour.version) before.endMs += HOUR_MS;
      else runs.push({ startMs: hourMs, endMs: hourMs + HOUR_MS, version: hour.version });
    }
    return runs;
  }

  /** MUST be called before rows of these times are inserted, and what it answers when they are. */
  async beforeInsert(tenant: string, times: Iterable<number>): Promise<() => void> {
    const nowMs = this.now();
    const hours = new Map<number, Hour>();
    for (const timeMs of times) {
      const hourMs = hourOf(timeMs);
      if (!hours.has(hourMs)) hours.set(hourMs, this.hour(tenant, hourMs));
    }
    const late: number[] = [];
    for (const [hourMs, hour] of hours) {
      hour.touches++;
      hour.inserting++;
      hour.touchedMs = nowMs;
      hour.waits = true;
      // Somebody else may have filled an hour that is over, since we looked.
      const isOver = hourMs + HOUR_MS <= nowMs && nowMs - hour.saidMs > SAID_MS;
      if (hour.version > 0 || isOver) late.push(hourMs);
      hour.version = 0;
    }
    const done = () => {
      for (const hour of hours.values()) hour.inserting--;
    };
    if (late.length === 0) return done;
    try {
      await this.say(tenant, late, 0, this.nextVersion());
    } catch (error) {
      done();
      throw error;
    }
    for (const hourMs of late) this.hour(tenant, hourMs).saidMs = nowMs;
    return done;
  }

  /** Fills hours that wait, are over and are quiet. @returns how many. */
  async fill({ closedAfterMs, quietMs, signal }: FillRules, fill: FillHours): Promise<number> {
    await this.load();
    const nowMs = this.now();
    const isDue = (hourMs: number, hour: Hour) =>
      hour.waits &&
      hour.inserting === 0 &&
      hourMs + HOUR_MS + closedAfterMs <= nowMs &&
      hour.touchedMs + quietMs <= nowMs;
    let filled = 0;
    for (const [tenant, hours] of this.tenants) {
      const due = [...hours]
        .filter(([hourMs, hour]) => isDue(hourMs, hour))
        .map(([hourMs]) => hourMs)
        .toSorted((a, b) => b - a);
      while (due.length > 0 && filled < MAX_FILLED && !signal.aborted) {
        // The newest are asked for most.
        let count = 1;
        while (count < MAX_RUN && due[count] === (due[0] as number) - count * HOUR_MS) count++;
        const run = due.splice(0, count).toReversed();
        filled += await this.fillRun(tenant, run, fill);
      }
    }
    return filled;
  }

  private async fillRun(tenant: string, run: readonly number[], fill: FillHours): Promise<number> {
    const version = this.nextVersion();
    const before = run.map((hourMs) => this.hour(tenant, hourMs).touches);
    const [startMs, endMs] = [run[0] as number, (run.at(-1) as number) + HOUR_MS];
    await fill(tenant, { startMs, endMs, version });
    const untouched = run.filter((hourMs, i) => this.hour(tenant, hourMs).touches === before[i]);
    if (untouched.length > 0) await this.say(tenant, untouched, version, version);
    let filled = 0;
    for (const [i, hourMs] of run.entries()) {
      const hour = this.hour(tenant, hourMs);
      // Rows that came meanwhile have said so with a later change.
      if (hour.touches !== before[i]) continue;
      Object.assign(hour, { version, change: version, waits: false, saidMs: -Infinity });
      filled++;
    }
    return filled;
  }

  private nextVersion(): number {
    const version = this.now() * PER_MS + randomInt(PER_MS);
    return (this.version = Math.max(this.version + 1, version));
  }

  private hour(tenant: string, hourMs: number): Hour {
    let hours = this.tenants.get(tenant);
    if (hours === undefined) this.tenants.set(tenant, (hours = new Map()));
    let hour = hours.get(hourMs);
    if (hour === undefined) {
      hour = {
        version: 0,
        change: 0,
        touches: 0,
        touchedMs: -Infinity,
        saidMs: -Infinity,
        inserting: 0,
        waits: false,
      };
      hours.set(hourMs, hour);
    }
    return hour;
  }

  private async say(
    tenant: string,
    hours: readonly number[],
    version: number,
    change: number,
  ): Promise<void> {
    const all = (value: number) => toBigInts(hours.map(() => value));
    await this.driver.insert({
      into: "figure_hours (tenant, figures, ts, version, change)",
      select: `{tenant:String}, '${this.figures}', toDateTime(assumeNotNull(t), 'UTC'), toUInt64(assumeNotNull(v)), toUInt64(assumeNotNull(c))`,
      columns: [
        { name: "t", type: "Int64", data: toBigInts(hours.map((hourMs) => hourMs / 1000)) },
        { name: "v", type: "Int64", data: all(version) },
        { name: "c", type: "Int64", data: all(change) },
      ],
      parameters: { tenant },
      token: `${this.figures}-hours-${change}-${version}`,
    });
  }

  private load(): Promise<void> {
    if (this.loading !== undefined || this.now() - this.loadedMs < RELOAD_MS)
      return this.loading ?? Promise.resolve();
    this.loading = this.read().finally(() => (this.loading = undefined));
    return this.loading;
  }

  private async read(): Promise<void> {
    const rows = await this.driver.rows<{ tenant: string; t: number; v: string; c: string }>(
      `SELECT tenant, toUnixTimestamp(ts) AS t, toString(version) AS v, toString(change) AS c
       FROM figure_hours FINAL WHERE figures = '${this.figures}' ORDER BY ts DESC LIMIT ${MAX_LOADED}`,
    );
    for (const row of rows) {
      const hour = this.hour(row.tenant, row.t * 1000);
      const change = Number(row.c);
      this.version = Math.max(this.version, change);
      const saidMs = Math.floor(change / PER_MS);
      // What was inserted here since then is said with a later change.
      if (change <= hour.change || hour.inserting > 0 || hour.touchedMs > saidMs) continue;
      Object.assign(hour, { version: Number(row.v), change });
      hour.touchedMs = Math.max(hour.touchedMs, saidMs);
      hour.waits = hour.version === 0;
    }
    this.loadedMs = this.now();
  }
}
