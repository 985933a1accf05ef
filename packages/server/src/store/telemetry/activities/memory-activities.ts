import { cellsOf, conversationsOf, endedOf } from "./cells.ts";
import { figuresOf, participantsOf } from "./figures.ts";
import type {
  Activity,
  ActivityTables,
  Cell,
  CellsQuery,
  ConversationFigures,
  ConversationsQuery,
  Ended,
  Figures,
  FiguresQuery,
  KnownAgent,
} from "./types.ts";

/** Activities in a map, for tests and short-lived servers. */
export class MemoryActivities implements ActivityTables {
  private readonly tenants = new Map<string, Map<string, Activity>>();

  async append(tenant: string, activities: readonly Activity[]): Promise<void> {
    let kept = this.tenants.get(tenant);
    if (kept === undefined) {
      kept = new Map();
      this.tenants.set(tenant, kept);
    }
    for (const activity of activities) kept.set(activity.traceId + activity.spanId, activity);
  }

  async figures(tenant: string, query: FiguresQuery): Promise<Figures[]> {
    return figuresOf(this.of(tenant), query);
  }

  async cells(tenant: string, query: CellsQuery): Promise<Cell[]> {
    return cellsOf(this.of(tenant), query);
  }

  async conversations(tenant: string, query: ConversationsQuery): Promise<ConversationFigures[]> {
    return conversationsOf(this.of(tenant), query);
  }

  async ended(tenant: string, query: CellsQuery): Promise<Ended[]> {
    return endedOf(this.of(tenant), query);
  }

  async known(tenant: string, limit: number): Promise<KnownAgent[]> {
    const agents = new Map<string, KnownAgent>();
    for (const activity of this.of(tenant)) {
      const endMs = Math.floor(activity.endUs / 1000);
      const startMs = Math.floor((activity.endUs - activity.durationUs) / 1000);
      for (const agent of participantsOf(activity)) {
        const known = agents.get(agent) ?? { agent, firstMs: startMs, lastMs: endMs };
        known.firstMs = Math.min(known.firstMs, startMs);
        known.lastMs = Math.max(known.lastMs, endMs);
        agents.set(agent, known);
      }
    }
    return [...agents.values()].toSorted((a, b) => b.lastMs - a.lastMs).slice(0, limit);
  }

  deleteBefore(cutoffMs: number): void {
    for (const kept of this.tenants.values())
      for (const [key, { endUs }] of kept) if (endUs < cutoffMs * 1000) kept.delete(key);
  }

  private of(tenant: string): Activity[] {
    return [...(this.tenants.get(tenant)?.values() ?? [])];
  }
}
