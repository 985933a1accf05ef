import {
  EscalationMatch,
  EscalationPolicy,
  EscalationPolicyInput,
  EscalationPolicyList,
  FinalSchedule,
  OnCallEverywhere,
  OnCallId,
  OnCallNow,
  Override,
  OverrideInput,
  OverrideList,
  Person,
  PersonInput,
  PersonList,
  Removed,
  Schedule,
  ScheduleInput,
  ScheduleList,
  Team,
  TeamInput,
  TeamList,
} from "@fleetlight/contract";
import { z } from "zod";

import { badRequest, isoTime } from "#lib";
import { choosePolicy, stampsOf, withoutSecrets, type Entity } from "#respond";
import type { OnCallKind } from "#store";

import type { Doors } from "../../doors.ts";
import type { App } from "../app-type.ts";
import { tenantOf } from "../tenant.ts";
import { audit, whoOf } from "./who.ts";

const tags = ["on call"];
const ById = z.object({ id: OnCallId });
const Moment = z.iso.datetime({ offset: true });
const Range = z.object({ start: Moment, end: Moment });

const rangeOf = ({ start, end }: z.output<typeof Range>) => ({
  startMs: Date.parse(start),
  endMs: Date.parse(end),
});

/** Everything about one kind of entity that differs from the others. */
interface Collection {
  kind: OnCallKind;
  path: string;
  word: string;
  input: z.ZodType;
  entity: z.ZodType;
  list: z.ZodType;
  /** Key of the list in an answer. */
  key: string;
}

const COLLECTIONS: readonly Collection[] = [
  {
    kind: "person",
    path: "people",
    word: "person",
    input: PersonInput,
    entity: Person,
    list: PersonList,
    key: "people",
  },
  {
    kind: "team",
    path: "teams",
    word: "team",
    input: TeamInput,
    entity: Team,
    list: TeamList,
    key: "teams",
  },
  {
    kind: "schedule",
    path: "schedules",
    word: "schedule",
    input: ScheduleInput,
    entity: Schedule,
    list: ScheduleList,
    key: "schedules",
  },
  {
    kind: "policy",
    path: "escalation-policies",
    word: "escalation policy",
    input: EscalationPolicyInput,
    entity: EscalationPolicy,
    list: EscalationPolicyList,
    key: "policies",
  },
];

type Document = Entity["document"];

/** An entity as it is answered. */
function show(kind: OnCallKind, entity: Entity): object {
  const document =
    kind === "policy" ? withoutSecrets(entity.document as EscalationPolicyInput) : entity.document;
  return { ...document, ...stampsOf(entity) };
}

// oxlint-disable-next-line max-lines-per-function -- a list of routes, each a few lines
function collectionRoutes(app: App, doors: Doors, collection: Collection): void {
  const { directory, schedules } = doors.onCall;
  const { kind, path, word, input, entity: shape, list, key } = collection;
  const url = `/api/v1/${path}`;
  const defaults = () => {
    const { critical, high } = doors.config().escalation.defaults;
    return { critical: critical / 1000, high: high / 1000, error: high / 1000 };
  };

  app.route({
    method: "GET",
    url,
    schema: { tags, summary: `Every ${word}`, response: { 200: list } },
    handler: async (request) => {
      const found = directory.list(tenantOf(request), kind).map((one) => show(kind, one));
      const extra = kind === "policy" ? { defaults: defaults() } : {};
      return { [key]: found, ...extra, count: found.length };
    },
  });

  app.route({
    method: "POST",
    url,
    schema: { tags, summary: `Make a ${word}`, body: input, response: { 201: shape } },
    handler: async (request, reply) => {
      const document = request.body as Document;
      const made = await directory.create(tenantOf(request), kind, document);
      const by = whoOf(doors, request, undefined);
      await audit(doors, request, { what: `${kind}.created`, id: document.id, by });
      return reply.code(201).send(show(kind, made));
    },
  });

  app.route({
    method: "GET",
    url: `${url}/:id`,
    schema: { tags, summary: `One ${word}`, params: ById, response: { 200: shape } },
    handler: async (request) => {
      const { id } = request.params as z.output<typeof ById>;
      return show(kind, directory.get(tenantOf(request), kind, id));
    },
  });

  app.route({
    method: "PUT",
    url: `${url}/:id`,
    schema: {
      tags,
      summary: `Replace a ${word}`,
      params: ById,
      body: input,
      response: { 200: shape },
    },
    handler: async (request) => {
      const { id } = request.params as z.output<typeof ById>;
      const document = request.body as Document;
      if (document.id !== id)
        throw badRequest(
          `\`id\` is ${JSON.stringify(document.id)}, but the URL says ${JSON.stringify(id)}`,
        );
      const entity = await directory.replace(tenantOf(request), kind, document);
      const by = whoOf(doors, request, undefined);
      await audit(doors, request, { what: `${kind}.changed`, id, by });
      return show(kind, entity);
    },
  });

  app.route({
    method: "DELETE",
    url: `${url}/:id`,
    schema: { tags, summary: `Remove a ${word}`, params: ById, response: { 200: Removed } },
    handler: async (request) => {
      const { id } = request.params as z.output<typeof ById>;
      const tenant = tenantOf(request);
      await directory.remove(tenant, kind, id);
      if (kind === "schedule") schedules.forget(tenant, id);
      const by = whoOf(doors, request, undefined);
      await audit(doors, request, { what: `${kind}.removed`, id, by });
      return { status: "removed" as const, id };
    },
  });
}

