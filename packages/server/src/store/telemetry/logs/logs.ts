import { setImmediate as nextTurn } from "node:timers/promises";

import type { Now } from "#lib";

import { NAME_KINDS, type LogTables } from "./log-tables.ts";
import { matchesLog } from "./matches.ts";
import { CountTally, NAMES_OF, NameTally, Page, valueOf } from "./tallies.ts";
import type {
  LogCount,
  LogFilter,
  LogLine,
  LogNames,
  LogQuery,
  LogRow,
  LogStore,
} from "./types.ts";

/** Times that the tables can be asked for, Unix milliseconds: 1970 to 2200. */
const LATEST_MS = 7_258_118_400_000;
/** Names of one kind, and values of one attribute, that are listed. */
const MAX_NAMES = 500;
/** How long lines that wait may be looked through before others have a turn. */
const SLICE_MS = 8;
/** Lines between two looks at the clock. */
const SLICE_LINES = 256;
/** A clock that was put back by more than this may give numbers a second time. */
const CLOCK_BACK_MS = 3_600_000;

interface LogsOptions {
  tables: LogTables;
  /** Resolves when the lines are durable; those of calls that were made earlier MUST be so by then. */
  write(tenant: string, rows: readonly LogRow[], following: number): Promise<void>;
  /** Lines that are durable and that readers do not find in the tables yet, in the order of their `seq`. */
  pending(tenant: string): readonly LogRow[];
  /** Nothing older is answered. */
  cutoffMs(): number;
  now: Now;
}

/** Lines of all tenants: those in the tables, and those that still wait for their insert. */
export class Logs implements LogStore {
  private readonly options: LogsOptions;
  private readonly listeners = new Set<(tenant: string, lines: readonly LogRow[]) => void>();
  private lastSeq = 0;

  constructor(options: LogsOptions) {
    this.options = options;
  }

  /** Goes on numbering where a former process ended, also when the clock was put back since. */
  async load(): Promise<void> {
    const { tables, now } = this.options;
    this.lastSeq = await tables.lastSeq(now() - CLOCK_BACK_MS);
  }

  async append(tenant: string, lines: readonly LogLine[], following = 0): Promise<void> {
    if (lines.length === 0) return;
    // Microseconds of a clock that never stands still: unique also after a restart.
    let seq = Math.max(this.lastSeq, this.options.now() * 1000);
    const rows = lines.map((line) => ({ ...line, seq: ++seq }));
    this.lastSeq = seq;
    await this.options.write(tenant, rows, following);
    for (const listener of this.listeners) listener(tenant, rows);
  }

  async find(tenant: string, asked: LogQuery): Promise<LogRow[]> {
    const query = this.bounded(asked);
    const page = new Page(query);
    const fence = await this.waiting(tenant, query, (row) => page.add(row));
    for (const row of await this.options.tables.find(tenant, query, fence)) page.add(row);
    return query.after === undefined ? page.rows() : page.rows().toReversed();
  }

  async counts(tenant: string, asked: LogFilter, stepMs: number): Promise<LogCount[]> {
    const filter = this.bounded(asked);
    const tally = new CountTally(stepMs);
    const fence = await this.waiting(tenant, filter, (row) => tally.add(row));
    const stored = await this.options.tables.counts(tenant, filter, stepMs, fence);
    for (const count of stored) tally.addCount(count);
    return tally.counts();
  }

  async names(tenant: string, asked: LogFilter): Promise<LogNames> {
    const filter = this.bounded(asked);
    const tallies = NAME_KINDS.map((kind) => ({ kind, tally: new NameTally() }));
    const fence = await this.waiting(tenant, filter, (row) => {
      for (const { kind, tally } of tallies)
        for (const name of NAMES_OF[kind](row)) tally.add(name);
    });
    const found: LogNames = { services: [], agents: [], events: [], attributes: [] };
    const { tables } = this.options;
    for (const { kind, tally } of tallies) {
      for (const { name, count } of await tables.names(tenant, filter, kind, fence, MAX_NAMES))
        tally.add(name, count);
      found[kind] = tally.top(MAX_NAMES).map(({ name }) => name);
    }
    return found;
  }

  async values(tenant: string, asked: LogFilter, attribute: string): Promise<string[]> {
    const filter = this.bounded(asked);
    const tally = new NameTally();
    const fence = await this.waiting(tenant, filter, (row) => tally.add(valueOf(row, attribute)));
    const { tables } = this.options;
    for (const { name, count } of await tables.values(tenant, filter, attribute, fence, MAX_NAMES))
      tally.add(name, count);
    return tally.top(MAX_NAMES).map(({ name }) => name);
  }

  onLogs(listener: (tenant: string, lines: readonly LogRow[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Nothing that is too old, and nothing that no clock shows. */
  private bounded<T extends LogFilter>(asked: T): T {
    const clamp = (ms: number) => Math.min(LATEST_MS, Math.max(0, ms));
    const startMs = clamp(Math.max(asked.startMs, this.options.cutoffMs()));
    return { ...asked, startMs, endMs: clamp(asked.endMs) };
  }

  /**
   * Takes the lines that wait and match. @returns the `seq` from which on the tables' own are left out: what is inserted
   * while a question is answered is neither missed nor counted twice.
   */
  private async waiting(
    tenant: string,
    filter: LogFilter,
    take: (row: LogRow) => void,
  ): Promise<number> {
    const pending = this.options.pending(tenant);
    const fence = pending[0]?.seq ?? Number.MAX_SAFE_INTEGER;
    let turnMs = performance.now();
    // The newest first: a page soon knows what cannot be on it.
    for (let i = pending.length - 1; i >= 0; i--) {
      const row = pending[i] as LogRow;
      if (matchesLog(row, filter)) take(row);
      if (i % SLICE_LINES !== 0 || performance.now() - turnMs < SLICE_MS) continue;
      await nextTurn();
      turnMs = performance.now();
    }
    return fence;
  }
}
