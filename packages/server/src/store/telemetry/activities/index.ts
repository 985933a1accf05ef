export { createActivities } from "./activities.ts";
export { cellsOf, conversationsOf, endedOf } from "./cells.ts";
export { figuresOf, NO_FIGURES } from "./figures.ts";
export { MemoryActivities } from "./memory-activities.ts";
export { SqlActivities } from "./sql-activities.ts";
export { durationOfClass, MAX_CONVERSATION_TRACES } from "./types.ts";
export type {
  Activity,
  ActivityKind,
  ActivityStore,
  ActivityTables,
  Cell,
  CellsQuery,
  ConversationFigures,
  ConversationsQuery,
  Ended,
  Figures,
  FiguresQuery,
  KnownAgent,
  OpenWork,
} from "./types.ts";
