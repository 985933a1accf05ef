export { contentType } from "./expose.ts";
export type { ExpositionFormat } from "./expose.ts";
export type { LabelValue, LabelValues } from "./family.ts";
export { DEFAULT_BUCKETS } from "./kinds.ts";
export type {
  Counter,
  CounterChild,
  Gauge,
  GaugeChild,
  Histogram,
  HistogramChild,
} from "./kinds.ts";
export { MetricError } from "./names.ts";
export { createRegistry, DEFAULT_MAX_SERIES } from "./registry.ts";
export type {
  GaugeOptions,
  HistogramOptions,
  MetricOptions,
  Registry,
  RegistryOptions,
} from "./registry.ts";
export { collectProcessMetrics } from "./process.ts";
export { CustomMetrics } from "./custom.ts";
export type { CustomMetric, Reading } from "./custom.ts";
