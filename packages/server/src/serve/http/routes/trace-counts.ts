import { ErrorGroups, TraceDifferences, TraceFacets, TraceHeatmap } from "@fleetlight/contract";
import { z } from "zod";

import type { Doors } from "../../doors.ts";
import type { App } from "../app-type.ts";
import { tenantOf } from "../tenant.ts";
import { queryOf, SpanSearch, Time } from "./trace-query.ts";

const tags = ["traces"];
const seconds = () => z.coerce.number().min(0).max(1e9);

/** Counts over all traces that match. */
export function traceCountRoutes(app: App, doors: Doors): void {
  app.route({
    method: "GET",
    url: "/api/v1/traces/facets",
    schema: {
      tags,
      summary: "Values of the spans that match, with how many traces have them",
      querystring: SpanSearch,
      response: { 200: TraceFacets },
    },
    handler: (request) =>
      doors.traces.facets(tenantOf(request), queryOf(request.query, doors.now())),
  });

  app.route({
    method: "GET",
    url: "/api/v1/traces/heatmap",
    schema: {
      tags,
      summary: "Runs that match, by the start and duration of their roots",
      querystring: SpanSearch.extend({
        columns: z.coerce.number().int().min(1).max(300).default(60),
      }),
      response: { 200: TraceHeatmap },
    },
    handler: (request) => {
      const query = queryOf(request.query, doors.now());
      return doors.traces.heatmap(tenantOf(request), query, request.query.columns);
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/traces/differences",
    schema: {
      tags,
      summary: "What is found more often among runs of a region than among the others that match",
      querystring: SpanSearch.extend({
        region_start: Time.optional(),
        region_end: Time.optional(),
        region_min_seconds: seconds().default(0),
        region_max_seconds: seconds().default(1e9),
      }),
      response: { 200: TraceDifferences },
    },
    handler: (request) => {
      const { region_start, region_end, region_min_seconds, region_max_seconds } = request.query;
      const query = queryOf(request.query, doors.now());
      return doors.traces.differences(tenantOf(request), query, {
        startMs: region_start ?? query.startMs,
        endMs: region_end ?? query.endMs,
        minDurationNs: region_min_seconds * 1e9,
        maxDurationNs: region_max_seconds * 1e9,
      });
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/errors",
    schema: {
      tags,
      summary: "Failed spans by what caused them, the most frequent cause first",
      description: "The last hour when no time is given.",
      querystring: SpanSearch,
      response: { 200: ErrorGroups },
    },
    handler: (request) =>
      doors.traces.errors(tenantOf(request), queryOf(request.query, doors.now())),
  });
}
