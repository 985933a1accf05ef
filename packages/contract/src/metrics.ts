import { z } from "zod";

import { Timestamp } from "./common.ts";

/** `GET /api/v1/metrics`: latest value of every series of every service, keyed `<service>_<metric>`. */
export const LatestMetrics = z.object({
  metrics: z.record(
    z.string(),
    z.array(
      z.object({
        timestamp: Timestamp,
        /** Null when the value is not a finite number. */
        value: z.number().nullable(),
        service_id: z.string(),
        metric_name: z.string(),
        labels: z.record(z.string(), z.string()),
      }),
    ),
  ),
  timestamp: Timestamp,
  /** True when the answer was cut at the limit. */
  truncated: z.boolean(),
});
export type LatestMetrics = z.infer<typeof LatestMetrics>;

export const MetricType = z.enum([
  "counter",
  "gauge",
  "histogram",
  "gaugehistogram",
  "summary",
  "info",
  "stateset",
  "unknown",
]);
export type MetricType = z.infer<typeof MetricType>;

/** One row of the metric browser. */
export const MetricName = z.object({
  name: z.string(),
  type: MetricType,
  unit: z.string(),
  help: z.string(),
  series: z.int(),
});
export type MetricName = z.infer<typeof MetricName>;

export const MetricNames = z.object({ metrics: z.array(MetricName), count: z.int() });
export type MetricNames = z.infer<typeof MetricNames>;

/** One series with its samples as two columns of equal length; a stale marker or NaN is null. Timestamps are Unix milliseconds. */
export const SeriesData = z.object({
  /** 64-bit id as 16 hexadecimal digits. */
  id: z.string(),
  labels: z.record(z.string(), z.string()),
  timestamps: z.array(z.number()),
  values: z.array(z.number().nullable()),
});
export type SeriesData = z.infer<typeof SeriesData>;

/** `GET /api/v1/metrics/range?match=&start=&end=&max_points=`. */
export const SeriesRange = z.object({
  series: z.array(SeriesData),
  /** Series that matched, of which `series` may hold only the first. */
  matched: z.int(),
  start: Timestamp,
  end: Timestamp,
});
export type SeriesRange = z.infer<typeof SeriesRange>;

/** `GET /api/v1/metrics/series?match=`: labels and latest value, no samples. */
export const SeriesList = z.object({
  series: z.array(
    z.object({
      id: z.string(),
      labels: z.record(z.string(), z.string()),
      timestamp: Timestamp.nullable(),
      value: z.number().nullable(),
    }),
  ),
  matched: z.int(),
});
export type SeriesList = z.infer<typeof SeriesList>;
