import type { OtlpEncoding } from "#collect";
import { FleetlightError } from "#lib";

import type { Doors } from "../../../doors.ts";
import { exportAnswer, signalsOf, type Signal } from "../../../signals.ts";
import type { App } from "../../app-type.ts";
import { tenantOf } from "../../tenant.ts";
import { decompress, mediaTypeOf, tooMuchJson } from "./content.ts";
import { bytesOf, ingestOptions } from "./options.ts";
import { sendStatus } from "./otlp-status.ts";

const TYPES: Record<string, OtlpEncoding> = {
  "application/x-protobuf": "protobuf",
  "application/json": "json",
};

function encodingOf(contentType: string | undefined): OtlpEncoding {
  const type = mediaTypeOf(contentType);
  const encoding = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (encoding === undefined)
    throw new FleetlightError(
      "unsupported_media_type",
      415,
      "OTLP comes as application/x-protobuf or application/json",
    );
  return encoding;
}

function signalRoute(app: App, doors: Doors, url: string, { what, rejected, write }: Signal): void {
  app.route({
    method: "POST",
    url,
    ...ingestOptions(doors),
    onSend: sendStatus,
    schema: {
      tags: ["ingest"],
      summary: `OpenTelemetry ${what} (OTLP/HTTP)`,
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
      const { refused, messages } = await write(tenantOf(request), body, encoding, request.headers);
      return reply
        .type(encoding === "json" ? "application/json" : "application/x-protobuf")
        .send(exportAnswer(rejected, refused, messages.join("; "), encoding));
    },
  });
}

/** OpenTelemetry over HTTP. */
export function otlpRoutes(app: App, doors: Doors): void {
  for (const signal of signalsOf(doors.ingest))
    for (const url of signal.urls) signalRoute(app, doors, url, signal);
}
