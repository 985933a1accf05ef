import { WIRE_BYTES, type ProtobufReader } from "#lib";
import type { MetricKind, MetricMetadata } from "#store";

/** MetricMetadata.MetricType of prompb/types.proto and of write/v2, which share their numbers. */
const KINDS: readonly MetricKind[] = [
  "unknown",
  "counter",
  "gauge",
  "histogram",
  "gaugehistogram",
  "summary",
  "info",
  "stateset",
];
const MAX_TEXT = 1024;

export const kindOf = (number: number): MetricKind => KINDS[number] ?? "unknown";

export function readMetadata(message: ProtobufReader): {
  metric: string;
  metadata: MetricMetadata;
} {
  const metadata: MetricMetadata = { type: "unknown", unit: "", help: "" };
  let metric = "";
  while (message.next()) {
    if (message.field === 1) metadata.type = kindOf(message.uint32());
    else if (message.field === 2 || message.field === 4 || message.field === 5) {
      message.expect(WIRE_BYTES);
      const text = message.string();
      if (message.field === 2) metric = text;
      else metadata[message.field === 4 ? "help" : "unit"] = text.slice(0, MAX_TEXT);
    } else message.skip();
  }
  return { metric, metadata };
}
