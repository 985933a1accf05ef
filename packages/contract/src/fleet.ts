import { z } from "zod";

import { Timestamp } from "./common.ts";

/** `external` is what sends no spans itself: a database, a queue, somebody else's API. */
export const FleetNodeKind = z.enum(["agent", "tool", "model", "service", "external"]);
export type FleetNodeKind = z.infer<typeof FleetNodeKind>;

/** Between agents: handed over to, asked for something, told something, waited for. An agent uses tools and models; services call. */
export const FleetEdgeKind = z.enum([
  "handoff",
  "delegation",
  "message",
  "wait",
  "tool",
  "model",
  "call",
]);
export type FleetEdgeKind = z.infer<typeof FleetEdgeKind>;

/** What was counted in a range. */
const Figures = {
  calls: z.int(),
  errors: z.int(),
  /** Of the calls, 0 to 1. */
  error_share: z.number(),
  calls_per_second: z.number(),
  /** Estimated from buckets 19 % apart; null when nothing was called. */
  p50_seconds: z.number().nullable(),
  p95_seconds: z.number().nullable(),
  mean_seconds: z.number().nullable(),
  input_tokens: z.number(),
  output_tokens: z.number(),
  /** Null where tokens were used and nobody knows a price of them; what is known of others is in it. */
  cost_usd: z.number().nullable(),
};

export const FleetNode = z.object({
  /** `kind:name`. */
  id: z.string(),
  kind: FleetNodeKind,
  name: z.string(),
  /** Services whose spans showed it, in order of names. */
  services: z.array(z.string()),
  /** By its errors: from 5 % of the calls on degraded, from 25 % on unhealthy. */
  state: z.enum(["healthy", "degraded", "unhealthy", "idle"]),
  /** Spans of an agent that go on now; 0 in answers about the past. */
  active: z.int(),
  ...Figures,
});
export type FleetNode = z.infer<typeof FleetNode>;

export const FleetEdge = z.object({
  /** `kind|source|target`. */
  id: z.string(),
  kind: FleetEdgeKind,
  /** Ids of nodes. */
  source: z.string(),
  target: z.string(),
  ...Figures,
});
export type FleetEdge = z.infer<typeof FleetEdge>;

const Range = { start: Timestamp, end: Timestamp };

/** `GET /api/v1/fleet/graph`. */
export const FleetGraph = z.object({
  ...Range,
  nodes: z.array(FleetNode),
  edges: z.array(FleetEdge),
  /** True when there are more edges than are shown, those with the fewest calls. */
  truncated: z.boolean(),
});
export type FleetGraph = z.infer<typeof FleetGraph>;

const Change = z.object({
  /** Of a node or an edge. */
  id: z.string(),
  what: z.enum(["node", "edge"]),
  change: z.enum(["appeared", "vanished", "slower", "faster", "failing", "recovered"]),
  /** Seconds (p95) of slower and faster, shares of errors of failing and recovered, calls a second of the others. */
  before: z.number(),
  after: z.number(),
});
export type FleetChange = z.infer<typeof Change>;

/** `GET /api/v1/fleet/graph/diff`: two ranges, and what differs. */
export const FleetDiff = z.object({
  before: FleetGraph,
  after: FleetGraph,
  /** The weightiest first. */
  changes: z.array(Change),
});
export type FleetDiff = z.infer<typeof FleetDiff>;

/** Figures of one node or edge in one frame. */
const Moment = z.object({
  /** Place in `nodes` or `edges` of the answer. */
  at: z.int(),
  calls: z.int(),
  errors: z.int(),
  mean_seconds: z.number().nullable(),
});

/** `GET /api/v1/fleet/graph/replay`: the whole range, and what of it was there in each step. */
export const FleetReplay = z.object({
  ...FleetGraph.shape,
  step_seconds: z.number(),
  frames: z.array(z.object({ start: Timestamp, nodes: z.array(Moment), edges: z.array(Moment) })),
});
export type FleetReplay = z.infer<typeof FleetReplay>;
