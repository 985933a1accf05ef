import type { HourFiller } from "../hours/index.ts";

/** What an edge is between, and what it is; texts, because the store does not care. */
export interface EdgeKey {
  /** Of the spans that showed it. */
  service: string;
  sourceKind: string;
  source: string;
  /** Empty, with `target`, where the source's own work is counted. */
  targetKind: string;
  target: string;
  kind: string;
}

export interface EdgeFigures {
  calls: number;
  errors: number;
  durationNs: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: number;
  /** Calls by index of their duration: see `bucketOf`. */
  buckets: readonly (readonly [index: number, count: number])[];
}

/**
 * All that one part has counted of an edge in one minute. A part is whoever counts: a minute that is counted by several (before
 * and after a restart) has several parts, which add up; of one part's rows the one with the latest version counts.
 */
export interface EdgeRow extends EdgeKey, EdgeFigures {
  /** Start of the minute, Unix milliseconds. */
  timeMs: number;
  part: number;
  version: number;
}

/** One minute of a part; who leaves out a part names all of its minutes. */
export type EdgePart = Pick<EdgeRow, "part" | "timeMs">;

/** An edge over one step of a range, counted from 0. */
export interface EdgeSum extends EdgeKey, EdgeFigures {
  step: number;
}

export interface EdgeQuery {
  /** Minutes that begin at startMs <= time < endMs. */
  startMs: number;
  endMs: number;
  stepMs: number;
  /** Parts that the caller has himself, each with its minute. */
  without: readonly EdgePart[];
  /** Whether durations are wanted by bucket; they are most of what is read. */
  buckets: boolean;
  /** Sums that are answered at most, those with the most calls first. */
  limit: number;
}

export interface EdgeStore {
  /**
   * Resolves when durable and visible.
   * @throws FleetlightError `overloaded` when the store is too far behind.
   */
  append(tenant: string, rows: readonly EdgeRow[]): Promise<void>;
  /** Each edge at most once per step, in no order. */
  read(tenant: string, query: EdgeQuery): Promise<EdgeSum[]>;
}

/** What the store of edges needs of an adapter; inserts carry tokens as in `Tables`. */
export interface EdgeTables extends HourFiller {
  insert(tenant: string, rows: readonly EdgeRow[], token: string): Promise<void>;
  /** Nothing before `fromMs`, wherever the range begins. */
  read(tenant: string, query: EdgeQuery, fromMs: number): Promise<EdgeSum[]>;
  /** The latest version of each row of these parts. */
  rows(tenant: string, parts: readonly number[]): Promise<EdgeRow[]>;
}
