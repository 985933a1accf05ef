import { z } from "zod";

import { bytes, duration, section, TIMER_RANGE, url } from "./fields.ts";
import { checkHttpClient, httpClientKeys } from "./prometheus/http-client.ts";

const MIB = 1024 ** 2;

/** An address as compose files have it, where the protocol may be left out. */
const address = () =>
  z.preprocess(
    (value) =>
      typeof value === "string" && value !== "" && !/^[a-z]+:\/\//i.test(value)
        ? `http://${value}`
        : value,
    url("http", "https"),
  );

const Destination = z
  .strictObject({
    url: url("http", "https").describe(
      "Address of an OTLP/HTTP endpoint; `/v1/traces`, `/v1/metrics` and `/v1/logs` are put behind it.",
    ),
    signals: z
      .array(z.enum(["traces", "metrics", "logs"]))
      .min(1)
      .max(3)
      .default(["traces", "metrics", "logs"])
      .describe("What is passed on."),
    headers: z
      .record(
        z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, "not a header name"),
        z
          .string()
          .max(8192)
          .regex(/^[\t\x20-\x7e\x80-\xff]*$/, "not a header value"),
      )
      .default({})
      .describe("Headers of every request; secrets are better kept in `authorization`."),
    ...httpClientKeys,
    timeout: duration(TIMER_RANGE).prefault("10s").describe("How long one request may take."),
    queue_bytes: bytes({ min: MIB })
      .prefault(64 * MIB)
      .describe("Memory for what waits; beyond it the newest is dropped and counted."),
    max_age: duration({ min: "1s", max: "1d" })
      .prefault("15m")
      .describe("Age at which what could not be sent is given up."),
  })
  .superRefine((entry, context) =>
    checkHttpClient(entry, (path, message) => context.addIssue({ code: "custom", path, message })),
  );
export type ForwardingDestination = z.output<typeof Destination>;

export const forwarding = section("Telemetry that is passed on to others, as it came.", {
  otlp: z
    .array(Destination)
    .max(16)
    .default([])
    .describe("OTLP/HTTP endpoints that are told everything that OTLP brings here."),
  jaeger_endpoint: address()
    .optional()
    .describe(
      "Collector that is told of all spans: OTLP/HTTP, or Jaeger's Thrift when the path ends in `/api/traces`.",
    ),
  prometheus_gateway: address()
    .optional()
    .describe("Push gateway that the server's own metrics are pushed to."),
  gateway_interval: duration(TIMER_RANGE).prefault("15s").describe("How often they are pushed."),
});
