import type { OtlpEncoding } from "#collect";
import { FleetlightError } from "#lib";

import type { Doors } from "../../../doors.ts";
import type { App } from "../../app-type.ts";
import { tenantOf } from "../../tenant.ts";
import { decompress } from "./content.ts";
import { bytesOf, ingestOptions } from "./options.ts";

const TYPES: Record<string, OtlpEncoding> = {
  "application/x-protobuf": "protobuf",
  "application/json": "json",
};

function encodingOf(contentType: string | undefined): OtlpEncoding {
  const type = (contentType ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  const encoding = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (encoding === undefined)
    throw new FleetlightError(
      "unsupported_media_type",
      415,
      "OTLP metrics come as application/x-protobuf or application/json",
    );
  return encoding;
}

const tooMuchJson = (maxBytes: number): FleetlightError =>
  new FleetlightError(
    "body_too_large",
    413,
    `a body in JSON may have ${maxBytes} bytes (ingest.max_json_bytes); send protobuf, or fewer points at once`,
  );

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return [...bytes, rest];
}

const delimited = (field: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([field * 8 + 2, ...varint(bytes.length)]), bytes]);

/** An ExportMetricsServiceResponse, empty when everything was taken. */
function answerOf(refused: number, message: string, encoding: OtlpEncoding): Buffer {
  if (encoding === "json")
    return Buffer.from(
      JSON.stringify(
        refused === 0
          ? {}
          : { partialSuccess: { rejectedDataPoints: String(refused), errorMessage: message } },
      ),
    );
  if (refused === 0) return Buffer.alloc(0);
  return delimited(
    1,
    Buffer.concat([Buffer.from([8, ...varint(refused)]), delimited(2, Buffer.from(message))]),
  );
}

/** OpenTelemetry metrics over HTTP; also under the path that Prometheus has for them. */
export function otlpRoutes(app: App, doors: Doors): void {
  for (const url of ["/v1/metrics", "/api/v1/otlp/v1/metrics"])
    app.route({
      method: "POST",
      url,
      ...ingestOptions(doors),
      schema: {
        tags: ["ingest"],
        summary: "OpenTelemetry metrics (OTLP/HTTP)",
        description:
          "Protobuf or JSON, compressed or not. What is refused is told as partial success.",
      },
      handler: async (request, reply) => {
        const encoding = encodingOf(request.headers["content-type"]);
        const { max_body_bytes: maxBytes, max_json_bytes: maxJsonBytes } = doors.config().ingest;
        const body = await decompress(
          bytesOf(request.body),
          request.headers["content-encoding"],
          maxBytes,
        );
        if (encoding === "json" && body.length > maxJsonBytes) throw tooMuchJson(maxJsonBytes);
        const { refused, messages } = await doors.ingest.otlp.write(
          tenantOf(request),
          body,
          encoding,
        );
        return reply
          .type(encoding === "json" ? "application/json" : "application/x-protobuf")
          .send(answerOf(refused, messages.join("; "), encoding));
      },
    });
}
