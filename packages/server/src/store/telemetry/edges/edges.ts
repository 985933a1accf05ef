import { edgeKeyOf, EdgeSums, latestRows, sumRows } from "./sum.ts";
import type { EdgeQuery, EdgeRow, EdgeStore, EdgeSum, EdgeTables } from "./types.ts";

/** The latest time that the tables can be asked for: 2100. */
const LATEST_MS = 4_102_444_800_000;

interface EdgesOptions {
  tables: EdgeTables;
  /** Resolves when the rows are durable. */
  write(tenant: string, rows: readonly EdgeRow[]): Promise<void>;
  /** Rows that are durable and that readers do not find in the tables yet. */
  pending(tenant: string): readonly EdgeRow[];
  /** Nothing older is answered. */
  cutoffMs(): number;
}

/** Edges of all tenants: those in the tables, and those that still wait for their insert. */
export class Edges implements EdgeStore {
  private readonly options: EdgesOptions;

  constructor(options: EdgesOptions) {
    this.options = options;
  }

  async append(tenant: string, rows: readonly EdgeRow[]): Promise<void> {
    if (rows.length > 0) await this.options.write(tenant, rows);
  }

  async read(tenant: string, asked: EdgeQuery): Promise<EdgeSum[]> {
    const query = { ...asked, endMs: Math.min(LATEST_MS, asked.endMs) };
    const fromMs = Math.max(query.startMs, this.options.cutoffMs());
    if (fromMs >= query.endMs) return [];
    // Parts of which something waits are read row by row: an insert in between replaces rows, and adds up nothing twice.
    const known = new Set(asked.without.map(({ part }) => part));
    const waiting = this.options.pending(tenant).filter(({ part }) => !known.has(part));
    const parts = [...new Set(waiting.map(({ part }) => part))];
    const rows = parts.length === 0 ? [] : await this.options.tables.rows(tenant, parts);
    const without = [...asked.without, ...waiting, ...rows];
    const stored = await this.options.tables.read(tenant, { ...query, without }, fromMs);
    const found = sumRows(latestRows([...rows, ...waiting]), query, fromMs);
    if (found.length === 0) return stored;
    const sums = new EdgeSums(query);
    for (const sum of [...stored, ...found]) sums.add(sum.step, sum, edgeKeyOf(sum));
    return sums.list(query.limit);
  }
}
