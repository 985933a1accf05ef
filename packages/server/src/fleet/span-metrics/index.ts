export { SpanMetrics } from "./span-metrics.ts";
