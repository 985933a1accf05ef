import { Health } from "@fleetlight/contract";

import { FleetlightError, isoTime } from "#lib";

import type { Doors } from "../../doors.ts";
import { makeHealth } from "../../views/health.ts";
import type { App } from "../app-type.ts";
import { tenantOf } from "../tenant.ts";

const tags = ["operation"];

/** What an orchestrator or a load balancer asks; it has no token. */
export const PROBE_PATHS = ["/-/healthy", "/-/ready", "/health/live", "/health/ready"] as const;
const config = { access: "open" } as const;

export function probeRoutes(app: App, doors: Doors): void {
  const alive = () => ({
    status: "alive" as const,
    timestamp: isoTime(doors.now()),
    service: "fleetlight",
  });
  app.get(
    "/-/healthy",
    { config, schema: { tags, summary: "The process is alive" } },
    () => "Fleetlight is healthy.\n",
  );
  app.get("/health/live", { config, schema: { tags, summary: "The process is alive" } }, alive);

  app.get(
    "/-/ready",
    { config, schema: { tags, summary: "Ready for requests" } },
    (_request, reply) =>
      doors.isReady()
        ? reply.send("Fleetlight is ready.\n")
        : reply.code(503).send("Fleetlight is starting or stopping.\n"),
  );
  app.get(
    "/health/ready",
    { config, schema: { tags, summary: "Ready for requests" } },
    (_request, reply) =>
      reply
        .code(doors.isReady() ? 200 : 503)
        .send({ status: doors.isReady() ? "ready" : "not_ready", timestamp: isoTime(doors.now()) }),
  );

  app.route({
    method: "GET",
    url: "/health",
    schema: {
      tags,
      summary: "Health of services, dependencies, alerting, host and configuration",
      description: "200 when everything is healthy, 503 when anything is degraded.",
      response: { 200: Health, 503: Health },
    },
    handler: async (request, reply) => {
      const health = await makeHealth(doors, tenantOf(request));
      return reply.code(health.status === "healthy" ? 200 : 503).send(health);
    },
  });
}

export function operationRoutes(app: App, doors: Doors): void {
  app.get(
    "/metrics",
    { schema: { tags, summary: "The server's own metrics" } },
    (request, reply) => {
      const { format, contentType } = doors.ownMetrics.contentType(request.headers.accept);
      return reply.header("content-type", contentType).send(doors.ownMetrics.expose(format));
    },
  );

  for (const method of ["POST", "PUT"] as const) {
    app.route({
      method,
      url: "/-/reload",
      config: { access: "admin" },
      schema: { tags, summary: "Read the configuration again" },
      handler: async () => {
        const result = await doors.manager.reload();
        if (!result.ok)
          throw new FleetlightError(result.error.code, result.error.status, result.error.message, {
            details: result.error.problems.map(({ path, message }) => ({ path, message })),
          });
        return {
          status: "reloaded",
          changed: result.changed,
          restart_needed: result.restart_needed,
        };
      },
    });
  }
}
