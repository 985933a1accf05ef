import type {
  AgentDetail,
  AgentList,
  AgentPerformance,
  ConversationDetail,
  ConversationList,
  TraceList,
  WorkflowList,
} from "@fleetlight/contract";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { AgentsSearch, ConversationsSearch, WorkflowsSearch } from "../app/agent-search.ts";
import { get } from "./client.ts";
import { agentPaths, runPaths } from "./paths.ts";

const REFRESH_MS = 5000;
/** A day of one agent costs more than the last hour of all, and changes slowly. */
const SLOW_REFRESH_MS = 15_000;
const RECENT_RUNS = 10;

/** Usual stretches of the pages, in hours. */
export const LIST_HOURS = 1;
export const AGENT_PAGE_HOURS = 24;

const offsetMinutes = (): number => -new Date().getTimezoneOffset();

export const agentsQuery = ({ q, status, sort, hours = LIST_HOURS }: AgentsSearch) =>
  queryOptions({
    queryKey: ["agents", q ?? "", status ?? "", sort ?? "", hours],
    queryFn: ({ signal }) =>
      get<AgentList>(
        agentPaths.list({ q, status, sort, order: sort === undefined ? "asc" : "desc", hours }),
        signal,
      ),
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });

/** Agents of the last day with a text in their names, for those who look for one. */
export const foundAgentsQuery = (q: string, limit: number) =>
  queryOptions({
    queryKey: ["found-agents", q, limit],
    queryFn: ({ signal }) =>
      get<AgentList>(agentPaths.list({ q, limit, hours: AGENT_PAGE_HOURS }), signal),
    staleTime: SLOW_REFRESH_MS,
    placeholderData: keepPreviousData,
  });

export const workflowsQuery = ({ q, hours = AGENT_PAGE_HOURS }: WorkflowsSearch) =>
  queryOptions({
    queryKey: ["workflows", q ?? "", hours],
    queryFn: ({ signal }) => get<WorkflowList>(agentPaths.workflows({ q, hours }), signal),
    refetchInterval: SLOW_REFRESH_MS,
    placeholderData: keepPreviousData,
  });

export const agentQuery = (id: string, hours: number) =>
  queryOptions({
    queryKey: ["agent", id, hours],
    queryFn: ({ signal }) => get<AgentDetail>(agentPaths.one(id, { hours }), signal),
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });

export const performanceQuery = (id: string, hours: number) =>
  queryOptions({
    queryKey: ["agent-performance", id, hours],
    queryFn: ({ signal }) =>
      get<AgentPerformance>(
        agentPaths.performance(id, { hours, utc_offset_minutes: offsetMinutes() }),
        signal,
      ),
    refetchInterval: SLOW_REFRESH_MS,
    placeholderData: keepPreviousData,
  });

export const agentRunsQuery = (id: string, hours: number) =>
  queryOptions({
    queryKey: ["agent-runs", id, hours],
    queryFn: ({ signal }) => {
      const start = Math.floor(Date.now() / 1000 - hours * 3600);
      return get<TraceList>(runPaths.list({ agent: id, start, limit: RECENT_RUNS }, []), signal);
    },
    refetchInterval: SLOW_REFRESH_MS,
  });

export const conversationsQuery = ({ q, agent, hours = AGENT_PAGE_HOURS }: ConversationsSearch) =>
  queryOptions({
    queryKey: ["conversations", q ?? "", agent ?? "", hours],
    queryFn: ({ signal }) =>
      get<ConversationList>(agentPaths.conversations({ q, agent, hours }), signal),
    refetchInterval: SLOW_REFRESH_MS,
    placeholderData: keepPreviousData,
  });

export const conversationQuery = (id: string) =>
  queryOptions({
    queryKey: ["conversation", id],
    queryFn: ({ signal }) => get<ConversationDetail>(agentPaths.conversation(id), signal),
    refetchInterval: SLOW_REFRESH_MS,
  });
