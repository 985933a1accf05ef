import { latestRows, sumRows } from "./sum.ts";
import type { EdgeQuery, EdgeRow, EdgeSum, EdgeTables } from "./types.ts";

/** Edges in a plain array, for tests and short-lived servers. */
export class MemoryEdges implements EdgeTables {
  private readonly kept = new Map<string, EdgeRow[]>();
  private readonly tokens = new Set<string>();

  async insert(tenant: string, rows: readonly EdgeRow[], token: string): Promise<void> {
    if (this.tokens.has(token)) return;
    this.tokens.add(token);
    this.kept.set(tenant, latestRows([...(this.kept.get(tenant) ?? []), ...rows]));
  }

  async read(tenant: string, query: EdgeQuery, fromMs: number): Promise<EdgeSum[]> {
    const without = new Set(query.without.map(({ part }) => part));
    const rows = (this.kept.get(tenant) ?? []).filter(({ part }) => !without.has(part));
    return sumRows(rows, query, fromMs);
  }

  async rows(tenant: string, parts: readonly number[]): Promise<EdgeRow[]> {
    return (this.kept.get(tenant) ?? []).filter(({ part }) => parts.includes(part));
  }

  deleteBefore(cutoffMs: number): void {
    for (const [tenant, rows] of this.kept)
      this.kept.set(
        tenant,
        rows.filter(({ timeMs }) => timeMs >= cutoffMs),
      );
  }
}
