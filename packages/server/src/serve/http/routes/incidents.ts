import {
  AcknowledgeInput,
  AlertInsights,
  AssignInput,
  ByInput,
  Incident,
  IncidentDetail,
  IncidentInput,
  IncidentList,
  IncidentPatch,
  IncidentStatus,
  MergeInput,
  NoteInput,
  SnoozeInput,
  SplitInput,
  Timeline,
} from "@fleetlight/contract";
import type { FastifyRequest } from "fastify";
import { z } from "zod";

import { badRequest } from "#lib";

import type { Doors } from "../../doors.ts";
import type { App } from "../app-type.ts";
import { tenantOf } from "../tenant.ts";
import { acknowledgementRoutes, careDetails, careOf, snoozeOf } from "./acknowledgements.ts";
import { audit, whoOf } from "./who.ts";

const tags = ["incidents"];
const ById = z.object({ id: z.string().min(1).max(128) });
const Moment = z.iso.datetime({ offset: true });
const optional = <T extends z.ZodType>(body: T) => z.preprocess((value) => value ?? {}, body);

const DAY_MS = 86_400_000;

/** `a,b` or the parameter several times. */
const Words = z.preprocess(
  (value) =>
    value === undefined ? undefined : [value].flat().flatMap((one) => String(one).split(",")),
  z.array(z.string().min(1).max(64)).max(16).optional(),
);

const ListQuery = z.object({
  status: Words.pipe(z.array(IncidentStatus).optional()),
  severity: Words,
  service: z.string().max(128).optional(),
  owner: z.string().max(256).optional(),
  start: Moment.optional(),
  end: Moment.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z.string().max(256).optional(),
});

const msOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Date.parse(text);

function afterOf(cursor: string | undefined): { triggeredAtMs: number; id: string } | undefined {
  if (cursor === undefined) return undefined;
  const [, ms, id] = /^(\d{1,16})_(.+)$/.exec(cursor) ?? [];
  if (ms === undefined || id === undefined)
    throw badRequest("`cursor`: give back `next_cursor` of the page before, as it was");
  return { triggeredAtMs: Number(ms), id };
}

/** Changes of one incident that answer it; each is recorded under the name of its verb. */
// oxlint-disable-next-line max-lines-per-function -- a list of routes, each a few lines
function changeRoutes(app: App, doors: Doors): void {
  const { incidents } = doors.onCall;

  const change = <Body extends z.ZodType>(
    verb: string,
    summary: string,
    body: Body,
    act: (
      request: FastifyRequest,
      place: { tenant: string; id: string; body: z.output<Body> },
    ) => Promise<{ incident: Incident; by: string; details?: Record<string, string> }>,
  ): void => {
    app.route({
      method: "POST",
      url: `/api/v1/incidents/:id/${verb}`,
      schema: { tags, summary, params: ById, body, response: { 200: Incident } },
      handler: async (request) => {
        const { id } = request.params as z.output<typeof ById>;
        const place = { tenant: tenantOf(request), id, body: request.body as z.output<Body> };
        const { incident, by, details } = await act(request, place);
        await audit(doors, request, {
          what: `incident.${verb}`,
          id,
          by,
          ...(details === undefined ? {} : { details }),
        });
        return incident;
      },
    });
  };

  change(
    "acknowledge",
    "Take care of an incident",
    optional(AcknowledgeInput),
    async (request, { tenant, id, body }) => {
      const care = careOf(doors, request, body);
      const incident = await incidents.acknowledge(tenant, id, care);
      return { incident, by: care.by, details: careDetails(care) };
    },
  );
  change(
    "snooze",
    "Take care of an incident for a while",
    optional(SnoozeInput),
    async (request, { tenant, id, body }) => {
      const care = snoozeOf(doors, request, body);
      const incident = await incidents.acknowledge(tenant, id, care);
      return { incident, by: care.by, details: careDetails(care) };
    },
  );
  for (const [verb, summary] of [
    ["unacknowledge", "Nobody takes care of an incident any more"],
    ["resolve", "Resolve an incident, even if alerts still fire"],
    ["reopen", "Open an incident again"],
  ] as const) {
    change(verb, summary, optional(ByInput), async (request, { tenant, id, body }) => {
      const by = whoOf(doors, request, body.by);
      return { incident: await incidents[verb](tenant, id, by), by };
    });
  }
  change(
    "assign",
    "Say who cares for an incident",
    AssignInput,
    async (request, { tenant, id, body }) => {
      const by = whoOf(doors, request, body.by);
      const incident = await incidents.assign(tenant, id, body.owner, by);
      return { incident, by, details: { owner: body.owner } };
    },
  );
  change("notes", "Write into the timeline", NoteInput, async (request, { tenant, id, body }) => {
    const by = whoOf(doors, request, body.by);
    return { incident: await incidents.note(tenant, id, body.text, by), by };
  });
}

