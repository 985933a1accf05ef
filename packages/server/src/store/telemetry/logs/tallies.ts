import type { NameCount, NameKind } from "./log-tables.ts";
import { compareCursors, isOnPage, levelOf, timeMsOf } from "./matches.ts";
import type { LogCount, LogQuery, LogRow } from "./types.ts";

/** Lines beyond a page that are remembered before those that cannot be on it go. */
const PAGE_SLACK = 1024;

/** The lines of one page, among however many that are looked at. */
export class Page {
  private readonly query: LogQuery;
  private readonly direction: 1 | -1;
  private kept: LogRow[] = [];
  /** What comes behind it cannot be on the page any more. */
  private last: LogRow | undefined;

  constructor(query: LogQuery) {
    this.query = query;
    this.direction = query.after === undefined ? -1 : 1;
  }

  add(row: LogRow): void {
    if (this.last !== undefined && compareCursors(row, this.last) * this.direction > 0) return;
    if (!isOnPage(row, this.query)) return;
    this.kept.push(row);
    if (this.kept.length < this.query.limit + PAGE_SLACK) return;
    this.kept = this.rows();
    this.last = this.kept.at(-1);
  }

  /** Newest first, or oldest first when the page is one behind a line. */
  rows(): LogRow[] {
    return this.kept
      .toSorted((a, b) => compareCursors(a, b) * this.direction)
      .slice(0, this.query.limit);
  }
}

/** Counts by step of time and level. */
export class CountTally {
  private readonly stepMs: number;
  private readonly steps = new Map<number, number[]>();

  constructor(stepMs: number) {
    this.stepMs = stepMs;
  }

  add(row: LogRow): void {
    const startMs = Math.floor(timeMsOf(row) / this.stepMs) * this.stepMs;
    this.addCount({ startMs, level: levelOf(row.severity), count: 1 });
  }

  addCount({ startMs, level, count }: LogCount): void {
    let levels = this.steps.get(startMs);
    if (levels === undefined) this.steps.set(startMs, (levels = []));
    levels[level] = (levels[level] ?? 0) + count;
  }

  counts(): LogCount[] {
    const all = [...this.steps].toSorted(([a], [b]) => a - b);
    return all.flatMap(([startMs, levels]) =>
      // A level without lines is a hole in the list, which `flatMap` passes over.
      levels.flatMap((count, level) => [{ startMs, level, count }]),
    );
  }
}

/** How often names occur. */
export class NameTally {
  private readonly sums = new Map<string, number>();

  add(name: string, count = 1): void {
    if (name !== "") this.sums.set(name, (this.sums.get(name) ?? 0) + count);
  }

  /** The most frequent first. */
  top(limit: number): NameCount[] {
    return [...this.sums]
      .map(([name, count]) => ({ name, count }))
      .toSorted((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
      .slice(0, limit);
  }
}

/** What a line has of a kind of names. */
export const NAMES_OF: Readonly<Record<NameKind, (row: LogRow) => readonly string[]>> = {
  services: ({ service }) => [service],
  agents: ({ agent }) => [agent],
  events: ({ event }) => [event],
  attributes: ({ attributes }) => Object.keys(attributes),
};

export const valueOf = ({ attributes, resource }: LogRow, attribute: string): string =>
  attributes[attribute] ?? resource[attribute] ?? "";
