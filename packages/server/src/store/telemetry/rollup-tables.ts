import type { RollupColumn, RollupName, RollupRows, RollupSeries } from "./rollup-columns.ts";

/** Buckets of one tenant's series; `ids` has as many entries as `rows` has rows. */
export interface RollupBatch {
  ids: BigUint64Array;
  rows: RollupRows;
}

/** `filled`: all buckets of the hour are there; `dirty`: they were, and the hour has got samples since. */
export interface RollupHour {
  tenant: string;
  /** Unix milliseconds at which the hour begins; its samples are after it. */
  hourMs: number;
  /** `seen` has no tenant: every hour before was looked at. */
  state: "filled" | "dirty" | "seen";
  /** Of two rows of an hour the one with the higher version counts. */
  version: number;
}

/** Buckets with startMs < end <= endMs. */
export interface RollupSpan {
  startMs: number;
  endMs: number;
}

/** Tables of rollups; as with all tables, inserts are durable when they resolve, and a token that was seen changes nothing. */
export interface RollupTables {
  /** Of buckets of a series with equal ends, those with the highest version count. */
  insert(
    name: RollupName,
    tenant: string,
    batch: RollupBatch,
    version: number,
    token: string,
  ): Promise<void>;
  /**
   * Buckets of these series, which MUST be distinct: by the place of each in `ids`, ascending by end, without doubles; undefined
   * for those without. `end` and `flags` come with the columns that are asked for.
   */
  read(
    name: RollupName,
    tenant: string,
    ids: readonly bigint[],
    spans: readonly RollupSpan[],
    columns: readonly RollupColumn[],
  ): Promise<(RollupSeries | undefined)[]>;
  insertHours(hours: readonly RollupHour[], token: string): Promise<void>;
  /** End of the oldest bucket; Infinity when there is none. */
  oldestMs(): Promise<number>;
  /** The newest row of each hour. */
  loadHours(): Promise<RollupHour[]>;
}