/** Incidents that become one, or two. */
function gatheringRoutes(app: App, doors: Doors): void {
  const { incidents } = doors.onCall;

  app.route({
    method: "POST",
    url: "/api/v1/incidents/:id/merge",
    schema: {
      tags,
      summary: "Take over the alerts of other incidents and close these",
      params: ById,
      body: MergeInput,
      response: { 200: IncidentDetail },
    },
    handler: async (request) => {
      const { id } = request.params;
      const by = whoOf(doors, request, request.body.by);
      const others = request.body.incidents;
      const merged = await incidents.merge(tenantOf(request), id, others, by);
      const details = { from: others.join(",") };
      await audit(doors, request, { what: "incident.merge", id, by, details });
      return merged;
    },
  });

  app.route({
    method: "POST",
    url: "/api/v1/incidents/:id/split",
    schema: {
      tags,
      summary: "Move alerts into an incident of their own, which is answered",
      params: ById,
      body: SplitInput,
      response: { 200: IncidentDetail },
    },
    handler: async (request) => {
      const { id } = request.params;
      const { alerts, title } = request.body;
      const by = whoOf(doors, request, request.body.by);
      const made = await incidents.split(tenantOf(request), id, alerts, title, by);
      const details = { into: made.id };
      await audit(doors, request, { what: "incident.split", id, by, details });
      return made;
    },
  });
}

// oxlint-disable-next-line max-lines-per-function -- a list of routes, each a few lines
export function incidentRoutes(app: App, doors: Doors): void {
  const { incidents } = doors.onCall;
  acknowledgementRoutes(app, doors);
  changeRoutes(app, doors);
  gatheringRoutes(app, doors);

  app.route({
    method: "GET",
    url: "/api/v1/alerts/insights",
    schema: {
      tags: ["alerts"],
      summary: "How many alerts there were, by what, and how soon they were cared for",
      querystring: z.object({ start: Moment.optional(), end: Moment.optional() }),
      response: { 200: AlertInsights },
    },
    handler: (request) => {
      const endMs = msOf(request.query.end) ?? doors.now();
      const startMs = msOf(request.query.start) ?? endMs - 7 * DAY_MS;
      return incidents.insights(tenantOf(request), startMs, endMs);
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/incidents",
    schema: {
      tags,
      summary: "Incidents, newest first",
      querystring: ListQuery,
      response: { 200: IncidentList },
    },
    handler: (request) => {
      const { status, severity, service, owner, start, end, limit, cursor } = request.query;
      return incidents.list(tenantOf(request), {
        statuses: status,
        severities: severity,
        service,
        owner,
        startMs: msOf(start),
        endMs: msOf(end),
        after: afterOf(cursor),
        limit,
      });
    },
  });

  app.route({
    method: "POST",
    url: "/api/v1/incidents",
    schema: {
      tags,
      summary: "Make an incident by hand",
      body: IncidentInput,
      response: { 201: IncidentDetail },
    },
    handler: async (request, reply) => {
      const by = whoOf(doors, request, request.body.by);
      const made = await incidents.create(tenantOf(request), request.body, by);
      await audit(doors, request, {
        what: "incident.created",
        id: made.id,
        by,
        details: { title: made.title, severity: made.severity },
      });
      return reply.code(201).send(made);
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/incidents/:id",
    schema: {
      tags,
      summary: "One incident with its alerts",
      params: ById,
      response: { 200: IncidentDetail },
    },
    handler: (request) => incidents.get(tenantOf(request), request.params.id),
  });

  app.route({
    method: "PATCH",
    url: "/api/v1/incidents/:id",
    schema: {
      tags,
      summary: "Change title or runbook",
      params: ById,
      body: IncidentPatch,
      response: { 200: Incident },
    },
    handler: async (request) => {
      const { id } = request.params;
      const { title, runbook_url: runbookUrl } = request.body;
      if (title === undefined && runbookUrl === undefined)
        throw badRequest("there is nothing to change; send title or runbook_url");
      const by = whoOf(doors, request, request.body.by);
      const incident = await incidents.change(tenantOf(request), id, { title, runbookUrl }, by);
      await audit(doors, request, { what: "incident.changed", id, by });
      return incident;
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/incidents/:id/timeline",
    schema: {
      tags,
      summary: "Everything that happened, oldest first",
      params: ById,
      querystring: z.object({
        after: z.coerce.number().int().min(0).default(0),
        limit: z.coerce.number().int().min(1).max(2000).default(500),
      }),
      response: { 200: Timeline },
    },
    handler: (request) => {
      const { after, limit } = request.query;
      return incidents.timeline(tenantOf(request), request.params.id, after, limit);
    },
  });
}
