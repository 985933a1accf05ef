import type { SpanRow, TraceQuery } from "./types.ts";

/** What spans are counted by. */
export const FACETS = [
  "service",
  "operation",
  "agent",
  "tool",
  "model",
  "user",
  "workflow",
  "status",
  "errorType",
  "name",
] as const;
export type FacetName = (typeof FACETS)[number];

export interface FacetCount {
  facet: FacetName;
  /** `status` is 0, 1 or 2. */
  value: string;
  /** Beyond some ten thousand an estimate. */
  traces: number;
  spans: number;
}

/** Columns of time and rows of durations on a scale of logarithms. */
export interface Grid {
  startMs: number;
  stepMs: number;
  columns: number;
  /** Rows per power of ten; row 0 begins at a nanosecond. */
  rowsPerDecade: number;
}

export interface GridCell {
  column: number;
  row: number;
  traces: number;
  errors: number;
}

/** A piece of time and of durations; both ends belong to it. */
export interface Region {
  startMs: number;
  endMs: number;
  minDurationNs: number;
  maxDurationNs: number;
}

/** A value that traces have, and how many of them inside of a region and outside of it. */
export interface ValueCount {
  kind: "facet" | "attribute";
  name: string;
  value: string;
  inside: number;
  outside: number;
}

/** How many traces were compared. */
export interface Compared {
  inside: number;
  outside: number;
  values: ValueCount[];
}

/** A span that failed. */
export type Failure = Pick<
  SpanRow,
  | "traceId"
  | "spanId"
  | "parentSpanId"
  | "service"
  | "operation"
  | "agent"
  | "tool"
  | "model"
  | "name"
  | "errorType"
  | "statusMessage"
  | "startNs"
  | "events"
>;

/** How long spans with one value of a facet took. */
export interface Latency {
  value: string;
  spans: number;
  /** The quantiles that were asked for, in their order; they may be wrong by four in a thousand. */
  durationsNs: number[];
}

/** Calls of one model whose cost comes from one source. */
export interface ModelUsage {
  provider: string;
  model: string;
  costSource: string;
  calls: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: number;
  lastMs: number;
}

/** Questions whose answers are counts. Only spans that have ended are counted, each delivery of one on its own. */
export interface SpanAnalytics {
  /** The most frequent values of each facet among spans that match, `limit` of each. */
  facets(tenant: string, query: TraceQuery, limit: number): Promise<FacetCount[]>;
  /** Roots of traces with a span that matches, by start and duration. */
  grid(tenant: string, query: TraceQuery, grid: Grid): Promise<GridCell[]>;
  /**
   * Values of the spans of traces that match, the newest `limit` traces of which the root lies inside of the region and
   * as many others. Values that are found more often inside come first.
   */
  compare(tenant: string, query: TraceQuery, region: Region, limit: number): Promise<Compared>;
  /** Spans that match and failed, the newest first. */
  failures(tenant: string, query: TraceQuery, limit: number): Promise<Failure[]>;
  /** Durations of spans that match, by a facet; the facet with most spans first. */
  latencies(
    tenant: string,
    query: TraceQuery,
    by: Exclude<FacetName, "status">,
    quantiles: readonly number[],
  ): Promise<Latency[]>;
  /** Calls of models that began in the range. */
  usage(tenant: string, range: { startMs: number; endMs: number }): Promise<ModelUsage[]>;
}
