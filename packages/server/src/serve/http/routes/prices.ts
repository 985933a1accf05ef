import { PriceTable, UnpricedModels } from "@fleetlight/contract";

import { z } from "zod";

import { isoTime } from "#lib";

import type { Doors } from "../../doors.ts";
import type { App } from "../app-type.ts";
import { tenantOf } from "../tenant.ts";
import { Time } from "./trace-query.ts";

const tags = ["traces"];
const WEEK_MS = 604_800_000;

export function priceRoutes(app: App, doors: Doors): void {
  app.route({
    method: "GET",
    url: "/api/v1/prices",
    schema: {
      tags,
      summary: "What calls of models cost, in the order in which entries count",
      response: { 200: PriceTable },
    },
    handler: () => {
      const { prices, loadedMs, ...rest } = doors.ingest.prices.list();
      return { prices, count: prices.length, loaded_at: isoTime(loadedMs), ...rest };
    },
  });

  app.route({
    method: "GET",
    url: "/api/v1/prices/unknown",
    schema: {
      tags,
      summary: "Models that were called and have no price",
      description: "Those of the last week when no time is given.",
      querystring: z.object({ start: Time.optional(), end: Time.optional() }),
      response: { 200: UnpricedModels },
    },
    handler: (request) => {
      const endMs = request.query.end ?? doors.now();
      const startMs = request.query.start ?? endMs - WEEK_MS;
      return doors.traces.unpriced(tenantOf(request), { startMs, endMs });
    },
  });
}
