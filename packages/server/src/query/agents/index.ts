export { AGENT_SORTS, createAgentFigures, type AgentFigures, type AgentQuery } from "./agents.ts";
export { businessFigures, observedMs } from "./business.ts";
export { createConversations, type Conversations } from "./conversations.ts";
export { reportAsCsv } from "./csv.ts";
export type { Known, OpenActivity, RecentActivities } from "./recent.ts";
