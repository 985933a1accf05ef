export type {
  Appender,
  EventQuery,
  EventRecord,
  EventStore,
  LatestSample,
  MetricKind,
  MetricMetadata,
  MetricStore,
  SeriesRef,
  SeriesSamples,
  TelemetryStats,
  TelemetryStore,
} from "./types.ts";
export { createMemoryTelemetry, createTelemetryStore, type TelemetryOptions } from "./store.ts";
