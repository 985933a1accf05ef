import {
  EventList,
  RegisterAnswer,
  Service,
  ServiceId,
  ServiceList,
  ServiceRegistration,
} from "@fleetlight/contract";
import { z } from "zod";

import { toService, type WatchedService } from "#collect";
import { notFound } from "#lib";
import { listEvents } from "#query";

import type { Doors } from "../../doors.ts";
import type { App } from "../app-type.ts";
import { tenantOf } from "../tenant.ts";

const ById = z.object({ id: ServiceId });
const tags = ["services"];

const known = (service: WatchedService | undefined, id: string): Service => {
  if (service === undefined) throw notFound("service", id);
  return toService(service);
};

// oxlint-disable-next-line max-lines-per-function -- a list of routes, each a few lines
export function serviceRoutes(app: App, doors: Doors): void {
  const { registry } = doors;

  app.route({
    method: "POST",
    url: "/api/v1/services/register",
    schema: {
      tags,
      summary: "Register a service, or update the one with this id",
      body: ServiceRegistration,
      response: { 200: RegisterAnswer, 201: RegisterAnswer },
    },
    handler: async (request, reply) => {
      const { service: watched, created } = await registry.register(
        tenantOf(request),
        request.body,
      );
      const service = toService(watched);
      return reply
        .code(created ? 201 : 200)
        .send({ status: created ? "registered" : "updated", service_id: service.id, service });
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/services",
    schema: { tags, summary: "All services", response: { 200: ServiceList } },
    handler: async (request) => {
      const services = registry.list(tenantOf(request)).map(toService);
      return { services, count: services.length };
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/services/:id",
    schema: { tags, summary: "One service", params: ById, response: { 200: Service } },
    handler: async (request) =>
      known(registry.get(tenantOf(request), request.params.id), request.params.id),
  });

  app.route({
    method: "POST",
    url: "/api/v1/services/:id/heartbeat",
    schema: {
      tags,
      summary: "Say that a service is alive",
      params: ById,
      response: { 200: Service },
    },
    handler: async (request) => toService(registry.heartbeat(tenantOf(request), request.params.id)),
  });

  app.route({
    method: "DELETE",
    url: "/api/v1/services/:id",
    schema: {
      tags,
      summary: "Remove a service; its history stays",
      params: ById,
      response: { 200: z.object({ status: z.literal("removed"), service_id: z.string() }) },
    },
    handler: async (request) => {
      await registry.remove(tenantOf(request), request.params.id);
      return { status: "removed" as const, service_id: request.params.id };
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/services/:id/events",
    schema: {
      tags,
      summary: "What happened to a service, newest first",
      params: ById,
      querystring: z.object({ limit: z.coerce.number().int().min(1).max(1000).default(100) }),
      response: { 200: EventList },
    },
    handler: async (request) => {
      const tenant = tenantOf(request);
      const { id: service } = request.params;
      const { limit } = request.query;
      const found = await listEvents(doors.telemetry.events, tenant, { service, limit });
      // A service that was removed still has its history.
      if (found.count === 0) known(registry.get(tenant, service), service);
      return found;
    },
  });
}
