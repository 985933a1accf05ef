import type { LogTables, NameKind } from "./log-tables.ts";
import { matchesLog, timeMsOf } from "./matches.ts";
import { CountTally, NAMES_OF, NameTally, Page, valueOf } from "./tallies.ts";
import type { SaidRow } from "../spans/index.ts";
import type { LogFilter, LogQuery, LogRow } from "./types.ts";

/** Log lines in a plain array, for tests and short-lived servers. */
export class MemoryLogs implements LogTables {
  private kept: { tenant: string; row: LogRow }[] = [];
  private readonly tokens = new Set<string>();

  /** What lines said of a trace's spans. */
  *said(tenant: string): Generator<SaidRow> {
    for (const { tenant: owner, row } of this.kept)
      if (owner === tenant && row.content !== undefined) yield { ...row, content: row.content };
  }

  async insert(tenant: string, rows: readonly LogRow[], token: string): Promise<void> {
    if (this.tokens.has(token)) return;
    this.tokens.add(token);
    for (const row of rows) this.kept.push({ tenant, row });
  }

  private *matching(tenant: string, filter: LogFilter, fence: number): Generator<LogRow> {
    for (const { tenant: owner, row } of this.kept)
      if (owner === tenant && row.seq < fence && matchesLog(row, filter)) yield row;
  }

  async find(tenant: string, query: LogQuery, fence: number) {
    const page = new Page(query);
    for (const row of this.matching(tenant, query, fence)) page.add(row);
    return page.rows();
  }

  async counts(tenant: string, filter: LogFilter, stepMs: number, fence: number) {
    const tally = new CountTally(stepMs);
    for (const row of this.matching(tenant, filter, fence)) tally.add(row);
    return tally.counts();
  }

  async names(tenant: string, filter: LogFilter, kind: NameKind, fence: number, limit: number) {
    const tally = new NameTally();
    for (const row of this.matching(tenant, filter, fence))
      for (const name of NAMES_OF[kind](row)) tally.add(name);
    return tally.top(limit);
  }

  async values(tenant: string, filter: LogFilter, attribute: string, fence: number, limit: number) {
    const tally = new NameTally();
    for (const row of this.matching(tenant, filter, fence)) tally.add(valueOf(row, attribute));
    return tally.top(limit);
  }

  async lastSeq(): Promise<number> {
    return this.kept.reduce((last, { row }) => Math.max(last, row.seq), 0);
  }

  deleteBefore(cutoffMs: number): void {
    this.kept = this.kept.filter(({ row }) => timeMsOf(row) >= cutoffMs);
  }
}
