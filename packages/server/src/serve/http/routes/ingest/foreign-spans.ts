import { hopsOf, HOPS_HEADER, type SpanEncoding } from "#collect";
import { FleetlightError } from "#lib";

import type { Doors } from "../../../doors.ts";
import type { App } from "../../app-type.ts";
import { tenantOf } from "../../tenant.ts";
import { decompress, mediaTypeOf, tooMuchJson } from "./content.ts";
import { bytesOf, ingestOptions } from "./options.ts";

/** A way to send spans that was there before OTLP. */
interface Format {
  url: string;
  encoding: SpanEncoding;
  types: readonly string[];
  summary: string;
}

const FORMATS: readonly Format[] = [
  {
    url: "/api/traces",
    encoding: "jaeger",
    types: ["application/x-thrift", "application/vnd.apache.thrift.binary"],
    summary: "Spans of Jaeger's clients (Thrift over HTTP)",
  },
  {
    url: "/api/v2/spans",
    encoding: "zipkin",
    types: ["application/json"],
    summary: "Spans in Zipkin's JSON, version 2",
  },
];

/** Jaeger's and Zipkin's ways in. Neither has partial success: what is refused is counted. */
export function foreignSpanRoutes(app: App, doors: Doors): void {
  for (const { url, encoding, types, summary } of FORMATS)
    app.route({
      method: "POST",
      url,
      ...ingestOptions(doors),
      schema: { tags: ["ingest"], summary },
      handler: async (request, reply) => {
        if (!types.includes(mediaTypeOf(request.headers["content-type"])))
          throw new FleetlightError(
            "unsupported_media_type",
            415,
            `spans come here as ${types.join(" or ")}`,
          );
        const { max_body_bytes: maxBytes, max_json_bytes: maxJsonBytes } = doors.config().ingest;
        const { "content-encoding": compression } = request.headers;
        const body = await decompress(bytesOf(request.body), compression, maxBytes);
        if (encoding === "zipkin" && body.length > maxJsonBytes) throw tooMuchJson(maxJsonBytes);
        const tenant = tenantOf(request);
        await doors.ingest.spans.write(tenant, body, encoding);
        const hops = hopsOf(request.headers[HOPS_HEADER]);
        doors.ingest.forward.offer({ signal: "traces", tenant, body, encoding, hops });
        return reply.code(202).send();
      },
    });
}
