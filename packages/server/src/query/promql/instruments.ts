import { EvaluationError, PromQLError } from "@fleetlight/promql";
import type { Registry } from "@fleetlight/sdk";

import { FleetlightError } from "#lib";

import type { PromQLStats } from "./types.ts";

/** Why a query failed, as the label `reason`. */
export function reasonOf(error: unknown): string {
  if (error instanceof PromQLError) return "bad_data";
  if (error instanceof EvaluationError) return error.type;
  if (error instanceof FleetlightError) return error.code;
  return "internal";
}

/** What the server counts about its queries; made once. */
export function createQueryInstruments(registry: Registry, stats: () => PromQLStats) {
  const gauge = (name: string, help: string, value: (now: PromQLStats) => number) =>
    registry.gauge({ name, help }).collect((one) => one.set(value(stats())));
  gauge(
    "fleetlight_query_in_flight",
    "Queries that are evaluated at the moment.",
    ({ running }) => running,
  );
  gauge("fleetlight_query_waiting", "Queries that wait for their turn.", ({ waiting }) => waiting);
  gauge(
    "fleetlight_query_cache_bytes",
    "Memory of range answers that are kept.",
    ({ cacheBytes }) => cacheBytes,
  );
  return {
    duration: registry.histogram({
      name: "fleetlight_query_duration_seconds",
      help: "Time that queries took, waiting included.",
      labelNames: ["kind"],
    }),
    failures: registry.counter({
      name: "fleetlight_query_failures_total",
      help: "Queries that failed, by reason.",
      labelNames: ["reason"],
    }),
    samples: registry.counter({
      name: "fleetlight_query_samples_total",
      help: "Samples that queries read from the store.",
    }),
    cacheHits: registry.counter({
      name: "fleetlight_query_cache_hits_total",
      help: "Range queries that were answered, at least in part, from an earlier answer.",
    }),
    cacheMisses: registry.counter({
      name: "fleetlight_query_cache_misses_total",
      help: "Range queries that might have been answered from an earlier answer, but there was none.",
    }),
    cacheEvictions: registry.counter({
      name: "fleetlight_query_cache_evictions_total",
      help: "Range answers that were dropped because `query.cache_max_bytes` was reached.",
    }),
  };
}

export type QueryInstruments = ReturnType<typeof createQueryInstruments>;
