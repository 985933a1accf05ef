import type { Now } from "#lib";

import type { RollupHour, RollupTables } from "./rollup-tables.ts";

export const HOUR_MS = 3_600_000;

/** The hour whose samples are after it, and not after its end. */
export const hourOf = (timeMs: number): number => Math.ceil(timeMs / HOUR_MS - 1) * HOUR_MS;

/** Hours of a tenant that may wait; one with more is not answered from rollups until the next start. */
const MAX_WAITING_HOURS = 200_000;

/** The hours in which there are samples. */
function hoursIn(times: Float64Array, size: number): Set<number> {
  const found = new Set<number>();
  let [after, until] = [Infinity, -Infinity];
  for (let i = 0; i < size; i++) {
    const timeMs = times[i] as number;
    if (timeMs > after && timeMs <= until) continue;
    after = hourOf(timeMs);
    until = after + HOUR_MS;
    found.add(after);
  }
  return found;
}

interface TenantHours {
  /** They have samples that are in no bucket; with the time of the clock at which the last one came. */
  waiting: Map<number, number>;
  /** They have a row that says so. */
  dirty: Set<number>;
  /** They still waited when their samples were dropped. */
  lost: Set<number>;
}

/**
 * Which hours of which tenant are rolled up: those before `seenMs` that do not wait. A sample makes its hour wait as soon as it is
 * visible, and where that hour is before `seenMs`, a row says so before the sample leaves the write-ahead log. After a crash, either
 * the row or the log knows of it.
 */
export class RollupHours {
  private readonly tables: RollupTables;
  private readonly now: Now;
  private readonly tenants = new Map<string, TenantHours>();
  private version = 0;
  private marks = 0;
  seenMs = -Infinity;
  /** Hours that could not wait. */
  refused = 0;
  private readonly overflowed = new Set<string>();

  constructor(tables: RollupTables, now: Now) {
    this.tables = tables;
    this.now = now;
  }

  async load(): Promise<void> {
    for (const { tenant, hourMs, state, version } of await this.tables.loadHours()) {
      this.version = Math.max(this.version, version);
      if (state === "seen") this.seenMs = Math.max(this.seenMs, hourMs);
      if (state !== "dirty") continue;
      this.of(tenant).waiting.set(hourMs, this.now());
      this.of(tenant).dirty.add(hourMs);
    }
  }

  private of(tenant: string): TenantHours {
    let hours = this.tenants.get(tenant);
    if (hours === undefined) {
      hours = { waiting: new Map(), dirty: new Set(), lost: new Set() };
      this.tenants.set(tenant, hours);
    }
    return hours;
  }

  private nextVersion(): number {
    this.version = Math.max(this.version + 1, this.now());
    return this.version;
  }

  /** Samples became visible. */
  touch(tenant: string, times: Float64Array, size: number): void {
    for (const hourMs of hoursIn(times, size)) this.wait(tenant, hourMs, this.now());
  }

  /** There may be samples that are in no bucket. */
  expect(tenant: string, hourMs: number): void {
    if (hourMs >= this.seenMs && !this.of(tenant).waiting.has(hourMs))
      this.wait(tenant, hourMs, this.now());
  }

  private wait(tenant: string, hourMs: number, touchedMs: number): void {
    const { waiting } = this.of(tenant);
    if (waiting.size < MAX_WAITING_HOURS || waiting.has(hourMs)) waiting.set(hourMs, touchedMs);
    else {
      this.refused++;
      this.overflowed.add(tenant);
    }
  }

  /** MUST be called before samples go into the tables: makes durable that their hours wait. */
  async beforeInsert(tenant: string, parts: readonly { times: Float64Array }[]): Promise<void> {
    const { dirty } = this.of(tenant);
    const found = new Set<number>();
    for (const { times } of parts)
      for (const hourMs of hoursIn(times, times.length))
        if (hourMs < this.seenMs && !dirty.has(hourMs)) found.add(hourMs);
    if (found.size === 0) return;
    const version = this.nextVersion();
    await this.tables.insertHours(
      [...found].map((hourMs): RollupHour => ({ tenant, hourMs, state: "dirty", version })),
      `rollup-hours-${version}`,
    );
    for (const hourMs of found) {
      dirty.add(hourMs);
      // A log that is replayed has shown its samples to nobody.
      if (!this.of(tenant).waiting.has(hourMs)) this.wait(tenant, hourMs, this.now());
    }
  }

  isFilled(tenant: string, hourMs: number): boolean {
    if (hourMs >= this.seenMs || this.overflowed.has(tenant)) return false;
    const hours = this.tenants.get(tenant);
    return hours === undefined || !(hours.waiting.has(hourMs) || hours.lost.has(hourMs));
  }

  /** Hours that wait, oldest first, with the time of the clock at which their last sample came. */
  waiting(): { tenant: string; hourMs: number; touchedMs: number }[] {
    const found = [];
    for (const [tenant, { waiting }] of this.tenants)
      for (const [hourMs, touchedMs] of waiting) found.push({ tenant, hourMs, touchedMs });
    return found.toSorted((a, b) => a.hourMs - b.hourMs);
  }

  get waitingCount(): number {
    let count = 0;
    for (const { waiting } of this.tenants.values()) count += waiting.size;
    return count;
  }

  /** Gives up on hours whose samples are gone. */
  forget(samplesCutoffMs: number): void {
    for (const { waiting, dirty, lost } of this.tenants.values())
      for (const hourMs of waiting.keys()) {
        if (hourMs >= samplesCutoffMs) continue;
        waiting.delete(hourMs);
        dirty.delete(hourMs);
        lost.add(hourMs);
      }
  }

  /**
   * Fills an hour; `fill` inserts its buckets under the version it is given, and says whether it came to its end. Answers whether
   * the hour waits no more; it does when samples came meanwhile.
   */
  async fill(
    tenant: string,
    hourMs: number,
    fill: (version: number) => Promise<boolean>,
  ): Promise<boolean> {
    const { waiting, dirty } = this.of(tenant);
    const touchedMs = waiting.get(hourMs) ?? this.now();
    // Not the clock's time: a sample that comes in the same millisecond must be noticed.
    const mark = --this.marks;
    waiting.set(hourMs, mark);
    const untouched = () => waiting.get(hourMs) === mark;
    const version = this.nextVersion();
    try {
      if (!(await fill(version)) || !untouched()) return false;
      // A sample that comes from here on writes its row after this one, with a higher version.
      if (dirty.delete(hourMs))
        await this.tables.insertHours(
          [{ tenant, hourMs, state: "filled", version: this.nextVersion() }],
          `rollup-hours-${this.version}`,
        );
      if (!untouched()) return false;
      waiting.delete(hourMs);
      return true;
    } finally {
      if (untouched()) waiting.set(hourMs, touchedMs);
    }
  }

  /** Every hour before the given one was looked at; those that wait and have no row hold it up. */
  async advance(closedMs: number): Promise<void> {
    let seenMs = closedMs;
    for (const { waiting, dirty } of this.tenants.values())
      for (const hourMs of waiting.keys())
        if (!dirty.has(hourMs)) seenMs = Math.min(seenMs, hourMs);
    if (seenMs <= this.seenMs) return;
    const version = this.nextVersion();
    // Before its row is written, so that no sample slips in between without a row of its own.
    const before = this.seenMs;
    this.seenMs = seenMs;
    try {
      await this.tables.insertHours(
        [{ tenant: "", hourMs: seenMs, state: "seen", version }],
        `rollup-hours-${version}`,
      );
    } catch (error) {
      this.seenMs = before;
      throw error;
    }
  }
}
