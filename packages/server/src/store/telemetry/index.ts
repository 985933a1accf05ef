export type {
  Appender,
  Cardinality,
  EventQuery,
  EventRecord,
  EventStore,
  Exemplar,
  ExemplarStore,
  LatestSample,
  MetricKind,
  MetricMetadata,
  MetricStore,
  SeriesExemplars,
  SeriesRef,
  SeriesSamples,
  TelemetryStats,
  TelemetryStore,
  TimeRange,
} from "./types.ts";
export type { SpanContent, SpanRecord, SpanRow, SpanStore, TraceQuery } from "./spans/index.ts";
export { createMemoryTelemetry, createTelemetryStore, type TelemetryOptions } from "./store.ts";
