import { Overview } from "@fleetlight/contract";

import { toService } from "#collect";
import { isoTime } from "#lib";

import type { Doors } from "../../doors.ts";
import { makeOverview } from "../../views/overview.ts";
import { makeHealth } from "../../views/health.ts";
import type { App } from "../app-type.ts";
import { tenantOf } from "../tenant.ts";

const tags = ["dashboard"];
const HISTORY = 10;

/** What the main page of a console needs in one answer. */
export function dashboardRoutes(app: App, doors: Doors): void {
  app.route({
    method: "GET",
    url: "/api/v1/overview",
    schema: { tags, summary: "The fleet at a glance", response: { 200: Overview } },
    handler: async (request) => makeOverview(doors, tenantOf(request)),
  });

  app.get(
    "/dashboard/metrics",
    { schema: { tags, summary: "Figures of the main dashboard" } },
    async (request) => {
      const tenant = tenantOf(request);
      const { cpu_percent, memory_percent, disk_percent } = doors.host.figures();
      return {
        timestamp: isoTime(doors.now()),
        services: Object.fromEntries(
          doors.registry
            .list(tenant)
            .map((service) => [service.registration.id, toService(service)]),
        ),
        metrics: (await doors.queries.latest(tenant)).metrics,
        alerts: {
          active: doors.alerts.active(tenant),
          history: await doors.alerts.history(tenant, { hours: 24, limit: HISTORY }),
        },
        system: { cpu_percent, memory_percent, disk_usage: disk_percent },
      };
    },
  );

  app.get(
    "/dashboard/health",
    { schema: { tags, summary: "The same as /health, always 200" } },
    (request) => makeHealth(doors, tenantOf(request)),
  );

  app.get(
    "/api/v1/dashboard/config",
    { schema: { tags, summary: "What a console has to know" } },
    () => {
      const { server, monitoring } = doors.config();
      return {
        refresh_interval: monitoring.refresh_interval / 1000,
        max_data_points: monitoring.max_data_points,
        dashboard_port: server.dashboard_port ?? server.port,
        websocket: "/ws",
      };
    },
  );
}
