import type { WriteVersion } from "#collect";
import { FleetlightError } from "#lib";

import type { Doors } from "../../../doors.ts";
import type { App } from "../../app-type.ts";
import { tenantOf } from "../../tenant.ts";
import { bytesOf, ingestOptions } from "./options.ts";

const VERSIONS: ReadonlyMap<string, WriteVersion> = new Map([
  ["", "1.0"],
  ["prometheus.WriteRequest", "1.0"],
  ["io.prometheus.write.v2.Request", "2.0"],
]);

const unsupported = (message: string): FleetlightError =>
  new FleetlightError("unsupported_media_type", 415, message);

/** The message that a `Content-Type` announces; early senders of version 1.0 announce nothing. */
function versionOf(contentType: string | undefined): WriteVersion {
  const [type = "", ...parameters] = (contentType ?? "").split(";").map((part) => part.trim());
  if (type !== "" && type.toLowerCase() !== "application/x-protobuf")
    throw unsupported(
      `expected application/x-protobuf as the first (media) part, got ${JSON.stringify(type.slice(0, 200))} content-type`,
    );
  const proto = parameters.find((part) => part.startsWith("proto="))?.slice("proto=".length) ?? "";
  const version = VERSIONS.get(proto);
  if (version === undefined)
    throw unsupported(
      `got ${JSON.stringify(proto.slice(0, 200))} content-type's proto, which is neither prometheus.WriteRequest nor io.prometheus.write.v2.Request`,
    );
  return version;
}

function checkEncoding(encoding: string | undefined): void {
  if (encoding === undefined || encoding === "" || encoding === "snappy") return;
  throw unsupported(
    `${JSON.stringify(encoding.slice(0, 200))} encoding (compression) is not accepted by this server; only snappy is acceptable`,
  );
}

/** Prometheus remote write: https://prometheus.io/docs/specs/prw/remote_write_spec/ and its version 2.0. */
export function writeRoute(app: App, doors: Doors): void {
  app.route({
    method: "POST",
    url: "/api/v1/write",
    ...ingestOptions(doors),
    schema: {
      tags: ["ingest"],
      summary: "Prometheus remote write 1.0 and 2.0",
      description:
        "Snappy-compressed protobuf. Good samples are kept when others are refused, and 400 tells the first of these.",
    },
    handler: async (request, reply) => {
      const version = versionOf(request.headers["content-type"]);
      checkEncoding(request.headers["content-encoding"]);
      const result = await doors.ingest.remoteWrite.write(
        tenantOf(request),
        bytesOf(request.body),
        version,
      );
      void reply.headers({
        "x-prometheus-remote-write-samples-written": result.samples,
        "x-prometheus-remote-write-histograms-written": result.histograms,
        "x-prometheus-remote-write-exemplars-written": result.exemplars,
      });
      if (result.refused === 0) return reply.code(204).send();
      return reply
        .code(400)
        .type("text/plain; charset=utf-8")
        .send(`${result.messages.join("\n")}\n`);
    },
  });
}