// oxlint-disable-next-line max-lines-per-function -- a list of routes, each a few lines
function scheduleRoutes(app: App, doors: Doors): void {
  const { directory, schedules } = doors.onCall;
  const At = z.object({ at: Moment.optional() });
  const momentOf = ({ at }: z.output<typeof At>): number =>
    at === undefined ? doors.now() : Date.parse(at);

  app.route({
    method: "GET",
    url: "/api/v1/on-call",
    schema: {
      tags,
      summary: "Who is on call in every schedule",
      querystring: At,
      response: { 200: OnCallEverywhere },
    },
    handler: async (request) => {
      const tenant = tenantOf(request);
      const atMs = momentOf(request.query);
      const everywhere = directory
        .list(tenant, "schedule")
        .map(({ document }) => schedules.onCall(tenant, document.id, atMs));
      return { at: isoTime(atMs), on_call: everywhere, count: everywhere.length };
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/schedules/:id/on-call",
    schema: {
      tags,
      summary: "Who is on call now, or at another moment",
      params: ById,
      querystring: At,
      response: { 200: OnCallNow },
    },
    handler: async (request) =>
      schedules.onCall(tenantOf(request), request.params.id, momentOf(request.query)),
  });

  app.route({
    method: "GET",
    url: "/api/v1/schedules/:id/final",
    schema: {
      tags,
      summary: "Who is on call when, after overrides, and where nobody is",
      params: ById,
      querystring: Range,
      response: { 200: FinalSchedule },
    },
    handler: async (request) =>
      schedules.final(tenantOf(request), request.params.id, rangeOf(request.query)),
  });

  app.route({
    method: "POST",
    url: "/api/v1/schedules/preview",
    config: { access: "read" },
    schema: {
      tags,
      summary: "The same for a schedule that is not saved",
      querystring: Range,
      body: ScheduleInput,
      response: { 200: FinalSchedule },
    },
    handler: async (request) =>
      schedules.preview(tenantOf(request), request.body, rangeOf(request.query)),
  });

  app.route({
    method: "GET",
    url: "/api/v1/schedules/:id/calendar.ics",
    schema: {
      tags,
      summary: "The schedule as iCalendar, from two weeks ago until 90 days ahead",
      params: ById,
      querystring: z.object({ person: OnCallId.optional() }),
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const text = schedules.calendar(tenantOf(request), id, request.query.person);
      return reply
        .type("text/calendar; charset=utf-8")
        .header("content-disposition", `inline; filename="${id}.ics"`)
        .send(text);
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/schedules/:id/overrides",
    schema: {
      tags,
      summary: "Who stands in, in the order in which it was said",
      params: ById,
      response: { 200: OverrideList },
    },
    handler: async (request) => {
      const overrides = schedules.listOverrides(tenantOf(request), request.params.id);
      return { overrides, count: overrides.length };
    },
  });

  app.route({
    method: "POST",
    url: "/api/v1/schedules/:id/overrides",
    schema: {
      tags,
      summary: "Somebody stands in, or nobody is on call",
      params: ById,
      body: OverrideInput,
      response: { 201: Override },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const by = whoOf(doors, request, request.body.by);
      const made = await schedules.addOverride(tenantOf(request), id, request.body, by);
      const details = {
        override: made.id,
        person: made.person ?? "",
        start: made.start,
        end: made.end,
      };
      await audit(doors, request, { what: "schedule.override_added", id, by, details });
      return reply.code(201).send(made);
    },
  });

  app.route({
    method: "DELETE",
    url: "/api/v1/schedules/:id/overrides/:override",
    schema: {
      tags,
      summary: "Take an override back",
      params: z.object({ id: OnCallId, override: z.string().min(1).max(128) }),
      response: { 200: Removed },
    },
    handler: async (request) => {
      const { id, override } = request.params;
      await schedules.removeOverride(tenantOf(request), id, override);
      const by = whoOf(doors, request, undefined);
      await audit(doors, request, {
        what: "schedule.override_removed",
        id,
        by,
        details: { override },
      });
      return { status: "removed" as const, id: override };
    },
  });
}

export function onCallRoutes(app: App, doors: Doors): void {
  scheduleRoutes(app, doors);

  app.route({
    method: "GET",
    url: "/api/v1/escalation-policies/match",
    schema: {
      tags,
      summary: "Which policy an incident gets whose worst alert has these labels",
      querystring: z
        .object({ severity: z.string().max(4096).optional() })
        .catchall(z.string().max(4096)),
      response: { 200: EscalationMatch },
    },
    handler: async (request) => {
      const { severity = "warning", ...others } = request.query;
      const labels = { ...others, severity };
      const policies = doors.onCall.directory
        .list(tenantOf(request), "policy")
        .map(({ document }) => document);
      const { defaults } = doors.config().escalation;
      const { policy, by, reason } = choosePolicy(policies, labels, severity, defaults);
      return { policy, by, reason };
    },
  });

  for (const collection of COLLECTIONS) collectionRoutes(app, doors, collection);
}
