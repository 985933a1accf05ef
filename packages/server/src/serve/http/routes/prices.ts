import { PriceTable } from "@fleetlight/contract";

import { isoTime } from "#lib";

import type { Doors } from "../../doors.ts";
import type { App } from "../app-type.ts";

const tags = ["traces"];

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
}
