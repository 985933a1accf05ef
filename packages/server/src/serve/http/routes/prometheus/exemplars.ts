import { formatFloat, parsePromQL, type Expr, type LabelMatcher } from "@fleetlight/promql";

import { createCatalog } from "#query";
import type { SeriesExemplars } from "#store";

import type { Doors } from "../../../doors.ts";
import type { App } from "../../app-type.ts";
import { tenantOf } from "../../tenant.ts";
import { badData, parsing } from "./errors.ts";
import { Params } from "./params.ts";
import { sendPieces, signalOf } from "./reply.ts";

const MAX_TIME_MS = 8.64e15;

/** The parts of an expression that are expressions. */
function partsOf(expr: Expr): Expr[] {
  switch (expr.kind) {
    case "paren":
    case "unary":
    case "subquery":
      return [expr.expr];
    case "matrix":
      return [expr.selector];
    case "aggregate":
      return expr.param === undefined ? [expr.expr] : [expr.param, expr.expr];
    case "binary":
      return [expr.left, expr.right];
    case "call":
      return expr.args;
    default:
      return [];
  }
}

/** Matchers of every selector in an expression. */
export function selectorsIn(expr: Expr): LabelMatcher[][] {
  if (expr.kind === "vector") return [expr.matchers];
  return partsOf(expr).flatMap(selectorsIn);
}

function* answer(doors: Doors, found: readonly SeriesExemplars[]): Generator<Buffer> {
  let text = '{"status":"success","data":[';
  for (const [i, { ref, exemplars }] of found.entries()) {
    const series = {
      seriesLabels: doors.telemetry.metrics.labels(ref),
      exemplars: exemplars.map(({ labels, value, timeMs }) => ({
        labels,
        value: formatFloat(value),
        timestamp: timeMs / 1000,
      })),
    };
    yield Buffer.from(text + (i > 0 ? "," : "") + JSON.stringify(series));
    text = "";
  }
  yield Buffer.from(`${text}]}`);
}

export function exemplarRoutes(app: App, doors: Doors): void {
  const catalog = createCatalog(doors.telemetry.metrics);
  app.route({
    method: ["GET", "POST"],
    url: "/api/v1/query_exemplars",
    config: { access: "read" },
    compress: false,
    schema: {
      tags: ["prometheus"],
      summary: "Exemplars of the series that a PromQL expression reads",
    },
    handler: async (request, reply) => {
      const params = new Params(request);
      const startMs = params.optionalTime("start") ?? -MAX_TIME_MS;
      const endMs = params.optionalTime("end") ?? MAX_TIME_MS;
      if (endMs < startMs) throw badData("end timestamp must not be before start timestamp");
      const selectors = selectorsIn(parsing(null, () => parsePromQL(params.text("query"))));
      const tenant = tenantOf(request);
      const refs =
        selectors.length === 0
          ? []
          : await catalog.find(tenant, { selectors, range: undefined, signal: signalOf(reply) });
      const found = doors.telemetry.exemplars.query(tenant, refs, startMs, endMs);
      return sendPieces(request, reply, "application/json", answer(doors, found));
    },
  });
}
