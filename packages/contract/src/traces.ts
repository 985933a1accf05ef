import { z } from "zod";

import { Timestamp } from "./common.ts";

/** One trace in a list. Times are of what has come so far. */
export const TraceSummary = z.object({
  trace_id: z.string(),
  /** Name and service of the span without a parent; of the earliest span while the root has not come. */
  name: z.string(),
  service: z.string(),
  start: Timestamp,
  duration_seconds: z.number(),
  spans: z.int(),
  errors: z.int(),
  /** False while a span of it goes on. */
  ended: z.boolean(),
  /**
   * `stale` is a run of which nothing was heard for `traces.stale_after` although it was not over; `failed` one whose root failed.
   */
  state: z.enum(["running", "stale", "done", "failed"]),
  /** The latest moment of which a span of it tells. */
  last_news: Timestamp,
  workflow: z.string(),
  conversation: z.string(),
  user: z.string(),
  /** In the order in which they began. */
  agents: z.array(z.string()),
  models: z.array(z.string()),
  tool_calls: z.int(),
  input_tokens: z.number(),
  output_tokens: z.number(),
  /** What producers said, or the price table; null when neither knows the price of any call. */
  cost_usd: z.number().nullable(),
  /** Calls with tokens whose price nobody knows: they are not in `cost_usd`. */
  cost_unknown_calls: z.int(),
});
export type TraceSummary = z.infer<typeof TraceSummary>;

export const TraceList = z.object({
  traces: z.array(TraceSummary),
  count: z.int(),
  /** Set when texts were asked for and only those from here on could be searched in time. */
  searched_from: Timestamp.nullable(),
});
export type TraceList = z.infer<typeof TraceList>;

const Texts = z.record(z.string(), z.string());

export const TraceSpan = z.object({
  span_id: z.string(),
  parent_span_id: z.string(),
  name: z.string(),
  service: z.string(),
  scope: z.string(),
  kind: z.enum(["unspecified", "internal", "server", "client", "producer", "consumer"]),
  status: z.enum(["unset", "ok", "error"]),
  status_message: z.string(),
  /** Unix nanoseconds, decimal. */
  start_ns: z.string(),
  duration_seconds: z.number(),
  ended: z.boolean(),
  operation: z.string(),
  /** Its own agent, or that of the nearest span above with one. */
  agent: z.string(),
  peer: z.string(),
  provider: z.string(),
  model: z.string(),
  tool: z.string(),
  error_type: z.string(),
  input_tokens: z.number(),
  output_tokens: z.number(),
  /** Parts of the input that were read from a cache and written into one, and the part of the output that nobody reads. */
  cached_tokens: z.number(),
  cache_write_tokens: z.number(),
  reasoning_tokens: z.number(),
  /** Null when nobody knows. */
  cost_usd: z.number().nullable(),
  /** `reported` by the producer, the id of a price (`GET /api/v1/prices`), or empty when nobody knows. */
  cost_source: z.string(),
  attributes: Texts,
  numbers: z.record(z.string(), z.number()),
  resource: Texts,
  events: z.array(z.object({ time_ns: z.string(), name: z.string(), attributes: Texts })),
  links: z.array(z.object({ trace_id: z.string(), span_id: z.string(), attributes: Texts })),
  /** Prompts, answers, arguments and results, masked. */
  content: z.array(z.object({ name: z.string(), text: z.string(), truncated: z.boolean() })),
});
export type TraceSpan = z.infer<typeof TraceSpan>;

/** `GET /api/v1/traces/{id}`: spans by start, with what they show of the agents. */
export const Trace = z.object({
  ...TraceSummary.shape,
  edges: z.array(
    z.object({
      from: z.string(),
      to: z.string(),
      kind: z.enum(["handoff", "delegation", "message", "wait"]),
    }),
  ),
  tools: z.array(
    z.object({ agent: z.string(), tool: z.string(), span_id: z.string(), failed: z.boolean() }),
  ),
  usage: z.array(
    z.object({
      agent: z.string(),
      model: z.string(),
      calls: z.int(),
      input_tokens: z.number(),
      output_tokens: z.number(),
      cached_tokens: z.number(),
      reasoning_tokens: z.number(),
      cost_usd: z.number().nullable(),
      cost_unknown_calls: z.int(),
    }),
  ),
  /** True when there are more spans than are shown. */
  truncated: z.boolean(),
  all_spans: z.array(TraceSpan),
});
export type Trace = z.infer<typeof Trace>;
