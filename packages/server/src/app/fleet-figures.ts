import type { Registry } from "@fleetlight/sdk";

import type { Config } from "#config";
import { FleetGraph, SpanMetrics, type LiveTraces } from "#fleet";
import type { Logger, Now } from "#lib";
import { createFleetQueries, type FleetQueries } from "#query";
import type { TelemetryStore } from "#store";

import type { Shutdown } from "./shutdown.ts";

interface Options {
  live: LiveTraces;
  telemetry: TelemetryStore;
  config: () => Config;
  now: Now;
  registry: Registry;
  logger: Logger;
  shutdown: Shutdown;
}

/** Starts what is counted of all spans: the graph, and the metrics. */
export function startFleetFigures(options: Options): FleetQueries {
  const { telemetry, config, now, shutdown } = options;
  const graph = new FleetGraph({ ...options, edges: telemetry.edges });
  graph.start();
  shutdown.add("fleet graph", () => graph.stop());
  const metrics = new SpanMetrics({
    ...options,
    metrics: telemetry.metrics,
    exemplars: telemetry.exemplars,
    maxSets: () => config().traces.max_metric_sets,
  });
  metrics.start();
  shutdown.add("metrics of spans", () => metrics.stop());
  return createFleetQueries({
    edges: telemetry.edges,
    live: graph,
    now,
    sharesStore: () => config().storage.telemetry_url !== undefined,
  });
}
