import type { FleetGraph } from "@fleetlight/contract";
import { z } from "zod";

import { FleetlightError, notFound } from "#lib";
import type { SpanRow, TraceQuery } from "#store";

import type { Doors } from "../../doors.ts";
import type { App } from "../app-type.ts";
import { errorBody } from "../errors.ts";
import { tenantOf } from "../tenant.ts";
import { TraceId, traceIdOf } from "./traces.ts";

/** Jaeger's own API for its pages, which Grafana speaks as well: https://www.jaegertracing.io/docs/apis/#http-json */
const schema = (summary: string) => ({ tags: ["jaeger"], summary });

const DAY_MS = 86_400_000;
const KINDS = ["", "internal", "server", "client", "producer", "consumer"];

interface KeyValue {
  key: string;
  type: "string" | "float64" | "int64" | "bool";
  value: string | number | boolean;
}

const texts = (attributes: Readonly<Record<string, string>>): KeyValue[] =>
  Object.entries(attributes).map(([key, value]) => ({ key, type: "string", value }));

const numbers = (of: Readonly<Record<string, number>>): KeyValue[] =>
  Object.entries(of).map(([key, value]) => ({
    key,
    type: Number.isInteger(value) ? "int64" : "float64",
    value,
  }));

/** Whole microseconds, as Jaeger counts. */
const microseconds = (ns: string): number => Number(BigInt(ns) / 1000n);

function tagsOf(row: SpanRow): KeyValue[] {
  const tags = [...texts(row.attributes), ...numbers(row.numbers)];
  const add = (key: string, value: string) => {
    if (value !== "") tags.push({ key, type: "string", value });
  };
  add("otel.scope.name", row.scope);
  add("span.kind", KINDS[row.kind] ?? "");
  if (row.status === 2) tags.push({ key: "error", type: "bool", value: true });
  if (row.status !== 0) add("otel.status_code", row.status === 2 ? "ERROR" : "OK");
  add("otel.status_description", row.statusMessage);
  add("w3c.tracestate", row.traceState);
  return tags;
}

const referencesOf = (row: SpanRow) => [
  ...(row.parentSpanId === ""
    ? []
    : [{ refType: "CHILD_OF", traceID: row.traceId, spanID: row.parentSpanId }]),
  ...row.links.map(({ traceId, spanId }) => ({
    refType: "FOLLOWS_FROM",
    traceID: traceId,
    spanID: spanId,
  })),
];

function traceOf(rows: readonly SpanRow[]) {
  const processes: Record<string, { serviceName: string; tags: KeyValue[] }> = {};
  const ids = new Map<string, string>();
  const processOf = (row: SpanRow): string => {
    const key = JSON.stringify([row.service, row.resource]);
    const known = ids.get(key);
    if (known !== undefined) return known;
    const id = `p${ids.size + 1}`;
    ids.set(key, id);
    const { "service.name": _, ...resource } = row.resource;
    processes[id] = { serviceName: row.service, tags: texts(resource) };
    return id;
  };
  const spans = rows.map((row) => ({
    traceID: row.traceId,
    spanID: row.spanId,
    operationName: row.name,
    references: referencesOf(row),
    startTime: microseconds(row.startNs),
    duration: Math.round(row.durationNs / 1000),
    tags: tagsOf(row),
    logs: row.events.map(({ timeNs, name, attributes }) => ({
      timestamp: microseconds(timeNs),
      fields: [...texts({ event: name }), ...texts(attributes)],
    })),
    processID: processOf(row),
    warnings: row.ended ? null : ["this span has not ended yet"],
  }));
  return { traceID: rows[0]?.traceId ?? "", spans, processes, warnings: null };
}

const answer = <T>(data: T[]) => ({
  data,
  total: data.length,
  limit: 0,
  offset: 0,
  errors: null,
});

/** Go's durations, as Jaeger's page sends them: `1.2s`, `100ms`, `500us`. */
function durationNs(text: string | undefined): number | undefined {
  const found = /^(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)$/.exec(text ?? "");
  if (found === null) return undefined;
  const units: Record<string, number> = {
    ns: 1,
    us: 1e3,
    µs: 1e3,
    ms: 1e6,
    s: 1e9,
    m: 6e10,
    h: 3.6e12,
  };
  return Number(found[1]) * (units[found[2] ?? ""] ?? 0);
}

const Tags = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** When the graph of services ends, and how far back it reaches, in milliseconds. */
const Dependencies = z.object({
  endTs: z.coerce.number().int().min(1).max(4_102_444_800_000).optional(),
  lookback: z.coerce
    .number()
    .int()
    .min(1)
    .max(400 * DAY_MS)
    .default(DAY_MS),
});

/** Calls from service to service. */
const dependenciesOf = ({ nodes, edges }: FleetGraph) => {
  const names = new Map(nodes.map(({ id, name }) => [id, name]));
  return edges
    .filter(({ kind }) => kind === "call")
    .map(({ source, target, calls }) => ({
      parent: names.get(source) ?? source,
      child: names.get(target) ?? target,
      callCount: calls,
    }));
};

