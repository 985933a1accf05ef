import {
  bucketOf,
  edgeKeyOf,
  type EdgeKey,
  type EdgePart,
  type EdgeRow,
  type EdgeSums,
} from "#store";

import type { Hit } from "./hits.ts";

export const MINUTE_MS = 60_000;
/** Name of everything beyond `MAX_EDGES`. */
export const OVERFLOW = "__overflow__";
/** Edges of one minute that are told apart. */
const MAX_EDGES = 2000;
/** Edges of all minutes in memory; the oldest minutes go first. */
const MAX_CELLS = 150_000;
/** Minutes stay in memory for so long after their latest change: an hour is answered without the tables. */
const KEEP_MS = 2 * 3_600_000;

/** What one span adds to an edge. */
export interface Amount {
  calls: number;
  errors: number;
  durationNs: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: number;
}

interface Cell extends EdgeKey, Amount {
  key: string;
  buckets: Map<number, number>;
  changed: boolean;
}

interface Minute {
  part: number;
  cells: Map<string, Cell>;
  changedMs: number;
  dirty: boolean;
}

interface Options {
  /** A number that no part has had. */
  newPart(): number;
  onOverflow(): void;
  onEvicted(): void;
}

const NO_AMOUNT: Amount = {
  calls: 0,
  errors: 0,
  durationNs: 0,
  inputTokens: 0,
  outputTokens: 0,
  costUsd: 0,
};

/** The latest minutes of one tenant's graph. What is here is not read from the tables. */
export class Minutes {
  private readonly options: Options;
  private readonly minutes = new Map<number, Minute>();
  private cellCount = 0;
  /** Minutes that begin then or later have never left memory. */
  private completeFromMs: number;

  constructor(options: Options, nowMs: number) {
    this.options = options;
    this.completeFromMs = Math.ceil(nowMs / MINUTE_MS) * MINUTE_MS;
  }

  get cells(): number {
    return this.cellCount;
  }

  add(
    service: string,
    { from, to, kind }: Hit,
    amount: Amount,
    timeMs: number,
    nowMs: number,
  ): void {
    const startMs = Math.floor(Math.min(timeMs, nowMs) / MINUTE_MS) * MINUTE_MS;
    let minute = this.minutes.get(startMs);
    if (minute === undefined) {
      minute = { part: this.options.newPart(), cells: new Map(), changedMs: nowMs, dirty: true };
      this.minutes.set(startMs, minute);
    }
    minute.changedMs = nowMs;
    minute.dirty = true;
    const cell = this.cellOf(minute, {
      service,
      sourceKind: from.kind,
      source: from.name,
      targetKind: to?.kind ?? "",
      target: to?.name ?? "",
      kind,
    });
    cell.changed = true;
    cell.calls += amount.calls;
    cell.errors += amount.errors;
    cell.durationNs += amount.durationNs;
    cell.inputTokens += amount.inputTokens;
    cell.outputTokens += amount.outputTokens;
    cell.costUsd += amount.costUsd;
    if (amount.calls > 0) {
      const index = bucketOf(amount.durationNs);
      cell.buckets.set(index, (cell.buckets.get(index) ?? 0) + amount.calls);
    }
  }

  private cellOf(minute: Minute, edge: EdgeKey): Cell {
    const key = edgeKeyOf(edge);
    const known = minute.cells.get(key);
    if (known !== undefined) return known;
    if (minute.cells.size >= MAX_EDGES && edge.source !== OVERFLOW) {
      this.options.onOverflow();
      const target = edge.targetKind === "" ? "" : OVERFLOW;
      return this.cellOf(minute, { ...edge, service: OVERFLOW, source: OVERFLOW, target });
    }
    const cell = { ...edge, ...NO_AMOUNT, key, buckets: new Map(), changed: true };
    minute.cells.set(key, cell);
    this.cellCount++;
    return cell;
  }

  /** Adds what is in memory. @returns the parts that are, and whether nothing of the range is elsewhere. */
  addTo(sums: EdgeSums, startMs: number, endMs: number): { parts: EdgePart[]; complete: boolean } {
    const parts: EdgePart[] = [];
    for (const [timeMs, { part, cells }] of this.minutes) {
      if (timeMs < startMs || timeMs >= endMs) continue;
      parts.push({ part, timeMs });
      for (const cell of cells.values()) sums.addRow(cell, timeMs, cell.key);
    }
    return { parts, complete: startMs >= this.completeFromMs };
  }

  /** Rows that are not durable as they are now; the caller writes them, or says `failed`. */
  takeChanged(version: number): { rows: EdgeRow[]; failed(): void } {
    const rows: EdgeRow[] = [];
    const taken: [Minute, Cell][] = [];
    for (const [timeMs, minute] of this.minutes) {
      if (!minute.dirty) continue;
      minute.dirty = false;
      for (const cell of minute.cells.values()) {
        if (!cell.changed) continue;
        cell.changed = false;
        taken.push([minute, cell]);
        const { key: _key, changed: _changed, buckets, ...figures } = cell;
        rows.push({ ...figures, buckets: [...buckets], timeMs, part: minute.part, version });
      }
    }
    const failed = () => {
      for (const [minute, cell] of taken) minute.dirty = cell.changed = true;
    };
    return { rows, failed };
  }

  /** Lets go of minutes that are written and old, or too many. */
  forget(nowMs: number): void {
    const oldest = [...this.minutes].toSorted(([a], [b]) => a - b);
    for (const [startMs, { cells, changedMs, dirty }] of oldest) {
      const isOld = nowMs - changedMs > KEEP_MS;
      if (dirty || (!isOld && this.cellCount <= MAX_CELLS)) continue;
      if (!isOld) this.options.onEvicted();
      this.minutes.delete(startMs);
      this.cellCount -= cells.size;
      this.completeFromMs = Math.max(this.completeFromMs, startMs + MINUTE_MS);
    }
  }
}
