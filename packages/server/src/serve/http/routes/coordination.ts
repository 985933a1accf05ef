import { CoordinationSummary, Finding, FindingKind, FindingList } from "@fleetlight/contract";
import { z } from "zod";

import type { Doors } from "../../doors.ts";
import type { App } from "../app-type.ts";
import { tenantOf } from "../tenant.ts";
import { timeParameter } from "../time-parameter.ts";

const tags = ["coordination"];
const DAY_MS = 86_400_000;
/** The last moment that a date can name. */
const LATEST_MS = 8.64e15;

const Time = timeParameter((ms) => (Math.abs(ms) <= LATEST_MS ? Math.round(ms) : undefined));

const Range = z.object({ start: Time.optional(), end: Time.optional() });

export function coordinationRoutes(app: App, doors: Doors): void {
  const { coordination } = doors;
  const rangeOf = ({ start, end }: z.output<typeof Range>) => {
    const endMs = end ?? doors.now();
    return { startMs: Math.min(start ?? endMs - DAY_MS, endMs), endMs };
  };

  app.route({
    method: "GET",
    url: "/api/v1/coordination",
    schema: {
      tags,
      summary: "What agents did to one another: deadlocks, conflicts, loops, …; open ones first",
      description: "The last day when no time is given.",
      querystring: Range.extend({
        kind: FindingKind.optional(),
        agent: z.string().min(1).max(512).optional(),
        state: z.enum(["open", "over"]).optional(),
        limit: z.coerce.number().int().min(1).max(1000).default(100),
      }),
      response: { 200: FindingList },
    },
    handler: (request) => {
      const { kind, agent, state, limit } = request.query;
      return coordination.list(tenantOf(request), {
        ...rangeOf(request.query),
        kind,
        agent,
        open: state === undefined ? undefined : state === "open",
        limit,
      });
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/coordination/summary",
    schema: {
      tags,
      summary: "Findings by kind and over time, who waited for whom, work done twice",
      querystring: Range,
      response: { 200: CoordinationSummary },
    },
    handler: (request) => {
      const { startMs, endMs } = rangeOf(request.query);
      return coordination.summary(tenantOf(request), startMs, endMs);
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/coordination/:id",
    schema: {
      tags,
      summary: "One finding with its evidence",
      params: z.object({ id: z.string().min(1).max(128) }),
      response: { 200: Finding },
    },
    handler: (request) => coordination.get(tenantOf(request), request.params.id),
  });
}