/** `tags` is a JSON object; `error=true` means spans that failed. */
function tagsIn(text: string | undefined): { attributes: Record<string, string>; errors: boolean } {
  if (text === undefined || text === "") return { attributes: {}, errors: false };
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  const found = Tags.safeParse(parsed);
  if (!found.success)
    throw new FleetlightError("bad_request", 400, "tags must be a JSON object of texts");
  const { error, ...rest } = found.data;
  return {
    attributes: Object.fromEntries(
      Object.entries(rest).map(([key, value]) => [key, String(value)]),
    ),
    errors: String(error) === "true",
  };
}

const Search = z.object({
  service: z.string().max(512).optional(),
  operation: z.string().max(512).optional(),
  tags: z.string().max(8192).optional(),
  start: z.coerce.number().optional(),
  end: z.coerce.number().optional(),
  minDuration: z.string().max(32).optional(),
  maxDuration: z.string().max(32).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(20),
  traceID: z.union([TraceId, z.array(TraceId).max(100)]).optional(),
});

function queryOf(search: z.output<typeof Search>, nowMs: number): TraceQuery {
  const { attributes, errors } = tagsIn(search.tags);
  const endMs = search.end === undefined ? nowMs : search.end / 1000;
  return {
    startMs: search.start === undefined ? endMs - DAY_MS : search.start / 1000,
    endMs,
    service: search.service || undefined,
    name: search.operation || undefined,
    errorsOnly: errors,
    minDurationNs: durationNs(search.minDuration),
    maxDurationNs: durationNs(search.maxDuration),
    attributes,
    limit: search.limit,
  };
}

// oxlint-disable-next-line max-lines-per-function -- a list of routes, each a few lines
export function jaegerRoutes(app: App, doors: Doors): void {
  const range = () => ({ startMs: doors.now() - 7 * DAY_MS, endMs: doors.now() + DAY_MS });

  app.route({
    method: "GET",
    url: "/jaeger/api/services",
    schema: schema("Services with spans in the last week"),
    handler: async (request) => {
      const names = await doors.traces.names(tenantOf(request), range());
      return answer([...new Set(names.map(({ service }) => service))].toSorted());
    },
  });

  app.route({
    method: "GET",
    url: "/jaeger/api/services/:service/operations",
    schema: {
      ...schema("Names of a service's spans in the last week"),
      params: z.object({ service: z.string().max(512) }),
    },
    handler: async (request) => {
      const names = await doors.traces.names(tenantOf(request), range());
      const own = names.filter(({ service }) => service === request.params.service);
      return answer([...new Set(own.map(({ name }) => name))]);
    },
  });

  app.route({
    method: "GET",
    url: "/jaeger/api/operations",
    schema: {
      ...schema("Names and kinds of a service's spans in the last week"),
      querystring: z.object({
        service: z.string().max(512),
        spanKind: z.string().max(32).optional(),
      }),
    },
    handler: async (request) => {
      const { service, spanKind = "" } = request.query;
      const names = await doors.traces.names(tenantOf(request), range());
      return answer(
        names
          .filter((one) => one.service === service)
          .map(({ name, kind }) => ({ name, spanKind: KINDS[kind] ?? "" }))
          .filter((one) => spanKind === "" || one.spanKind === spanKind),
      );
    },
  });

  app.route({
    method: "GET",
    url: "/jaeger/api/dependencies",
    schema: { ...schema("Which services call which"), querystring: Dependencies },
    handler: async (request) => {
      const { endTs: endMs = doors.now(), lookback } = request.query;
      const asked = { startMs: Math.max(0, endMs - lookback), endMs };
      return answer(dependenciesOf(await doors.fleet.graph(tenantOf(request), asked, {})));
    },
  });

  app.route({
    method: "GET",
    url: "/jaeger/api/traces",
    schema: { ...schema("Traces that match"), querystring: Search },
    handler: async (request) => {
      const tenant = tenantOf(request);
      const ids = [request.query.traceID ?? []].flat().map(traceIdOf);
      const found =
        ids.length === 0
          ? await doors.traces.rows(tenant, queryOf(request.query, doors.now()))
          : await Promise.all(ids.map((id) => doors.traces.trace(tenant, id)));
      return answer(found.filter((rows) => rows.length > 0).map(traceOf));
    },
  });

  app.route({
    method: "GET",
    url: "/jaeger/api/traces/:id",
    schema: { ...schema("One trace"), params: z.object({ id: TraceId }) },
    handler: async (request, reply) => {
      const rows = await doors.traces.trace(tenantOf(request), traceIdOf(request.params.id));
      if (rows.length > 0) return answer([traceOf(rows)]);
      // Jaeger's words for its page, ours for everybody else.
      const { code, status, message } = notFound("trace", request.params.id);
      return reply.code(status).send({
        ...answer([]),
        ...errorBody(code, message),
        errors: [{ code: status, msg: message }],
      });
    },
  });
}
