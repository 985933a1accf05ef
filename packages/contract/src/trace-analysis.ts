import { z } from "zod";

import { TraceSummary } from "./traces.ts";

/** A piece of time in which the run waited for this span and nothing below it. */
const PathStep = z.object({
  span_id: z.string(),
  name: z.string(),
  service: z.string(),
  agent: z.string(),
  operation: z.string(),
  tool: z.string(),
  model: z.string(),
  /** Since the trace's start. */
  offset_seconds: z.number(),
  seconds: z.number(),
});

/** Spans of the same kind and what they took themselves: their time without that of spans below them. */
const SelfTime = z.object({
  name: z.string(),
  service: z.string(),
  agent: z.string(),
  operation: z.string(),
  tool: z.string(),
  model: z.string(),
  spans: z.int(),
  errors: z.int(),
  total_seconds: z.number(),
  self_seconds: z.number(),
  /** Of the critical path. */
  critical_seconds: z.number(),
  /** Share of the trace's duration that the critical path spends in them. */
  critical_share: z.number(),
});

/** Something that made the run last longer. */
export const Bottleneck = z.object({
  kind: z.enum(["waits", "sequential", "retries", "slow_call", "gap"]),
  /** One sentence. */
  reason: z.string(),
  /** What it took of the run, or what could be saved, and that as a share of the run. */
  seconds: z.number(),
  share: z.number(),
  /** The first of them. */
  span_ids: z.array(z.string()),
  spans: z.int(),
});
export type Bottleneck = z.infer<typeof Bottleneck>;

/** Clocks of two hosts that disagree: spans of `child_host` lie outside of those on `parent_host` that began them. */
const ClockSkew = z.object({
  parent_host: z.string(),
  child_host: z.string(),
  /** By how much the child's clock is estimated to be ahead; negative when it is behind. Times are never corrected. */
  offset_seconds: z.number(),
  /** Spans that lie outside of their parents, of all between the two hosts. */
  outside: z.int(),
  spans: z.int(),
  example_span_id: z.string(),
});

/** `GET /api/v1/traces/{id}/analysis` */
export const TraceAnalysisReport = z.object({
  trace_id: z.string(),
  spans: z.int(),
  duration_seconds: z.number(),
  /** True when there are more spans than were looked at. */
  truncated: z.boolean(),
  /** In the order of time; together they are `critical_seconds`. */
  critical_path: z.array(PathStep),
  critical_seconds: z.number(),
  /** Those that the critical path spends most in first. */
  self_times: z.array(SelfTime),
  /** The spans that take most themselves, by their ids. */
  span_self_seconds: z.record(z.string(), z.number()),
  /** The worst first. */
  bottlenecks: z.array(Bottleneck),
  clock_skew: z.array(ClockSkew),
  missing_parents: z.object({
    count: z.int(),
    spans: z.array(z.object({ span_id: z.string(), parent_span_id: z.string() })),
  }),
  /** Spans whose chain of parents comes back to themselves; they are shown as if they had none. */
  cyclic_parents: z.object({ count: z.int(), span_ids: z.array(z.string()) }),
});
export type TraceAnalysisReport = z.infer<typeof TraceAnalysisReport>;

const ComparedSide = z.object({
  spans: z.int(),
  errors: z.int(),
  seconds: z.number(),
  input_tokens: z.number(),
  output_tokens: z.number(),
  cost_usd: z.number().nullable(),
  first_span_id: z.string(),
});

/** Spans that stand at the same place of both traces: same name, operation and agent below the same ones. */
export const ComparedNode = z.object({
  id: z.string(),
  /** The node above; null at the top. */
  parent: z.string().nullable(),
  depth: z.int(),
  name: z.string(),
  operation: z.string(),
  agent: z.string(),
  tool: z.string(),
  model: z.string(),
  a: ComparedSide.nullable(),
  b: ComparedSide.nullable(),
});
export type ComparedNode = z.infer<typeof ComparedNode>;

/** `GET /api/v1/traces/compare?a=&b=` */
export const TraceComparison = z.object({
  a: TraceSummary,
  b: TraceSummary,
  /** As a tree, parents before children. */
  nodes: z.array(ComparedNode),
  only_in_a: z.int(),
  only_in_b: z.int(),
  /** What models and tools answered differently at the same place. */
  answers: z.array(
    z.object({
      node: z.string(),
      name: z.string(),
      agent: z.string(),
      a_span_id: z.string(),
      b_span_id: z.string(),
      a: z.string(),
      b: z.string(),
      /** Whether texts are cut off. */
      truncated: z.boolean(),
    }),
  ),
  truncated: z.boolean(),
});
export type TraceComparison = z.infer<typeof TraceComparison>;
