import { parseGrouping } from "#collect";
import { FleetlightError } from "#lib";

import type { Doors } from "../../../doors.ts";
import type { App } from "../../app-type.ts";
import { tenantOf } from "../../tenant.ts";
import { decompress } from "./content.ts";
import { bytesOf, ingestOptions } from "./options.ts";

/** The labels as they were sent: a value may hold an encoded slash, which the router would decode before it is cut. */
const groupingOf = (url: string) =>
  parseGrouping((url.split("?", 1)[0] ?? "").replace(/^\/metrics/, ""));

function formatOf(contentType: string | undefined): "text" | "openmetrics" {
  const type = (contentType ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "application/vnd.google.protobuf")
    throw new FleetlightError(
      "unsupported_media_type",
      415,
      "pushed metrics are read in the text format and as OpenMetrics",
    );
  return type === "application/openmetrics-text" ? "openmetrics" : "text";
}

/** The paths of the Prometheus Pushgateway. */
export function pushRoutes(app: App, doors: Doors): void {
  const { push } = doors.ingest;
  const schema = { tags: ["ingest"] };
  for (const url of ["/metrics/job/*", "/metrics/job@base64/*"]) {
    for (const method of ["PUT", "POST"] as const)
      app.route({
        method,
        url,
        ...ingestOptions(doors),
        schema: {
          ...schema,
          summary:
            method === "PUT"
              ? "Replaces a group of pushed metrics"
              : "Replaces the metrics of these names in a group of pushed metrics",
        },
        handler: async (request, reply) => {
          const grouping = groupingOf(request.raw.url ?? "");
          const format = formatOf(request.headers["content-type"]);
          const body = await decompress(
            bytesOf(request.body),
            request.headers["content-encoding"],
            doors.config().ingest.max_body_bytes,
          );
          await push.push(tenantOf(request), grouping, body, format, method === "PUT");
          return reply.code(200).send();
        },
      });
    app.route({
      method: "DELETE",
      url,
      ...ingestOptions(doors),
      schema: { ...schema, summary: "Ends a group of pushed metrics" },
      handler: async (request, reply) => {
        await push.remove(tenantOf(request), groupingOf(request.raw.url ?? ""));
        return reply.code(202).send();
      },
    });
  }
}
