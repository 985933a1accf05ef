import {
  MaintenanceCalendar,
  MaintenanceInput,
  MaintenanceList,
  MaintenancePreview,
  MaintenanceWindow,
  Removed,
} from "@fleetlight/contract";
import { z } from "zod";

import type { Doors } from "../../doors.ts";
import type { App } from "../app-type.ts";
import { tenantOf } from "../tenant.ts";
import { audit, whoOf } from "./who.ts";

const tags = ["maintenance"];
const ById = z.object({ id: z.string().min(1).max(128) });
const Moment = z.iso.datetime({ offset: true });

// oxlint-disable-next-line max-lines-per-function -- a list of routes, each a few lines
export function maintenanceRoutes(app: App, doors: Doors): void {
  const { maintenance } = doors.onCall;

  app.route({
    method: "GET",
    url: "/api/v1/maintenance",
    schema: {
      tags,
      summary: "Maintenance windows and recurring silences",
      querystring: z.object({
        state: z.enum(["active", "upcoming", "ended", "disabled"]).optional(),
      }),
      response: { 200: MaintenanceList },
    },
    handler: async (request) => {
      const windows = await maintenance.list(tenantOf(request), request.query.state);
      return { windows, count: windows.length };
    },
  });

  app.route({
    method: "POST",
    url: "/api/v1/maintenance",
    schema: {
      tags,
      summary: "Make a window, once or recurring",
      body: MaintenanceInput,
      response: { 201: MaintenanceWindow },
    },
    handler: async (request, reply) => {
      const by = whoOf(doors, request, request.body.by);
      const made = await maintenance.create(tenantOf(request), request.body, by);
      await audit(doors, request, {
        what: "maintenance.created",
        id: made.id,
        by,
        details: { name: made.name, reason: made.reason },
      });
      return reply.code(201).send(made);
    },
  });

  app.route({
    method: "POST",
    url: "/api/v1/maintenance/preview",
    config: { access: "read" },
    schema: {
      tags,
      summary: "What a window would match now, and when it would be in force",
      body: MaintenanceInput,
      response: { 200: MaintenancePreview },
    },
    handler: (request) => maintenance.preview(tenantOf(request), request.body),
  });

  app.route({
    method: "GET",
    url: "/api/v1/maintenance/calendar",
    schema: {
      tags,
      summary: "Every occurrence in a range",
      querystring: z.object({ start: Moment, end: Moment }),
      response: { 200: MaintenanceCalendar },
    },
    handler: async (request) => {
      const { start, end } = request.query;
      return maintenance.calendar(tenantOf(request), Date.parse(start), Date.parse(end));
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/maintenance/:id",
    schema: { tags, summary: "One window", params: ById, response: { 200: MaintenanceWindow } },
    handler: (request) => maintenance.get(tenantOf(request), request.params.id),
  });

  app.route({
    method: "PUT",
    url: "/api/v1/maintenance/:id",
    schema: {
      tags,
      summary: "Replace a window",
      params: ById,
      body: MaintenanceInput,
      response: { 200: MaintenanceWindow },
    },
    handler: async (request) => {
      const { id } = request.params;
      const by = whoOf(doors, request, request.body.by);
      const window = await maintenance.replace(tenantOf(request), id, request.body, by);
      await audit(doors, request, { what: "maintenance.changed", id, by });
      return window;
    },
  });

  app.route({
    method: "POST",
    url: "/api/v1/maintenance/:id/end",
    schema: {
      tags,
      summary: "End the occurrence that is under way; later ones stay",
      params: ById,
      response: { 200: MaintenanceWindow },
    },
    handler: async (request) => {
      const { id } = request.params;
      const window = await maintenance.end(tenantOf(request), id);
      await audit(doors, request, {
        what: "maintenance.ended",
        id,
        by: whoOf(doors, request, undefined),
      });
      return window;
    },
  });

  app.route({
    method: "DELETE",
    url: "/api/v1/maintenance/:id",
    schema: { tags, summary: "Remove a window", params: ById, response: { 200: Removed } },
    handler: async (request) => {
      const { id } = request.params;
      await maintenance.remove(tenantOf(request), id);
      await audit(doors, request, {
        what: "maintenance.removed",
        id,
        by: whoOf(doors, request, undefined),
      });
      return { status: "removed" as const, id };
    },
  });
}
