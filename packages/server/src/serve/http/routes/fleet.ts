import { FleetDiff, FleetGraph, FleetReplay } from "@fleetlight/contract";
import { z } from "zod";

import { badRequest } from "#lib";
import { MAX_FRAMES, type GraphRange } from "#query";

import type { Doors } from "../../doors.ts";
import type { App } from "../app-type.ts";
import { tenantOf } from "../tenant.ts";
import { timeParameter } from "../time-parameter.ts";

const tags = ["fleet"];
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Longest range of one question: older edges are gone with the spans anyway. */
const MAX_RANGE_MS = 400 * 24 * HOUR_MS;
/** Years 1970 to 2100: other times are nobody's. */
const MAX_TIME_MS = 4_102_444_800_000;

const Time = timeParameter(
  (ms) => (ms >= 0 && ms <= MAX_TIME_MS ? ms : undefined),
  z.string().max(64).describe("Unix seconds or ISO 8601."),
);
const Filter = { service: z.string().min(1).max(512).optional() };
const Range = z.object({ start: Time.optional(), end: Time.optional(), ...Filter });
const Ranges = Range.extend({
  base_start: Time.optional().describe(
    "The earlier range; that just before the other when left out.",
  ),
  base_end: Time.optional(),
});
const Steps = Range.extend({
  step: z.coerce
    .number()
    .min(1)
    .max(MAX_RANGE_MS / 1000)
    .optional()
    .describe("Seconds, at least a minute; a sixtieth of the range when left out."),
});

const invalid = (path: string, message: string) => badRequest(message, [{ path, message }]);

function rangeOf(startMs: number, endMs: number, path: string): GraphRange {
  if (startMs >= endMs) throw invalid(path, `${path} must be before its end`);
  if (endMs - startMs > MAX_RANGE_MS) throw invalid(path, "a range is at most 400 days long");
  return { startMs, endMs };
}

const asked = (
  { start, end }: { start?: number | undefined; end?: number | undefined },
  nowMs: number,
) => rangeOf(start ?? (end ?? nowMs) - HOUR_MS, end ?? nowMs, "start");

export function fleetRoutes(app: App, doors: Doors): void {
  app.route({
    method: "GET",
    url: "/api/v1/fleet/graph",
    schema: {
      tags,
      summary:
        "Who reaches whom: agents, tools, models and services, and what was counted between them",
      description: "The last hour when no time is given.",
      querystring: Range,
      response: { 200: FleetGraph },
    },
    handler: (request) =>
      doors.fleet.graph(tenantOf(request), asked(request.query, doors.now()), request.query),
  });

  app.route({
    method: "GET",
    url: "/api/v1/fleet/graph/diff",
    schema: {
      tags,
      summary: "What appeared, vanished, got slower or failed more between two ranges",
      querystring: Ranges,
      response: { 200: FleetDiff },
    },
    handler: (request) => {
      const { query } = request;
      const after = asked(query, doors.now());
      const endMs = query.base_end ?? after.startMs;
      const startMs = query.base_start ?? endMs - (after.endMs - after.startMs);
      const before = rangeOf(Math.max(0, startMs), endMs, "base_start");
      return doors.fleet.diff(tenantOf(request), before, after, query);
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/fleet/graph/replay",
    schema: {
      tags,
      summary: "A range step by step",
      querystring: Steps,
      response: { 200: FleetReplay },
    },
    handler: (request) => {
      const { query } = request;
      const range = asked(query, doors.now());
      const lengthMs = range.endMs - range.startMs;
      const stepMs = Math.max(MINUTE_MS, (query.step ?? lengthMs / 60_000) * 1000);
      if (lengthMs / stepMs > MAX_FRAMES)
        throw invalid("step", `a replay has at most ${MAX_FRAMES} steps`);
      return doors.fleet.replay(tenantOf(request), range, stepMs, query);
    },
  });
}
