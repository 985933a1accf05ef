import type { ActivityStore, ActivityTables } from "./types.ts";

/** Times that the tables can be asked for, Unix milliseconds: up to 2200. */
const LATEST_MS = 7_258_118_400_000;

/** The adapter's answers, without what is past the retention. */
export function createActivities(tables: ActivityTables, cutoffMs: () => number): ActivityStore {
  const within = <Q extends { startMs: number; endMs: number }>(query: Q): Q => ({
    ...query,
    startMs: Math.min(LATEST_MS, Math.max(query.startMs, cutoffMs())),
    endMs: Math.min(LATEST_MS, Math.max(0, query.endMs)),
  });
  return {
    append: (tenant, activities) => tables.append(tenant, activities),
    figures: (tenant, query) => tables.figures(tenant, within(query)),
    cells: (tenant, query) => tables.cells(tenant, within(query)),
    conversations: (tenant, query) => tables.conversations(tenant, within(query)),
    ended: (tenant, query) => tables.ended(tenant, within(query)),
    known: (tenant, limit) => tables.known(tenant, limit),
  };
}
