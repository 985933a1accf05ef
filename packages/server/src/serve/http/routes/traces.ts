import { Trace, TraceList } from "@fleetlight/contract";
import { z } from "zod";

import { badRequest, notFound } from "#lib";
import type { TraceQuery } from "#store";

import type { Doors } from "../../doors.ts";
import type { App } from "../app-type.ts";
import { tenantOf } from "../tenant.ts";

const tags = ["traces"];
const HOUR_MS = 3_600_000;
const MAX_ATTRIBUTES = 16;

/** Unix seconds, or ISO 8601. */
const Time = z.string().transform((text, context): number => {
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  if (Number.isFinite(ms)) return ms;
  context.addIssue({ code: "custom", message: "expected Unix seconds or an ISO 8601 time" });
  return z.NEVER;
});
const text = () => z.string().min(1).max(512).optional();
const seconds = () => z.coerce.number().min(0).max(1e9).optional();

const Search = z.object({
  start: Time.optional(),
  end: Time.optional(),
  service: text(),
  name: text(),
  operation: text(),
  agent: text(),
  tool: text(),
  model: text(),
  conversation: text(),
  workflow: text(),
  errors: z.enum(["true", "false"]).optional(),
  min_duration_seconds: seconds(),
  max_duration_seconds: seconds(),
  /** `key=value`; all must match. */
  attribute: z.union([z.string(), z.array(z.string()).max(MAX_ATTRIBUTES)]).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

function attributesOf(given: string | string[] | undefined): Record<string, string> | undefined {
  if (given === undefined) return undefined;
  return Object.fromEntries(
    [given].flat().map((one) => {
      const equals = one.indexOf("=");
      if (equals <= 0) {
        const message = `expected key=value, got ${JSON.stringify(one.slice(0, 100))}`;
        throw badRequest(message, [{ path: "attribute", message }]);
      }
      return [one.slice(0, equals), one.slice(equals + 1)];
    }),
  );
}

const nanoseconds = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : Math.round(value * 1e9);

function queryOf(search: z.output<typeof Search>, nowMs: number): TraceQuery {
  const { start, end, errors, min_duration_seconds, max_duration_seconds, attribute, ...rest } =
    search;
  const endMs = end ?? nowMs + HOUR_MS;
  return {
    ...rest,
    startMs: start ?? Math.min(endMs, nowMs) - HOUR_MS,
    endMs,
    errorsOnly: errors === "true",
    minDurationNs: nanoseconds(min_duration_seconds),
    maxDurationNs: nanoseconds(max_duration_seconds),
    attributes: attributesOf(attribute),
  };
}

/** Ids of 64 bits, which some systems still have, are short for those with zeros in front. */
export const traceIdOf = (id: string): string => id.toLowerCase().padStart(32, "0");

export const TraceId = z
  .string()
  .regex(/^[0-9a-fA-F]{1,32}$/, "an id is up to 32 hexadecimal digits");

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
      const query = queryOf(request.query, doors.now());
      const traces = await doors.traces.list(tenantOf(request), query);
      return { traces, count: traces.length, searched_from: null };
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/traces/:id",
    schema: {
      tags,
      summary: "One trace: its spans, and what they show of the agents",
      params: z.object({ id: TraceId }),
      response: { 200: Trace },
    },
    handler: async (request) => {
      const id = traceIdOf(request.params.id);
      const trace = await doors.traces.get(tenantOf(request), id);
      if (trace === undefined) throw notFound("trace", id);
      return trace;
    },
  });
}
