import {
  formatPromQL,
  parsePromQL,
  parseShared,
  typeOf,
  type QueryResult,
  type ResultData,
} from "@fleetlight/promql";
import type { FastifyReply, FastifyRequest } from "fastify";

import { ResultWriter, statsJson, type PromQLOptions } from "#query";

import type { Doors } from "../../../doors.ts";
import type { App } from "../../app-type.ts";
import { isOwn } from "../../own-requests.ts";
import { tenantOf } from "../../tenant.ts";
import { astJson } from "./ast-json.ts";
import { badData, badParameter } from "./errors.ts";
import { Params } from "./params.ts";
import { sendData, sendPieces, signalOf, TRUNCATED } from "./reply.ts";

/** Upstream's bound: enough for 60 s steps over a week, or 1 h steps over a year. */
const MAX_POINTS = 11_000;
const READ = ["GET", "POST"] as const;
const TYPE_NAMES = { matrix: "range vector", string: "string" } as const;

const schema = (summary: string) => ({ tags: ["prometheus"], summary });

/** What a query is told besides its expression and its times; always of one shape, for which V8 compiles. */
function optionsOf(params: Params, reply: FastifyReply): PromQLOptions {
  const timeoutMs = params.optionalDuration("timeout");
  const lookbackMs = params.optionalDuration("lookback_delta");
  return {
    signal: signalOf(reply),
    explain: params.text("explain") === "1",
    timeoutMs,
    lookbackMs: lookbackMs !== undefined && lookbackMs > 0 ? lookbackMs : undefined,
    noCache: params.text("nocache") === "1",
    uncounted: isOwn(reply.request.raw),
  };
}

/** At most `limit` series of a result. */
function truncate(data: ResultData, limit: number): { data: ResultData; cut: boolean } {
  if (data.kind === "vector" && data.samples.length > limit)
    return { data: { ...data, samples: data.samples.slice(0, limit) }, cut: true };
  if (data.kind === "matrix" && data.series.length > limit)
    return { data: { ...data, series: data.series.slice(0, limit) }, cut: true };
  return { data, cut: false };
}

function sendResult(
  request: FastifyRequest,
  reply: FastifyReply,
  params: Params,
  result: QueryResult,
  limit: number,
) {
  const { data, cut } = truncate(result.data, limit);
  const pieces = new ResultWriter().write(data, {
    warnings: cut ? [...result.warnings, TRUNCATED] : result.warnings,
    infos: result.infos,
    stats: params.text("stats") === "" ? undefined : statsJson(result),
    plan: result.plan === undefined ? undefined : JSON.stringify(result.plan),
  });
  return sendPieces(request, reply, "application/json", pieces);
}

export function queryRoutes(app: App, { promql, now }: Doors): void {
  app.route({
    method: [...READ],
    url: "/api/v1/query",
    config: { access: "read" },
    compress: false,
    schema: schema("The value of a PromQL expression at one instant"),
    handler: async (request, reply) => {
      const params = new Params(request);
      const limit = params.limit();
      const timeMs = params.optionalTime("time") ?? now();
      const options = optionsOf(params, reply);
      const result = await promql.instant(tenantOf(request), params.text("query"), timeMs, options);
      return sendResult(request, reply, params, result, limit);
    },
  });

  app.route({
    method: [...READ],
    url: "/api/v1/query_range",
    config: { access: "read" },
    compress: false,
    schema: schema("The values of a PromQL expression over a range of time"),
    handler: async (request, reply) => {
      const params = new Params(request);
      const limit = params.limit();
      const startMs = params.time("start");
      const endMs = params.time("end");
      if (endMs < startMs) throw badParameter("end", "end timestamp must not be before start time");
      const stepMs = params.duration("step");
      if (stepMs <= 0)
        throw badParameter(
          "step",
          "zero or negative query resolution step widths are not accepted. Try a positive integer",
        );
      if (Math.floor((endMs - startMs) / stepMs) > MAX_POINTS)
        throw badData(
          "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
        );
      const options = optionsOf(params, reply);
      const text = params.text("query");
      const type = params.parsed("query", (query) => typeOf(parseShared(query)));
      if (type === "matrix" || type === "string")
        throw badParameter(
          "query",
          `invalid expression type "${TYPE_NAMES[type]}" for range query, must be Scalar or instant Vector`,
        );
      const result = await promql.range(
        tenantOf(request),
        text,
        startMs,
        endMs,
        // Upstream cuts to whole milliseconds, and divides by zero below one.
        Math.max(1, Math.trunc(stepMs)),
        options,
      );
      return sendResult(request, reply, params, result, limit);
    },
  });
}

/** Expressions that are only looked at. */
export function expressionRoutes(app: App): void {
  app.route({
    method: [...READ],
    url: "/api/v1/format_query",
    config: { access: "read" },
    compress: false,
    schema: schema("A PromQL expression in its canonical form"),
    handler: async (request, reply) => {
      const expr = new Params(request).parsed("query", parsePromQL);
      return sendData(request, reply, formatPromQL(expr));
    },
  });

  app.route({
    method: [...READ],
    url: "/api/v1/parse_query",
    config: { access: "read" },
    compress: false,
    schema: schema("A PromQL expression as a tree"),
    handler: async (request, reply) =>
      sendData(request, reply, astJson(new Params(request).parsed("query", parsePromQL))),
  });
}
