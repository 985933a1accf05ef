import type { Registry } from "@fleetlight/sdk";

/** Why a sample was not taken. */
export type Refusal =
  | "duplicate_timestamp"
  | "future"
  | "invalid_histogram"
  | "invalid_labels"
  | "label_limit"
  | "out_of_bounds"
  | "out_of_order"
  | "series_limit"
  | "unsupported";

/** Why a whole request, or an exemplar, was not taken. */
type RefusedElse = "rate" | "malformed" | "out_of_order_exemplar" | "exemplar_limit";

export type Protocol = "remote_write" | "remote_write_2" | "otlp" | "push";

/** Figures of everything that is pushed, for `/metrics`. */
export interface IngestCounters {
  requests(protocol: Protocol, outcome: "ok" | "partial" | "refused"): void;
  samples(protocol: Protocol, count: number): void;
  duplicates(count: number): void;
  refused(reason: Refusal | RefusedElse, count: number): void;
}

export function createIngestCounters(registry: Registry): IngestCounters {
  const requests = registry.counter({
    name: "fleetlight_ingest_requests_total",
    help: "Requests that brought metrics, by what they came to.",
    labelNames: ["protocol", "outcome"],
  });
  const samples = registry.counter({
    name: "fleetlight_ingest_samples_total",
    help: "Samples that were taken, histograms included.",
    labelNames: ["protocol"],
  });
  const duplicates = registry.counter({
    name: "fleetlight_ingest_duplicates_total",
    help: "Samples that were sent again with the same time and value; they change nothing.",
  });
  const refused = registry.counter({
    name: "fleetlight_ingest_refused_total",
    help: "Samples, or for malformed and rate whole requests, that were refused, by reason.",
    labelNames: ["reason"],
  });
  return {
    requests: (protocol, outcome) => requests.inc({ protocol, outcome }),
    samples: (protocol, count) => samples.inc({ protocol }, count),
    duplicates: (count) => duplicates.inc(count),
    refused: (reason, count) => refused.inc({ reason }, count),
  };
}
