import type { LogCount, LogFilter, LogQuery, LogRow } from "./types.ts";

/** How often a name occurs. */
export interface NameCount {
  name: string;
  count: number;
}

/** Things that lines have names of. */
export const NAME_KINDS = ["services", "agents", "events", "attributes"] as const;
export type NameKind = (typeof NAME_KINDS)[number];

/**
 * What the store of logs needs of an adapter; inserts carry tokens as in `Tables`. Readers leave out lines from `fence` on:
 * those are still in memory, and are added by the store.
 */
export interface LogTables {
  insert(tenant: string, rows: readonly LogRow[], token: string): Promise<void>;
  /** By time and `seq`: newest first, or oldest first when `after` is given. */
  find(tenant: string, query: LogQuery, fence: number): Promise<LogRow[]>;
  counts(tenant: string, filter: LogFilter, stepMs: number, fence: number): Promise<LogCount[]>;
  /** The most frequent ones. */
  names(
    tenant: string,
    filter: LogFilter,
    kind: NameKind,
    fence: number,
    limit: number,
  ): Promise<NameCount[]>;
  values(
    tenant: string,
    filter: LogFilter,
    attribute: string,
    fence: number,
    limit: number,
  ): Promise<NameCount[]>;
  /** Greatest `seq` of lines since then; 0 without any. */
  lastSeq(sinceMs: number): Promise<number>;
}
