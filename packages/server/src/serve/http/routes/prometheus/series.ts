import { compileMatcher, PromQLError, type LabelMatcher, type Labels } from "@fleetlight/promql";

import { badRequest } from "#lib";
import { createCatalog, labelsJson, type CatalogRequest } from "#query";

import type { Doors } from "../../../doors.ts";
import type { App } from "../../app-type.ts";
import { tenantOf } from "../../tenant.ts";
import { badData, badParameter } from "./errors.ts";
import { Params } from "./params.ts";
import { sendData, sendPieces, signalOf, TRUNCATED } from "./reply.ts";

/** Series that are written before others get their turn. */
const SERIES_PER_PIECE = 1000;
const MAX_TIME_MS = 8.64e15;
const READ = ["GET", "POST"] as const;

const schema = (summary: string) => ({ tags: ["prometheus"], summary });

/** The range of `start` and `end`; undefined when neither is given. */
function rangeOf(params: Params): CatalogRequest["range"] {
  const start = params.optionalTime("start");
  const end = params.optionalTime("end");
  if (start === undefined && end === undefined) return undefined;
  const [startMs, endMs] = [start ?? -MAX_TIME_MS, end ?? MAX_TIME_MS];
  if (endMs < startMs) throw badParameter("end", "end timestamp must not be before start time");
  return { startMs, endMs };
}

/**
 * A label's name as it was before it was escaped to fit into a URL or an older client (`U__` and hexadecimal digits
 * between underscores); anything else is taken as it is.
 */
export function unescapeName(name: string): string {
  if (!name.startsWith("U__")) return name;
  const body = name.slice(3);
  if (!/^(?:__|_[0-9a-fA-F]{1,6}_|[a-zA-Z0-9:])*$/.test(body)) return name;
  try {
    return body.replace(/__|_([0-9a-fA-F]{1,6})_/g, (_all, hex?: string) =>
      hex === undefined ? "_" : String.fromCodePoint(Number.parseInt(hex, 16)),
    );
  } catch {
    return name;
  }
}

const NO_MATCHER = "match[] must contain at least one non-empty matcher";

/**
 * The selectors of `match[]`; upstream names the parameter in errors of some resources only.
 * @throws ApiError for what is no selector, and for one that takes every series.
 */
export function selectorsOf(params: Params, parameter?: string): LabelMatcher[][] {
  const fail = (message: string) =>
    parameter === undefined ? badData(message) : badParameter(parameter, message);
  try {
    const selectors = params.selectors();
    if (selectors.some((matchers) => matchers.every((one) => compileMatcher(one)(""))))
      throw fail(NO_MATCHER);
    return selectors;
  } catch (error) {
    throw error instanceof PromQLError ? fail(error.message) : error;
  }
}

/** At most `limit` entries, and the warning when there were more. */
const cut = (entries: string[], limit: number): { data: string[]; warnings: string[] } =>
  entries.length > limit
    ? { data: entries.slice(0, limit), warnings: [TRUNCATED] }
    : { data: entries, warnings: [] };

function* seriesJson(series: readonly Labels[], truncated: boolean): Generator<Buffer> {
  let text = '{"status":"success","data":[';
  for (const [i, labels] of series.entries()) {
    text += `${i > 0 ? "," : ""}${labelsJson(labels)}`;
    if (i % SERIES_PER_PIECE < SERIES_PER_PIECE - 1) continue;
    yield Buffer.from(text);
    text = "";
  }
  yield Buffer.from(`${text}]${truncated ? `,"warnings":["${TRUNCATED}"]` : ""}}`);
}

export function seriesRoutes(app: App, doors: Doors): void {
  const catalog = createCatalog(doors.telemetry.metrics);

  app.route({
    method: [...READ],
    url: "/api/v1/series",
    config: { access: "read" },
    compress: false,
    schema: schema("Label sets of the series that match"),
    handler: async (request, reply) => {
      const params = new Params(request);
      if (params.all("match[]").length === 0) throw badData("no match[] parameter provided");
      const limit = params.limit();
      const range = rangeOf(params);
      const selectors = selectorsOf(params, "match[]");
      const most = doors.config().query.max_series_answer;
      const { series, truncated } = await catalog.series(
        tenantOf(request),
        { selectors, range, signal: signalOf(reply) },
        Math.min(limit, most),
      );
      if (truncated && limit > most)
        throw badRequest(
          `more than ${most} series match (query.max_series_answer); ask for fewer, or give a limit`,
        );
      return sendPieces(request, reply, "application/json", seriesJson(series, truncated));
    },
  });

  app.route({
    method: [...READ],
    url: "/api/v1/labels",
    config: { access: "read" },
    compress: false,
    schema: schema("Names of labels"),
    handler: async (request, reply) => {
      const params = new Params(request);
      const limit = params.limit();
      const range = rangeOf(params);
      const names = await catalog.labelNames(tenantOf(request), {
        selectors: selectorsOf(params),
        range,
        signal: signalOf(reply),
      });
      const { data, warnings } = cut(names, limit);
      return sendData(request, reply, data, { warnings });
    },
  });

  app.route({
    // Upstream takes GET only; whoever asks by POST elsewhere does so here as well.
    method: [...READ],
    url: "/api/v1/label/:name/values",
    config: { access: "read" },
    compress: false,
    schema: schema("Values of a label"),
    handler: async (request, reply) => {
      const params = new Params(request);
      const name = unescapeName((request.params as { name: string }).name);
      const limit = params.limit();
      const range = rangeOf(params);
      const values = await catalog.labelValues(tenantOf(request), name, {
        selectors: selectorsOf(params),
        range,
        signal: signalOf(reply),
      });
      const { data, warnings } = cut(values, limit);
      return sendData(request, reply, data, { warnings });
    },
  });
}
