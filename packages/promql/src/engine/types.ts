import type { FloatHistogram } from "../histogram/index.ts";
import type { Labels } from "../labels.ts";

export interface EngineOptions {
  /** How far an instant selector looks back (default 5 minutes). */
  lookbackMs: number;
  /** Samples that one query may hold in memory (default 50 million). */
  maxSamples: number;
  timeoutMs: number;
  /** Step of subqueries that name none (default 1 minute). */
  subqueryStepMs: number;
}

export interface QueryOptions {
  /** Cancels the evaluation; it ends within a few milliseconds of work. */
  signal?: AbortSignal;
  lookbackMs?: number | undefined;
  timeoutMs?: number | undefined;
  /** Collects a {@link PlanNode}; costs little. */
  explain?: boolean;
}

export interface InstantSample {
  labels: Labels;
  value: number;
  /** When set, the sample is this histogram. */
  histogram: FloatHistogram | undefined;
}

/** One series of a matrix: columns of equal length, times ascending. */
export interface MatrixSeries {
  labels: Labels;
  times: Float64Array;
  values: Float64Array;
  /** Sparse, by the same index; undefined when there is none. */
  histograms: readonly (FloatHistogram | undefined)[] | undefined;
}

export type ResultData =
  | { kind: "scalar"; timeMs: number; value: number }
  | { kind: "string"; timeMs: number; value: string }
  | { kind: "vector"; timeMs: number; samples: InstantSample[] }
  | { kind: "matrix"; series: MatrixSeries[] };

/** A node of the evaluated plan. */
export interface PlanNode {
  /** Text of the node in canonical form. */
  text: string;
  kind: string;
  /** Place in the expression: UTF-16 offsets. */
  start: number;
  end: number;
  /** Time in this node and those below it, and in this node alone. */
  totalMs: number;
  selfMs: number;
  /** Series that came out. */
  series: number;
  /** Samples that came out, all steps counted; for selectors also those read. */
  samples: number;
  samplesRead: number;
  /** True when the node does not depend on the step and was evaluated once. */
  stepInvariant: boolean;
  children: PlanNode[];
}

export interface QueryStats {
  samplesRead: number;
  peakSamples: number;
  parseMs: number;
  evalMs: number;
}

export interface QueryResult {
  data: ResultData;
  warnings: string[];
  infos: string[];
  stats: QueryStats;
  plan: PlanNode | undefined;
}
