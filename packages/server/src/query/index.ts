export * from "./agents/index.ts";
export { listEvents, toFleetEvent } from "./events.ts";
export * from "./fleet/index.ts";
export * from "./logs/index.ts";
export { createMetricQueries, LOOKBACK_MS, type MetricQueries } from "./metrics.ts";
export * from "./promql/index.ts";
export * from "./traces/index.ts";
