import { Trace, TraceList } from "@fleetlight/contract";
import { z } from "zod";

import { isoTime, notFound } from "#lib";

import type { Doors } from "../../doors.ts";
import type { App } from "../app-type.ts";
import { tenantOf } from "../tenant.ts";
import { traceCountRoutes } from "./trace-counts.ts";
import { traceAnalysisRoutes, traceSpanRoutes, traceTailRoute } from "./trace-parts.ts";
import { Search, searchOf, TraceId, traceIdOf } from "./trace-query.ts";

export { TraceId, traceIdOf } from "./trace-query.ts";

const tags = ["traces"];

export function traceRoutes(app: App, doors: Doors): void {
  app.route({
    method: "GET",
    url: "/api/v1/traces",
    schema: {
      tags,
      summary: "Traces with a span that matches, the newest first",
      description: "The last hour when no time is given.",
      querystring: Search,
      response: { 200: TraceList },
    },
    handler: async (request) => {
      const search = searchOf(request.query, doors.now());
      const { traces, searchedFromMs } = await doors.traces.search(tenantOf(request), search);
      return {
        traces,
        count: traces.length,
        searched_from: searchedFromMs === undefined ? null : isoTime(searchedFromMs),
      };
    },
  });
  traceCountRoutes(app, doors);

  app.route({
    method: "GET",
    url: "/api/v1/traces/:id",
    schema: {
      tags,
      summary: "One trace: its spans, and what they show of the agents",
      description: "With `spans=false` without its spans, of which there may be very many.",
      params: z.object({ id: TraceId }),
      querystring: z.object({ spans: z.enum(["true", "false"]).default("true") }),
      response: { 200: Trace },
    },
    handler: async (request, reply) => {
      const id = traceIdOf(request.params.id);
      const withSpans = request.query.spans === "true";
      const trace = await doors.traces.get(tenantOf(request), id, withSpans);
      if (trace === undefined) throw notFound("trace", id);
      // Already a text: checking and writing thousands of spans at once would keep others waiting.
      return reply.type("application/json; charset=utf-8").send(trace as unknown as Trace);
    },
  });
  traceSpanRoutes(app, doors);
  traceTailRoute(app, doors);
  traceAnalysisRoutes(app, doors);
}
