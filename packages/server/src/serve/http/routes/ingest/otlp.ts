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
      "OTLP comes as application/x-protobuf or application/json",
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

/** Name of the count of what was refused, in JSON. */
type Rejected = "rejectedDataPoints" | "rejectedSpans";

/** The answer of an export service, empty when everything was taken. */
function answerOf(
  rejected: Rejected,
  refused: number,
  message: string,
  encoding: OtlpEncoding,
): Buffer {
  if (encoding === "json")
    return Buffer.from(
      JSON.stringify(
        refused === 0
          ? {}
          : { partialSuccess: { [rejected]: String(refused), errorMessage: message } },
      ),
    );
  if (refused === 0) return Buffer.alloc(0);
  return delimited(
    1,
    Buffer.concat([Buffer.from([8, ...varint(refused)]), delimited(2, Buffer.from(message))]),
  );
}

/** One kind of telemetry that comes over OTLP/HTTP. */
interface Signal {
  urls: readonly string[];
  what: string;
  rejected: Rejected;
  write(
    tenant: string,
    body: Buffer,
    encoding: OtlpEncoding,
  ): Promise<{ refused: number; messages: readonly string[] }>;
}

/** Also under the paths that Prometheus has for them; spans under that of Langfuse's SDKs. */
const signals = ({ ingest }: Doors): readonly Signal[] => [
  {
    urls: ["/v1/metrics", "/api/v1/otlp/v1/metrics"],
    what: "metrics",
    rejected: "rejectedDataPoints",
    write: (tenant, body, encoding) => ingest.otlp.write(tenant, body, encoding),
  },
  {
    urls: ["/v1/traces", "/api/v1/otlp/v1/traces", "/api/public/otel/v1/traces"],
    what: "spans",
    rejected: "rejectedSpans",
    write: (tenant, body, encoding) => ingest.spans.write(tenant, body, encoding),
  },
];

function signalRoute(app: App, doors: Doors, url: string, { what, rejected, write }: Signal): void {
  app.route({
    method: "POST",
    url,
    ...ingestOptions(doors),
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
      const { refused, messages } = await write(tenantOf(request), body, encoding);
      return reply
        .type(encoding === "json" ? "application/json" : "application/x-protobuf")
        .send(answerOf(rejected, refused, messages.join("; "), encoding));
    },
  });
}

/** OpenTelemetry over HTTP. */
export function otlpRoutes(app: App, doors: Doors): void {
  for (const signal of signals(doors))
    for (const url of signal.urls) signalRoute(app, doors, url, signal);
}
