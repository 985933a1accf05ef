import { z } from "zod";

import { Timestamp } from "./common.ts";

/** A span without attributes and texts. What is empty or zero is left out. */
export const LeanSpan = z.object({
  span_id: z.string(),
  parent_span_id: z.string().optional(),
  name: z.string(),
  service: z.string(),
  /** Host or instance, as its resource names it. */
  host: z.string().optional(),
  kind: z.enum(["unspecified", "internal", "server", "client", "producer", "consumer"]).optional(),
  status: z.enum(["ok", "error"]).optional(),
  /** Unix nanoseconds, decimal. */
  start_ns: z.string(),
  duration_seconds: z.number(),
  /** False while it goes on; left out when it has ended. */
  ended: z.literal(false).optional(),
  operation: z.string().optional(),
  /** As the span itself says; see the spans above for the rest. */
  agent: z.string().optional(),
  peer: z.string().optional(),
  tool: z.string().optional(),
  model: z.string().optional(),
  error_type: z.string().optional(),
  input_tokens: z.number().optional(),
  output_tokens: z.number().optional(),
  cost_usd: z.number().optional(),
});
export type LeanSpan = z.infer<typeof LeanSpan>;

/** `GET /api/v1/traces/{id}/spans?from=`: one part of a trace, by start. */
export const LeanSpans = z.object({
  spans: z.array(LeanSpan),
  count: z.int(),
  /** What to give as `from` for the next part; null after the last one. */
  next: z.string().nullable(),
});
export type LeanSpans = z.infer<typeof LeanSpans>;

/** Errors with the same cause: of each trace the deepest span that failed counts. */
export const ErrorGroup = z.object({
  id: z.string(),
  error_type: z.string(),
  service: z.string(),
  operation: z.string(),
  /** The tool, else the model, else the span's name. */
  subject: z.string(),
  /** Without numbers, ids and quoted values. */
  message: z.string(),
  /** One of them as it was. */
  example: z.string(),
  count: z.int(),
  traces: z.int(),
  first_seen: Timestamp,
  last_seen: Timestamp,
  agents: z.array(z.string()),
  trace_ids: z.array(z.string()),
});
export type ErrorGroup = z.infer<typeof ErrorGroup>;

/** `GET /api/v1/errors`, the most frequent first. */
export const ErrorGroups = z.object({
  groups: z.array(ErrorGroup),
  count: z.int(),
  /** Spans that failed and were looked at; with `truncated` there are more. */
  failed_spans: z.int(),
  truncated: z.boolean(),
});
export type ErrorGroups = z.infer<typeof ErrorGroups>;

/** `GET /api/v1/traces/facets`: values of the spans that match, with the number of traces that have such a span. */
export const TraceFacets = z.object({
  facets: z.array(
    z.object({
      name: z.enum([
        "service",
        "operation",
        "agent",
        "tool",
        "model",
        "user",
        "workflow",
        "status",
        "error_type",
        "name",
      ]),
      values: z.array(z.object({ value: z.string(), traces: z.int(), spans: z.int() })),
      /** True when there are more values. */
      truncated: z.boolean(),
    }),
  ),
});
export type TraceFacets = z.infer<typeof TraceFacets>;

/**
 * `GET /api/v1/traces/heatmap`: runs by the start and duration of their root spans. Rows are durations: row `i` goes from
 * `duration_bounds[i]` to `duration_bounds[i + 1]` seconds; columns begin at `start` and are `step_seconds` wide.
 */
export const TraceHeatmap = z.object({
  start: Timestamp,
  end: Timestamp,
  step_seconds: z.number(),
  columns: z.int(),
  duration_bounds: z.array(z.number()),
  /** Only those with something in it. */
  cells: z.array(z.object({ column: z.int(), row: z.int(), traces: z.int(), errors: z.int() })),
  traces: z.int(),
  errors: z.int(),
});
export type TraceHeatmap = z.infer<typeof TraceHeatmap>;

/** How often a value is found inside of a region and outside of it. */
export const TraceDifference = z.object({
  /** A facet's or an attribute's name; attributes of the resource are among them. */
  name: z.string(),
  value: z.string(),
  kind: z.enum(["facet", "attribute"]),
  /** Traces with the value. */
  inside: z.int(),
  outside: z.int(),
  inside_share: z.number(),
  outside_share: z.number(),
  /** The G statistic of the two shares (log-likelihood ratio); above 10.8 chance is below one in a thousand. */
  score: z.number(),
});
export type TraceDifference = z.infer<typeof TraceDifference>;

/** `GET /api/v1/traces/differences`: what is found more often inside of the region, the clearest first. */
export const TraceDifferences = z.object({
  differences: z.array(TraceDifference),
  inside: z.int(),
  outside: z.int(),
  /** True when not all traces of the range were compared. */
  sampled: z.boolean(),
});
export type TraceDifferences = z.infer<typeof TraceDifferences>;
