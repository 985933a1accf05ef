import {
  LogHistogram,
  LogLevel,
  LogLine,
  LogList,
  LogNameList,
  LogPatternList,
  LogValueList,
} from "@fleetlight/contract";
import { z } from "zod";

import { badRequest } from "#lib";
import { cursorOf, parseSearch, severityOfLevel } from "#query";
import type { LogFilter } from "#store";

import type { Doors } from "../../doors.ts";
import type { App } from "../app-type.ts";
import { tenantOf } from "../tenant.ts";
import { timeParameter } from "../time-parameter.ts";
import { TraceId, traceIdOf } from "./traces.ts";

const tags = ["logs"];
const HOUR_MS = 3_600_000;
const MAX_ATTRIBUTES = 16;
/** The year 2200: nothing is kept of later ones, and charts have no place for them. */
const LATEST_MS = 7_258_118_400_000;

const Time = timeParameter((ms) => (Number.isFinite(ms) ? ms : undefined));
const text = () => z.string().min(1).max(512).optional();

/** What lines must be like; without times, for those that are still to come. */
const Like = {
  service: text(),
  /** Lines of this level and those above. */
  level: LogLevel.optional(),
  agent: text(),
  event: text(),
  trace_id: TraceId.optional(),
  span_id: z
    .string()
    .regex(/^[0-9a-fA-F]{1,16}$/, "an id is up to 16 hexadecimal digits")
    .optional(),
  /** `key=value`; all must match. */
  attribute: z.union([z.string(), z.array(z.string()).max(MAX_ATTRIBUTES)]).optional(),
  /** Words, "phrases", and -words that a line must not have. */
  q: z.string().max(1024).optional(),
};
const Filter = z.object({ start: Time.optional(), end: Time.optional(), ...Like });
const Search = z.object({
  ...Filter.shape,
  before: z.string().max(64).optional(),
  after: z.string().max(64).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

export function attributesOf(
  given: string | string[] | undefined,
): Record<string, string> | undefined {
  if (given === undefined) return undefined;
  return Object.fromEntries(
    [given].flat().map((one) => {
      const equals = one.indexOf("=");
      if (equals > 0) return [one.slice(0, equals), one.slice(equals + 1)];
      const message = `expected key=value, got ${JSON.stringify(one.slice(0, 100))}`;
      throw badRequest(message, [{ path: "attribute", message }]);
    }),
  );
}

type Asked = Omit<z.output<typeof Filter>, "start" | "end">;

const like = (asked: Asked): Omit<LogFilter, "startMs" | "endMs"> => ({
  service: asked.service,
  minSeverity: asked.level === undefined ? undefined : severityOfLevel(asked.level),
  agent: asked.agent,
  event: asked.event,
  traceId: asked.trace_id === undefined ? undefined : traceIdOf(asked.trace_id),
  spanId: asked.span_id?.toLowerCase().padStart(16, "0"),
  attributes: attributesOf(asked.attribute),
  terms: asked.q === undefined ? undefined : parseSearch(asked.q),
});

/** The last hour when no time is given; with it the hour to come, for senders whose clocks are ahead. */
function filterOf(asked: z.output<typeof Filter>, nowMs: number, aheadMs = HOUR_MS): LogFilter {
  const endMs = Math.min(asked.end ?? nowMs + aheadMs, LATEST_MS);
  const startMs = asked.start ?? Math.min(endMs, nowMs) - HOUR_MS;
  if (startMs <= endMs) return { startMs, endMs, ...like(asked) };
  const message = "the range ends before it begins";
  throw badRequest(message, [{ path: "start", message }]);
}

function listRoutes(app: App, doors: Doors): void {
  app.route({
    method: "GET",
    url: "/api/v1/logs",
    schema: {
      tags,
      summary: "Log lines that match, the newest first",
      description: "The last hour when no time is given. `before` takes `next` of the page before.",
      querystring: Search,
      response: { 200: LogList },
    },
    handler: async (request) => {
      const { before, after, limit, ...asked } = request.query;
      if (before !== undefined && after !== undefined)
        throw badRequest("ask for lines before one, or after one");
      return doors.logs.list(tenantOf(request), {
        ...filterOf(asked, doors.now()),
        limit,
        before: before === undefined ? undefined : cursorOf(before, "before"),
        after: after === undefined ? undefined : cursorOf(after, "after"),
      });
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/traces/:id/logs",
    schema: {
      tags,
      summary: "Log lines of one trace, the oldest first",
      params: z.object({ id: TraceId }),
      response: { 200: z.object({ lines: z.array(LogLine), count: z.int() }) },
    },
    handler: async (request) => {
      const lines = await doors.logs.ofTrace(tenantOf(request), traceIdOf(request.params.id));
      return { lines, count: lines.length };
    },
  });
}

function summaryRoutes(app: App, doors: Doors): void {
  app.route({
    method: "GET",
    url: "/api/v1/logs/histogram",
    schema: {
      tags,
      summary: "Counts of log lines over time, by level",
      querystring: Filter,
      response: { 200: LogHistogram },
    },
    handler: (request) =>
      doors.logs.histogram(tenantOf(request), filterOf(request.query, doors.now(), 0)),
  });

  app.route({
    method: "GET",
    url: "/api/v1/logs/patterns",
    schema: {
      tags,
      summary: "Log lines that look alike, the most frequent first",
      description: "Of the newest 20,000 lines that match.",
      querystring: Filter,
      response: { 200: LogPatternList },
    },
    handler: (request) =>
      doors.logs.patterns(tenantOf(request), filterOf(request.query, doors.now())),
  });

  app.route({
    method: "GET",
    url: "/api/v1/logs/names",
    schema: {
      tags,
      summary: "Services, agents, events and attributes of log lines",
      querystring: Filter,
      response: { 200: LogNameList },
    },
    handler: (request) => doors.logs.names(tenantOf(request), filterOf(request.query, doors.now())),
  });

  app.route({
    method: "GET",
    url: "/api/v1/logs/values",
    schema: {
      tags,
      summary: "Values of one attribute of log lines",
      querystring: z.object({ ...Filter.shape, name: z.string().min(1).max(512) }),
      response: { 200: LogValueList },
    },
    handler: async (request) => {
      const { name, ...asked } = request.query;
      const filter = filterOf(asked, doors.now());
      return { values: await doors.logs.values(tenantOf(request), filter, name) };
    },
  });
}

const forever = { startMs: 0, endMs: Infinity };

function tailRoutes(app: App, doors: Doors): void {
  app.route({
    method: "GET",
    url: "/api/v1/logs/tail",
    // An answer to HEAD would have no end either.
    exposeHeadRoute: false,
    schema: {
      tags,
      summary: "Log lines as they come, as server-sent events",
      description:
        "Events: `lines` (a list), `dropped`, `heartbeat`, and `end` when the server stops.",
      querystring: z.object(Like),
    },
    handler: async (request, reply) => {
      doors.tails.followLogs(tenantOf(request), { ...forever, ...like(request.query) }, reply);
      return reply;
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/traces/tail",
    exposeHeadRoute: false,
    schema: {
      tags: ["traces"],
      summary: "Spans as they come, as server-sent events",
      description:
        "Events: `spans` (a list), `dropped`, `heartbeat`, and `end` when the server stops.",
      querystring: z.object({
        service: text(),
        name: text(),
        operation: text(),
        agent: text(),
        tool: text(),
        model: text(),
        conversation: text(),
        workflow: text(),
        errors: z.enum(["true", "false"]).optional(),
        attribute: Like.attribute,
      }),
    },
    handler: async (request, reply) => {
      const { errors, attribute, ...rest } = request.query;
      const query = { ...rest, errorsOnly: errors === "true", attributes: attributesOf(attribute) };
      doors.tails.followSpans(tenantOf(request), { ...forever, limit: 1, ...query }, reply);
      return reply;
    },
  });
}

export function logRoutes(app: App, doors: Doors): void {
  listRoutes(app, doors);
  summaryRoutes(app, doors);
  tailRoutes(app, doors);
}
