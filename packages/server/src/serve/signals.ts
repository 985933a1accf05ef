import type { IncomingHttpHeaders } from "node:http";

import { hopsOf, HOPS_HEADER, type OtlpEncoding } from "#collect";
import { ProtobufWriter } from "#lib";

import type { Ingest } from "./doors.ts";

/** Name of the count of what was refused, in JSON. */
type Rejected = "rejectedDataPoints" | "rejectedSpans" | "rejectedLogRecords";

/** One kind of telemetry that comes over OTLP, by HTTP or gRPC. */
export interface Signal {
  name: "metrics" | "traces" | "logs";
  /** What it is made of, for descriptions. */
  what: string;
  /** Paths over HTTP: OTLP's own, and those that others have for it. */
  urls: readonly [string, ...string[]];
  /** The method over gRPC. */
  method: string;
  rejected: Rejected;
  /** Takes one decompressed body; durable when it resolves, and then passed on to whom the configuration names. */
  write(
    tenant: string,
    body: Buffer,
    encoding: OtlpEncoding,
    headers: IncomingHttpHeaders,
  ): Promise<{ refused: number; messages: readonly string[] }>;
}

type Kept = Omit<Signal, "write"> & {
  keep(
    tenant: string,
    body: Buffer,
    encoding: OtlpEncoding,
  ): Promise<{ refused: number; messages: readonly string[] }>;
};

/** Also under the paths that Prometheus has for them; spans under that of Langfuse's SDKs. */
const kept = (ingest: Ingest): readonly Kept[] => [
  {
    name: "metrics",
    what: "metrics",
    urls: ["/v1/metrics", "/api/v1/otlp/v1/metrics"],
    method: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    rejected: "rejectedDataPoints",
    keep: (tenant, body, encoding) => ingest.otlp.write(tenant, body, encoding),
  },
  {
    name: "traces",
    what: "spans",
    urls: ["/v1/traces", "/api/v1/otlp/v1/traces", "/api/public/otel/v1/traces"],
    method: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    rejected: "rejectedSpans",
    keep: (tenant, body, encoding) => ingest.spans.write(tenant, body, encoding),
  },
  {
    name: "logs",
    what: "log records",
    urls: ["/v1/logs", "/api/v1/otlp/v1/logs"],
    method: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    rejected: "rejectedLogRecords",
    keep: (tenant, body, encoding) => ingest.logs.write(tenant, body, encoding),
  },
];

export const signalsOf = (ingest: Ingest): readonly Signal[] =>
  kept(ingest).map(({ keep, ...signal }) => ({
    ...signal,
    write: async (tenant, body, encoding, headers) => {
      const result = await keep(tenant, body, encoding);
      const hops = hopsOf(headers[HOPS_HEADER]);
      ingest.forward.offer({ signal: signal.name, tenant, body, encoding, hops });
      return result;
    },
  }));

/** The answer of an export service, empty when everything was taken. */
export function exportAnswer(
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
  const writer = new ProtobufWriter();
  writer.message(1, () => {
    writer.uint(1, refused);
    writer.string(2, message);
  });
  return Buffer.from(writer.take());
}
