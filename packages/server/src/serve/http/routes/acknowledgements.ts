import {
  Acknowledgement,
  AcknowledgementList,
  AcknowledgeInput,
  BulkAcknowledgeInput,
  BulkResult,
  BulkUnacknowledgeInput,
  ByInput,
  SnoozeInput,
} from "@fleetlight/contract";
import type { FastifyRequest } from "fastify";
import { z } from "zod";

import { parseDuration } from "#lib";
import type { Care } from "#respond";

import type { Doors } from "../../doors.ts";
import type { App } from "../app-type.ts";
import { tenantOf } from "../tenant.ts";
import { audit, whoOf } from "./who.ts";

const tags = ["alerts"];
const ById = z.object({ id: z.string().min(1).max(512) });
/** Everything may be left out, the body as well. */
const optional = <T extends z.ZodType>(body: T) => z.preprocess((value) => value ?? {}, body);

/** When something ends that is given as a moment or as a length of time; null is never. */
function endOf(
  nowMs: number,
  at: string | undefined,
  after: string | number | undefined,
): number | null {
  if (at !== undefined) return Date.parse(at);
  return after === undefined ? null : nowMs + parseDuration(after);
}

/** How somebody takes care, by what they sent. */
export const careOf = (
  doors: Doors,
  request: FastifyRequest,
  body: z.output<typeof AcknowledgeInput>,
): Care => ({
  by: whoOf(doors, request, body.by),
  note: body.note,
  expiresAtMs: endOf(doors.now(), body.expires_at, body.expires_in),
  kind: "acknowledge",
});

export const snoozeOf = (
  doors: Doors,
  request: FastifyRequest,
  body: z.output<typeof SnoozeInput>,
): Care => ({
  by: whoOf(doors, request, body.by),
  note: body.note,
  expiresAtMs: endOf(doors.now(), body.until, body.duration),
  kind: "snooze",
});

/** What the record of changes says of an acknowledgement. */
export const careDetails = ({ note, expiresAtMs, kind }: Care): Record<string, string> => ({
  kind,
  ...(note === "" ? {} : { note }),
  ...(expiresAtMs === null ? {} : { until: new Date(expiresAtMs).toISOString() }),
});

// oxlint-disable-next-line max-lines-per-function -- a list of routes, each a few lines
export function acknowledgementRoutes(app: App, doors: Doors): void {
  const { incidents } = doors.onCall;

  app.route({
    method: "GET",
    url: "/api/v1/alerts/acknowledgements",
    schema: {
      tags,
      summary: "Who takes care of which alert, latest first",
      response: { 200: AcknowledgementList },
    },
    handler: async (request) => {
      const acknowledgements = incidents.acknowledgements(tenantOf(request));
      return { acknowledgements, count: acknowledgements.length };
    },
  });

  for (const [verb, summary, schema, careFrom] of [
    ["acknowledge", "Take care of an alert", optional(AcknowledgeInput), careOf],
    ["snooze", "Take care of an alert for a while", optional(SnoozeInput), snoozeOf],
  ] as const) {
    app.route({
      method: "POST",
      url: `/api/v1/alerts/:id/${verb}`,
      schema: { tags, summary, params: ById, body: schema, response: { 200: Acknowledgement } },
      handler: async (request) => {
        const { id } = request.params;
        const care = careFrom(doors, request, request.body as never);
        const made = await incidents.acknowledgeAlert(tenantOf(request), id, care);
        await audit(doors, request, {
          what: "alert.acknowledged",
          id,
          by: care.by,
          service: made.labels["service"] ?? "",
          details: careDetails(care),
        });
        return made;
      },
    });
  }

  app.route({
    method: "POST",
    url: "/api/v1/alerts/:id/unacknowledge",
    schema: {
      tags,
      summary: "Nobody takes care of an alert any more",
      params: ById,
      body: optional(ByInput),
      response: { 200: z.object({ status: z.literal("unacknowledged"), id: z.string() }) },
    },
    handler: async (request) => {
      const { id } = request.params;
      const by = whoOf(doors, request, request.body.by);
      await incidents.unacknowledgeAlert(tenantOf(request), id, by);
      await audit(doors, request, { what: "alert.unacknowledged", id, by });
      return { status: "unacknowledged" as const, id };
    },
  });

  app.route({
    method: "POST",
    url: "/api/v1/alerts/acknowledge",
    schema: {
      tags,
      summary: "Take care of many alerts",
      body: BulkAcknowledgeInput,
      response: { 200: BulkResult },
    },
    handler: async (request) => {
      const { ids, ...body } = request.body;
      const care = careOf(doors, request, AcknowledgeInput.parse(body));
      const result = await incidents.acknowledgeAlerts(tenantOf(request), ids, care);
      await audit(doors, request, {
        what: "alerts.acknowledged",
        id: ids.slice(0, 100).join(","),
        by: care.by,
        details: { ...careDetails(care), changed: String(result.changed) },
      });
      return result;
    },
  });

  app.route({
    method: "POST",
    url: "/api/v1/alerts/unacknowledge",
    schema: {
      tags,
      summary: "Nobody takes care of many alerts any more",
      body: BulkUnacknowledgeInput,
      response: { 200: BulkResult },
    },
    handler: async (request) => {
      const { ids } = request.body;
      const by = whoOf(doors, request, request.body.by);
      const result = await incidents.unacknowledgeAlerts(tenantOf(request), ids, by);
      await audit(doors, request, {
        what: "alerts.unacknowledged",
        id: ids.slice(0, 100).join(","),
        by,
        details: { changed: String(result.changed) },
      });
      return result;
    },
  });
}
