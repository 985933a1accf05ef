import { z } from "zod";

import { bytes, duration, portOrOff, section } from "./fields.ts";

const MIB = 1024 ** 2;
const count = () => z.int().min(1).max(1_000_000_000);

export const ingest = section("What is pushed here: remote write, OTLP and the push gateway.", {
  max_body_bytes: bytes({ min: 1024 })
    .prefault(32 * MIB)
    .describe("Largest body that is read, compressed or not."),
  max_json_bytes: bytes({ min: 1024 })
    .prefault(2 * MIB)
    .describe(
      "Largest OTLP body in JSON, decompressed: it is read in one go, in which nobody else has a turn. Protobuf has no such limit.",
    ),
  max_future: duration()
    .prefault("10m")
    .describe("Samples further ahead of this clock are refused; a value such as 100y takes all."),
  out_of_order_window: duration()
    .prefault("1000y")
    .describe(
      "Samples older than the newest of their series by more are refused; by default `storage.retention.metrics` alone decides.",
    ),
  max_cache_bytes: bytes({ min: MIB })
    // A million series of 250 bytes each: with less room than a round of them needs, every sample costs ten times as much.
    .prefault(640 * MIB)
    .describe(
      "Most memory for recognising series by the bytes in which they are sent, some 500 bytes for each that is active; taken as needed.",
    ),
  max_push_groups: count().default(10_000).describe("Most groups that the push gateway keeps."),
});

export const limits = section("What one tenant may send.", {
  max_series: count()
    .default(1_000_000)
    .describe("Most series; samples of further ones are refused."),
  max_labels_per_series: count().default(256).describe("Most labels of one series."),
  max_label_name_length: count().default(4096).describe("Longest label name in bytes."),
  max_label_value_length: count().default(65_536).describe("Longest label value in bytes."),
  samples_per_second: z
    .int()
    .min(0)
    .max(1_000_000_000)
    .default(0)
    .describe("Samples a second, with bursts of ten seconds' worth; 0 is no limit."),
});

export const otlp = section("OpenTelemetry: its own ports, and how its metrics become series.", {
  grpc_port: portOrOff()
    .prefault(4317)
    .describe(
      "Port of OTLP over gRPC, at `server.host`; `off` opens none, 0 takes any free one. One that is taken is only warned of.",
    ),
  http_port: portOrOff()
    .prefault(4318)
    .describe(
      "Further port of OTLP over HTTP, where nothing else answers; `off` opens none. `server.port` takes it as well.",
    ),
  grpc_max_message_bytes: bytes({ min: 1024 })
    .prefault(16 * MIB)
    .describe("Largest message over gRPC, decompressed."),
  translation_strategy: z
    .enum([
      "UnderscoreEscapingWithSuffixes",
      "UnderscoreEscapingWithoutSuffixes",
      "NoUTF8EscapingWithSuffixes",
      "NoTranslation",
    ])
    .default("UnderscoreEscapingWithSuffixes")
    .describe("How names are translated, as in the `otlp` section of Prometheus 3."),
  promote_resource_attributes: z
    .array(z.string().min(1).max(1024))
    .max(1000)
    .default([])
    .describe("Resource attributes that become labels of every series, besides `target_info`."),
  keep_identifying_resource_attributes: z
    .boolean()
    .default(false)
    .describe(
      "Whether `target_info` also has service.name, service.namespace, service.instance.id.",
    ),
  convert_histograms_to_nhcb: z
    .boolean()
    .default(false)
    .describe("Whether histograms with explicit bounds become native ones with custom buckets."),
  delta_state_series: count()
    .default(100_000)
    .describe("Most series of delta temporality whose running totals are kept."),
});
