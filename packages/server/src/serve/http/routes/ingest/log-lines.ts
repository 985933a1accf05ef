import { LogsTaken } from "@fleetlight/contract";
import { z } from "zod";

import { badRequest } from "#lib";

import type { Doors } from "../../../doors.ts";
import type { App } from "../../app-type.ts";
import { tenantOf } from "../../tenant.ts";
import { decompress } from "./content.ts";
import { bytesOf, ingestOptions } from "./options.ts";

/** Log lines of whoever can send text. */
export function logLinesRoute(app: App, doors: Doors): void {
  app.route({
    method: "POST",
    url: "/api/v1/logs",
    ...ingestOptions(doors),
    schema: {
      tags: ["ingest"],
      summary: "Log lines: one JSON object or one text per line",
      description:
        "Time, level, message, service and ids are found under the names that common loggers use; the rest becomes attributes. " +
        "Lines that are refused are told by their number, the others are taken. `service` is that of lines that name none.",
      querystring: z.object({ service: z.string().max(256).optional() }),
      response: { 200: LogsTaken },
    },
    handler: async (request) => {
      const { max_body_bytes: maxBytes } = doors.config().ingest;
      const body = await decompress(
        bytesOf(request.body),
        request.headers["content-encoding"],
        maxBytes,
      );
      const { service = "" } = request.query;
      const result = await doors.ingest.logs.writeLines(tenantOf(request), body, service);
      if (result.taken > 0 || result.refused === 0)
        return { ...result, errors: [...result.errors] };
      const details = result.errors.map(({ line, message }) => ({ path: `line ${line}`, message }));
      throw badRequest("no line was taken", details);
    },
  });
}
