import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { conversationQuery } from "../api/agents.ts";
import {
  parseAgentSearch,
  parseAgentsSearch,
  parseConversationsSearch,
  parseWorkflowsSearch,
} from "./agent-search.ts";
import { frame } from "./frame-route.ts";

const agents = createRoute({
  getParentRoute: () => frame,
  path: "/agents",
  validateSearch: parseAgentsSearch,
  component: lazyRouteComponent(() => import("../pages/agents/AgentsPage.tsx"), "AgentsPage"),
});

const agent = createRoute({
  getParentRoute: () => frame,
  path: "/agents/$agentId",
  validateSearch: parseAgentSearch,
  component: lazyRouteComponent(() => import("../pages/agents/AgentPage.tsx"), "AgentPage"),
});

const conversations = createRoute({
  getParentRoute: () => frame,
  path: "/conversations",
  validateSearch: parseConversationsSearch,
  component: lazyRouteComponent(
    () => import("../pages/conversations/ConversationsPage.tsx"),
    "ConversationsPage",
  ),
});

const conversation = createRoute({
  getParentRoute: () => frame,
  path: "/conversations/$conversationId",
  loader: ({ context: { cache }, params }) =>
    void cache.prefetchQuery(conversationQuery(params.conversationId)),
  component: lazyRouteComponent(
    () => import("../pages/conversations/ConversationPage.tsx"),
    "ConversationPage",
  ),
});

const workflows = createRoute({
  getParentRoute: () => frame,
  path: "/workflows",
  validateSearch: parseWorkflowsSearch,
  component: lazyRouteComponent(() => import("../pages/agents/WorkflowsPage.tsx"), "WorkflowsPage"),
});

export const agentRoutes = [agents, agent, workflows, conversations, conversation] as const;
