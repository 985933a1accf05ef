import {
  EventList,
  LatestMetrics,
  MetricNames,
  SeriesList,
  SeriesRange,
} from "@fleetlight/contract";
import { z } from "zod";

import { badRequest, describeError, parseSelector } from "#lib";
import { listEvents } from "#query";

import type { Doors } from "../../doors.ts";
import type { App } from "../app-type.ts";
import { tenantOf } from "../tenant.ts";

const tags = ["metrics"];
const Match = z.string().min(1).max(4096).describe('An instant selector, e.g. `up{job="api"}`.');
const Time = z.string().max(64).describe("Unix seconds or ISO 8601.");
const HOUR_MS = 3_600_000;

/** The largest time that a `Date` can hold, in ms from 1970. */
const MAX_TIME_MS = 8.64e15;
/** An ISO 8601 time of day without a zone, which JavaScript takes for local time; ours is UTC. */
const ZONELESS = /T\d\d:\d\d(:\d\d(\.\d+)?)?$/;

function parseTime(text: string, path: string): number {
  const timeMs = /^-?\d+(\.\d+)?$/.test(text)
    ? Number(text) * 1000
    : Date.parse(ZONELESS.test(text) ? `${text}Z` : text);
  if (!(Math.abs(timeMs) <= MAX_TIME_MS)) {
    const message = `${JSON.stringify(text)} is neither Unix seconds nor an ISO 8601 time`;
    throw badRequest(`\`${path}\`: ${message}`, [{ path, message }]);
  }
  return timeMs;
}

/** @throws FleetlightError `bad_request` that names the parameter. */
function checkSelector(match: string): string {
  try {
    parseSelector(match);
    return match;
  } catch (error) {
    const message = describeError(error);
    throw badRequest(`\`match\`: ${message}`, [{ path: "match", message }]);
  }
}

// oxlint-disable-next-line max-lines-per-function -- a list of routes, each a few lines
export function metricRoutes(app: App, doors: Doors): void {
  const { queries } = doors;

  app.route({
    method: "GET",
    url: "/api/v1/metrics",
    schema: { tags, summary: "Latest values over all services", response: { 200: LatestMetrics } },
    handler: async (request) => queries.latest(tenantOf(request)),
  });

  app.route({
    method: "GET",
    url: "/api/v1/metrics/names",
    schema: {
      tags,
      summary: "Metric names with type, unit, help and number of series",
      querystring: z.object({
        search: z.string().max(256).default(""),
        limit: z.coerce.number().int().min(1).max(10_000).default(1000),
      }),
      response: { 200: MetricNames },
    },
    handler: async (request) => {
      const metrics = queries.names(tenantOf(request), request.query.search, request.query.limit);
      return { metrics, count: metrics.length };
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/metrics/series",
    schema: {
      tags,
      summary: "Series that match, with their latest value",
      querystring: z.object({
        match: Match,
        limit: z.coerce.number().int().min(1).max(500).default(100),
      }),
      response: { 200: SeriesList },
    },
    handler: async (request) =>
      queries.series(tenantOf(request), checkSelector(request.query.match), request.query.limit),
  });

  app.route({
    method: "GET",
    url: "/api/v1/metrics/range",
    schema: {
      tags,
      summary: "Samples of the series that match",
      description:
        "Thinned to `max_points` per series so that lows and highs are kept; the last hour when no times are given.",
      querystring: z.object({
        match: Match,
        start: Time.optional(),
        end: Time.optional(),
        max_points: z.coerce.number().int().min(2).max(100_000).optional(),
      }),
      response: { 200: SeriesRange },
    },
    handler: async (request) => {
      const { match, start, end, max_points: maxPoints } = request.query;
      const endMs = end === undefined ? doors.now() : parseTime(end, "end");
      const startMs = start === undefined ? endMs - HOUR_MS : parseTime(start, "start");
      return queries.range(
        tenantOf(request),
        checkSelector(match),
        startMs,
        endMs,
        maxPoints ?? doors.config().monitoring.max_data_points,
      );
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/events",
    schema: {
      tags: ["events"],
      summary: "Events of all kinds, newest first",
      querystring: z.object({
        type: z.string().max(1024).optional().describe("One type, or several joined by commas."),
        service: z.string().max(128).optional(),
        start: Time.optional(),
        end: Time.optional(),
        limit: z.coerce.number().int().min(1).max(1000).default(100),
      }),
      response: { 200: EventList },
    },
    handler: async (request) => {
      const { type, service, start, end, limit } = request.query;
      return listEvents(doors.telemetry.events, tenantOf(request), {
        limit,
        ...(type === undefined ? {} : { types: type.split(",").slice(0, 32) }),
        ...(service === undefined ? {} : { service }),
        ...(start === undefined ? {} : { startMs: parseTime(start, "start") }),
        ...(end === undefined ? {} : { endMs: parseTime(end, "end") }),
      });
    },
  });
}
