import {
  Budget,
  BudgetHistory,
  BudgetInput,
  BudgetList,
  Checkpoint,
  Removed,
  Stop,
  StopInput,
  StopList,
} from "@fleetlight/contract";
import { z } from "zod";

import type { Doors } from "../../doors.ts";
import type { App } from "../app-type.ts";
import { tenantOf } from "../tenant.ts";
import { traceIdOf } from "./traces.ts";
import { audit, whoOf } from "./who.ts";

const tags = ["budgets"];
const ById = z.object({ id: z.string().min(1).max(128) });
const name = () => z.string().max(512).default("");

const Asking = z.object({
  agent: name(),
  conversation: name(),
  user: name(),
  workflow: name(),
  trace_id: z
    .string()
    .regex(/^[0-9a-fA-F]{0,32}$/, "an id is up to 32 hexadecimal digits")
    .default(""),
});

/** What a change was about, for the history. */
const detailsOf = (budget: Budget, reason: string): Record<string, string> => ({
  name: budget.name,
  reason,
  limit: String(budget.limit),
  unit: budget.unit,
  period: budget.period,
  per: budget.per,
  only: budget.only ?? "",
  warn_at: String(budget.warn_at),
  at_limit: budget.at_limit,
  enabled: String(budget.enabled),
});

function checkpointRoute(app: App, doors: Doors): void {
  app.route({
    method: "GET",
    url: "/api/v1/checkpoint",
    // Agents ask before every step; the answer comes from memory and costs less than counting the request.
    config: { isIngest: true, access: "read" },
    schema: {
      tags,
      summary: "Whether an agent may go on",
      description:
        "From budgets and stops that concern the agent, conversation, user, workflow or run that is named.",
      querystring: Asking,
      response: { 200: Checkpoint },
    },
    handler: async (request) => {
      const { trace_id, ...who } = request.query;
      const traceId = trace_id === "" ? "" : traceIdOf(trace_id);
      return doors.budgets.checkpoint(tenantOf(request), { ...who, traceId });
    },
  });
}

function stopRoutes(app: App, doors: Doors): void {
  const { stops } = doors.budgets;

  app.route({
    method: "GET",
    url: "/api/v1/stops",
    schema: { tags, summary: "What is stopped, the latest first", response: { 200: StopList } },
    handler: async (request) => {
      const found = stops.list(tenantOf(request));
      return { stops: found, count: found.length };
    },
  });

  app.route({
    method: "POST",
    url: "/api/v1/stops",
    schema: {
      tags,
      summary: "Stop a run, an agent, a conversation, a user or a workflow",
      description: "Agents obey when they ask `GET /api/v1/checkpoint`, as the SDK does.",
      body: StopInput,
      response: { 201: Stop },
    },
    handler: async (request, reply) => {
      const by = whoOf(doors, request, request.body.by);
      const stop = await stops.add(tenantOf(request), request.body, by);
      const { id, kind, subject, reason } = stop;
      await audit(doors, request, {
        what: "stop.made",
        id,
        by,
        details: { kind, subject, reason },
      });
      return reply.code(201).send(stop);
    },
  });

  app.route({
    method: "DELETE",
    url: "/api/v1/stops/:id",
    schema: {
      tags,
      summary: "Let it go on",
      params: ById,
      querystring: z.object({ reason: z.string().max(1024).default("") }),
      response: { 200: Removed },
    },
    handler: async (request) => {
      const { id } = request.params;
      const { kind, subject } = await stops.remove(tenantOf(request), id);
      await audit(doors, request, {
        what: "stop.removed",
        id,
        by: whoOf(doors, request, undefined),
        details: { kind, subject, reason: request.query.reason },
      });
      return { status: "removed" as const, id };
    },
  });
}

// oxlint-disable-next-line max-lines-per-function -- a list of routes, each a few lines
export function budgetRoutes(app: App, doors: Doors): void {
  const { budgets } = doors;
  checkpointRoute(app, doors);
  stopRoutes(app, doors);

  app.route({
    method: "GET",
    url: "/api/v1/budgets",
    schema: {
      tags,
      summary: "Budgets with what is spent of them, the most spent first",
      response: { 200: BudgetList },
    },
    handler: async (request) => {
      const found = budgets.list(tenantOf(request));
      return { budgets: found, count: found.length };
    },
  });

  app.route({
    method: "POST",
    url: "/api/v1/budgets",
    schema: { tags, summary: "Make a budget", body: BudgetInput, response: { 201: Budget } },
    handler: async (request, reply) => {
      const by = whoOf(doors, request, request.body.by);
      const made = await budgets.create(tenantOf(request), request.body);
      const details = detailsOf(made, request.body.reason);
      await audit(doors, request, { what: "budget.created", id: made.id, by, details });
      return reply.code(201).send(made);
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/budgets/:id",
    schema: { tags, summary: "One budget", params: ById, response: { 200: Budget } },
    handler: async (request) => budgets.get(tenantOf(request), request.params.id),
  });

  app.route({
    method: "PUT",
    url: "/api/v1/budgets/:id",
    schema: {
      tags,
      summary: "Replace a budget; what is spent stays",
      params: ById,
      body: BudgetInput,
      response: { 200: Budget },
    },
    handler: async (request) => {
      const { id } = request.params;
      const by = whoOf(doors, request, request.body.by);
      const changed = await budgets.replace(tenantOf(request), id, request.body);
      const details = detailsOf(changed, request.body.reason);
      await audit(doors, request, { what: "budget.changed", id, by, details });
      return changed;
    },
  });

  app.route({
    method: "DELETE",
    url: "/api/v1/budgets/:id",
    schema: {
      tags,
      summary: "Remove a budget with what was spent of it",
      params: ById,
      querystring: z.object({ reason: z.string().max(1024).default("") }),
      response: { 200: Removed },
    },
    handler: async (request) => {
      const { id } = request.params;
      const gone = await budgets.remove(tenantOf(request), id);
      const by = whoOf(doors, request, undefined);
      const details = detailsOf(gone, request.query.reason);
      await audit(doors, request, { what: "budget.removed", id, by, details });
      return { status: "removed" as const, id };
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/budgets/:id/history",
    schema: {
      tags,
      summary: "What was spent in each period, and who changed what",
      params: ById,
      response: { 200: BudgetHistory },
    },
    handler: (request) => budgets.history(tenantOf(request), request.params.id),
  });
}
