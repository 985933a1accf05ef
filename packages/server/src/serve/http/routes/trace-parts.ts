import {
  emptyColumns,
  LeanSpans,
  TraceAnalysisReport,
  TraceComparison,
  TraceSpan,
  writeColumns,
} from "@fleetlight/contract";
import { z } from "zod";

import { notFound } from "#lib";
import type { SpanCursor } from "#store";

import type { Doors } from "../../doors.ts";
import type { App } from "../app-type.ts";
import { tenantOf } from "../tenant.ts";
import { TraceId, traceIdOf } from "./trace-query.ts";

const tags = ["traces"];
/** What comes after the last part. */
const NOTHING = '{"spans":[],"count":0,"next":null}';
const NO_COLUMNS = writeColumns(emptyColumns(0, []), null);

/** The span behind which a part begins, as `next` of the part before says. */
const From = z.string().regex(/^\d{1,19}\.[0-9a-f]{16}$/, "expected `next` of the part before");

const cursorOf = (from: string | undefined): SpanCursor | undefined => {
  const [startNs, spanId] = from?.split(".") ?? [];
  return startNs && spanId ? { startNs, spanId } : undefined;
};

/** What is asked of the spans of one trace. */
export function traceSpanRoutes(app: App, doors: Doors): void {
  app.route({
    method: "GET",
    url: "/api/v1/traces/:id/spans",
    schema: {
      tags,
      summary: "One part of a trace, by start, without attributes and texts",
      params: z.object({ id: TraceId }),
      querystring: z.object({
        from: From.optional(),
        limit: z.coerce.number().int().min(1).max(20_000).default(5000),
      }),
      response: { 200: LeanSpans },
    },
    handler: async (request, reply) => {
      const { from, limit } = request.query;
      const after = cursorOf(from);
      const id = traceIdOf(request.params.id);
      const part = await doors.traces.part(tenantOf(request), id, after, limit);
      if (part === undefined && after === undefined) throw notFound("trace", id);
      // Already a text: checking and writing thousands of spans at once would keep others waiting.
      return reply
        .type("application/json; charset=utf-8")
        .send((part ?? NOTHING) as unknown as LeanSpans);
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/traces/:id/columns",
    schema: {
      tags,
      summary: "One large part of a trace, by start, as columns of numbers",
      description:
        "For traces of very many spans: 53 bytes a span. The layout is that of `readColumns` in packages/contract.",
      params: z.object({ id: TraceId }),
      querystring: z.object({
        from: From.optional(),
        limit: z.coerce.number().int().min(1).max(100_000).default(50_000),
      }),
    },
    handler: async (request, reply) => {
      const { from, limit } = request.query;
      const after = cursorOf(from);
      const id = traceIdOf(request.params.id);
      const part = await doors.traces.columns(tenantOf(request), id, after, limit);
      if (part === undefined && after === undefined) throw notFound("trace", id);
      const { buffer, byteOffset, byteLength } = part ?? NO_COLUMNS;
      return reply
        .type("application/octet-stream")
        .send(Buffer.from(buffer, byteOffset, byteLength));
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/traces/:id/spans/:span",
    schema: {
      tags,
      summary: "One span with its attributes, events and texts",
      params: z.object({ id: TraceId, span: z.string().regex(/^[0-9a-fA-F]{16}$/) }),
      response: { 200: TraceSpan },
    },
    handler: async (request) => {
      const spanId = request.params.span.toLowerCase();
      const span = await doors.traces.span(tenantOf(request), traceIdOf(request.params.id), spanId);
      if (span === undefined) throw notFound("span", spanId);
      return span;
    },
  });
}

/** What comes of a trace from now on. */
export function traceTailRoute(app: App, doors: Doors): void {
  app.route({
    method: "GET",
    url: "/api/v1/traces/:id/tail",
    // An answer to HEAD would have no end either.
    exposeHeadRoute: false,
    schema: {
      tags,
      summary: "Spans of one trace as they come, as server-sent events",
      description:
        "Events: `spans` (a list of spans as in `/spans`), `dropped`, `heartbeat`, and `end` when the server stops. The trace need not be known yet.",
      params: z.object({ id: TraceId }),
    },
    handler: async (request, reply) => {
      doors.tails.followTrace(tenantOf(request), traceIdOf(request.params.id), reply);
      return reply;
    },
  });
}

/** What is asked of a trace as a whole. */
export function traceAnalysisRoutes(app: App, doors: Doors): void {
  app.route({
    method: "GET",
    url: "/api/v1/traces/:id/analysis",
    schema: {
      tags,
      summary:
        "Where the time of a trace went: critical path, self times, bottlenecks with reasons",
      params: z.object({ id: TraceId }),
      response: { 200: TraceAnalysisReport },
    },
    handler: async (request) => {
      const id = traceIdOf(request.params.id);
      const report = await doors.traces.analysis(tenantOf(request), id);
      if (report === undefined) throw notFound("trace", id);
      return report;
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/traces/compare",
    schema: {
      tags,
      summary: "Two traces side by side",
      querystring: z.object({ a: TraceId, b: TraceId }),
      response: { 200: TraceComparison },
    },
    handler: async (request) => {
      const [a, b] = [traceIdOf(request.query.a), traceIdOf(request.query.b)];
      const comparison = await doors.traces.compare(tenantOf(request), a, b);
      if (comparison === undefined) throw notFound("trace", `${a} or ${b}`);
      return comparison;
    },
  });
}
