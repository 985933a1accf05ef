import {
  AgentDetail,
  AgentList,
  AgentPerformance,
  AgentReport,
  AgentStatus,
  Band,
  ConversationDetail,
  ConversationList,
  WorkflowDetail,
  WorkflowList,
} from "@fleetlight/contract";
import { z } from "zod";

import { badRequest, notFound } from "#lib";
import { AGENT_SORTS, reportAsCsv } from "#query";

import type { Doors } from "../../doors.ts";
import type { App } from "../app-type.ts";
import { tenantOf } from "../tenant.ts";
import { timeParameter } from "../time-parameter.ts";

const tags = ["agents"];
const HOUR_MS = 3_600_000;
const MAX_RANGE_MS = 400 * 24 * HOUR_MS;
/** Years 1970 to 2100. */
const MAX_TIME_MS = 4_102_444_800_000;
/** Conversations are looked for over a longer time than figures. */
const CONVERSATION_HOURS = 24;

const Time = timeParameter(
  (ms) => (ms >= 0 && ms <= MAX_TIME_MS ? Math.trunc(ms) : undefined),
  z.string().max(64).describe("Unix seconds or ISO 8601."),
);
const text = () => z.string().min(1).max(256).optional();

const RangeQuery = z.object({
  start: Time.optional(),
  end: Time.optional(),
  hours: z.coerce.number().positive().max(9600).optional().describe("Instead of `start`."),
});
const ListQuery = RangeQuery.extend({
  q: text().describe("Part of the name."),
  status: AgentStatus.optional(),
  band: Band.optional(),
  workflow: text(),
  sort: z.enum(AGENT_SORTS).default("name"),
  order: z.enum(["asc", "desc"]).default("asc"),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});
const SearchQuery = RangeQuery.extend({
  q: text().describe("Part of the id, of its type, or of an agent's name."),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
const Id = z.object({ id: z.string().min(1).max(512) });

const invalid = (path: string, message: string) => badRequest(message, [{ path, message }]);

function rangeOf(
  { start, end, hours }: z.output<typeof RangeQuery>,
  nowMs: number,
  usualHours = 1,
): { startMs: number; endMs: number } {
  const endMs = end ?? nowMs;
  const startMs = start ?? Math.trunc(endMs - (hours ?? usualHours) * HOUR_MS);
  if (startMs >= endMs) throw invalid("start", "start must be before end");
  if (endMs - startMs > MAX_RANGE_MS) throw invalid("start", "a range is at most 400 days long");
  return { startMs: Math.max(0, startMs), endMs };
}

function found<T>(value: T | undefined, what: string, id: string): T {
  if (value === undefined) throw notFound(what, id);
  return value;
}

function workflowRoutes(app: App, { agents, now }: Doors): void {
  app.route({
    method: "GET",
    url: "/api/v1/workflows",
    schema: {
      tags,
      summary: "Workflows with spans in the range, and what was achieved in them",
      querystring: SearchQuery,
      response: { 200: WorkflowList },
    },
    handler: (request) => {
      const { q, limit, ...range } = request.query;
      return agents.workflows(tenantOf(request), { ...rangeOf(range, now()), text: q, limit });
    },
  });
  app.route({
    method: "GET",
    url: "/api/v1/workflows/:id",
    schema: {
      tags,
      summary: "One workflow, and the agents in it",
      params: Id,
      querystring: RangeQuery,
      response: { 200: WorkflowDetail },
    },
    handler: async (request) => {
      const { id } = request.params;
      const range = rangeOf(request.query, now());
      return found(await agents.workflow(tenantOf(request), id, range), "workflow", id);
    },
  });
}

function conversationRoutes(app: App, { conversations, now }: Doors): void {
  app.route({
    method: "GET",
    url: "/api/v1/conversations",
    schema: {
      tags,
      summary: "Conversations, the one with the latest news first",
      description: "Of the last day when no time is given.",
      querystring: SearchQuery.extend({ agent: text() }),
      response: { 200: ConversationList },
    },
    handler: (request) => {
      const { q, limit, agent, ...given } = request.query;
      const range = rangeOf(given, now(), CONVERSATION_HOURS);
      return conversations.list(tenantOf(request), { ...range, text: q, limit, agent });
    },
  });
  app.route({
    method: "GET",
    url: "/api/v1/conversations/:id",
    schema: {
      tags,
      summary: "One conversation over all its runs: who said what to whom",
      params: Id,
      response: { 200: ConversationDetail },
    },
    handler: async (request) => {
      const { id } = request.params;
      return found(await conversations.get(tenantOf(request), id), "conversation", id);
    },
  });
}

function reportRoutes(app: App, { agents, now }: Doors): void {
  app.route({
    method: "GET",
    url: "/api/v1/reports/agents",
    schema: {
      tags,
      summary: "Figures of every agent and of all together, as JSON or CSV",
      querystring: RangeQuery.extend({ format: z.enum(["json", "csv"]).default("json") }),
      response: { 200: z.union([AgentReport, z.string()]) },
    },
    handler: async (request, reply) => {
      const { format, ...range } = request.query;
      const report = await agents.report(tenantOf(request), rangeOf(range, now()));
      if (format === "json") return report;
      return reply
        .type("text/csv; charset=utf-8")
        .header("content-disposition", 'attachment; filename="agents.csv"')
        .send(reportAsCsv(report));
    },
  });
}

export function agentRoutes(app: App, doors: Doors): void {
  const { agents, now } = doors;
  app.route({
    method: "GET",
    url: "/api/v1/agents",
    schema: {
      tags,
      summary: "Agents and what they achieve",
      description: "Figures of the last hour when no time is given.",
      querystring: ListQuery,
      response: { 200: AgentList },
    },
    handler: (request) => {
      const { q, start, end, hours, ...rest } = request.query;
      const range = rangeOf({ start, end, hours }, now());
      return agents.list(tenantOf(request), { ...rest, ...range, text: q });
    },
  });
  app.route({
    method: "GET",
    url: "/api/v1/agents/:id",
    schema: {
      tags,
      summary: "One agent",
      params: Id,
      querystring: RangeQuery,
      response: { 200: AgentDetail },
    },
    handler: async (request) => {
      const { id } = request.params;
      const range = rangeOf(request.query, now());
      return found(await agents.get(tenantOf(request), id, range), "agent", id);
    },
  });
  app.route({
    method: "GET",
    url: "/api/v1/agents/:id/performance",
    schema: {
      tags,
      summary: "One agent over time, beside the range before",
      params: Id,
      querystring: RangeQuery.extend({
        utc_offset_minutes: z.coerce
          .number()
          .int()
          .min(-840)
          .max(840)
          .default(0)
          .describe("Of the reader's clock, for weekdays and hours."),
      }),
      response: { 200: AgentPerformance },
    },
    handler: async (request) => {
      const { id } = request.params;
      const { utc_offset_minutes, ...given } = request.query;
      const query = { ...rangeOf(given, now()), offsetMinutes: utc_offset_minutes };
      return found(await agents.performance(tenantOf(request), id, query), "agent", id);
    },
  });
  workflowRoutes(app, doors);
  conversationRoutes(app, doors);
  reportRoutes(app, doors);
}
