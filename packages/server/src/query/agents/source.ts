import {
  cellsOf,
  conversationsOf,
  endedOf,
  figuresOf,
  type ActivityStore,
  type Cell,
  type CellsQuery,
  type ConversationFigures,
  type ConversationsQuery,
  type Ended,
  type Figures,
  type FiguresQuery,
} from "#store";

import type { RecentActivities } from "./recent.ts";

interface Source {
  figures(query: FiguresQuery): Promise<Figures[]>;
  cells(query: CellsQuery): Promise<Cell[]>;
  ended(query: CellsQuery): Promise<Ended[]>;
  conversations(query: ConversationsQuery): Promise<ConversationFigures[]>;
}

/** Who answers for a range: memory where all of it is there, else the tables. */
export async function sourceFor(
  { store, recent }: { store: ActivityStore; recent: RecentActivities },
  tenant: string,
  startMs: number,
): Promise<Source> {
  const activities = recent.since(tenant, startMs);
  if (activities !== undefined)
    return {
      figures: (query) => figuresOf(activities, query),
      cells: (query) => cellsOf(activities, query),
      ended: (query) => endedOf(activities, query),
      conversations: (query) => conversationsOf(activities, query),
    };
  await recent.flush();
  return {
    figures: (query) => store.figures(tenant, query),
    cells: (query) => store.cells(tenant, query),
    ended: (query) => store.ended(tenant, query),
    conversations: (query) => store.conversations(tenant, query),
  };
}
