/** One attribute, its value already a text: labels hold nothing else. */
export type Attribute = readonly [key: string, value: string];

export interface OtlpExemplar {
  attributes: readonly Attribute[];
  /** Unix milliseconds. */
  timeMs: number;
  value: number;
  /** Hexadecimal; empty when the measurement belongs to no span. */
  traceId: string;
  spanId: string;
}

export interface OtlpBuckets {
  offset: number;
  counts: number[];
}

/** One data point of any kind; which fields count depends on the metric's kind. */
export interface OtlpPoint {
  attributes: Attribute[];
  startMs: number;
  timeMs: number;
  flags: number;
  /** Of gauges and sums. */
  value: number;
  /** Of all others. */
  count: number;
  /** Absent where measurements may be negative. */
  sum: number | undefined;
  /** Of histograms with explicit bounds. */
  bounds: number[];
  counts: number[];
  /** Of exponential histograms. */
  scale: number;
  zeroCount: number;
  zeroThreshold: number;
  positive: OtlpBuckets;
  negative: OtlpBuckets;
  /** Of summaries. */
  quantiles: { quantile: number; value: number }[];
  exemplars: OtlpExemplar[];
}

export type OtlpKind = "gauge" | "sum" | "histogram" | "exponential" | "summary";
export type Temporality = "unspecified" | "delta" | "cumulative";

export interface OtlpMetric {
  name: string;
  description: string;
  unit: string;
  /** Absent when the request brings a kind that is not known. */
  kind: OtlpKind | undefined;
  temporality: Temporality;
  monotonic: boolean;
  points: OtlpPoint[];
}

export interface OtlpResource {
  attributes: readonly Attribute[];
  /** Gone through once; reading on may find that the request is malformed. */
  metrics: Iterable<OtlpMetric>;
}

/** Data points and values of attributes of one request that are read. */
export const MAX_POINTS = 1_000_000;
/** Nested arrays and maps in an attribute that are read. */
export const MAX_DEPTH = 16;
/** Flag of a data point that says that there is no value any more. */
export const NO_VALUE = 1;
export const TEMPORALITIES: readonly Temporality[] = ["unspecified", "delta", "cumulative"];

export const emptyPoint = (): OtlpPoint => ({
  attributes: [],
  startMs: 0,
  timeMs: 0,
  flags: 0,
  value: 0,
  count: 0,
  sum: undefined,
  bounds: [],
  counts: [],
  scale: 0,
  zeroCount: 0,
  zeroThreshold: 0,
  positive: { offset: 0, counts: [] },
  negative: { offset: 0, counts: [] },
  quantiles: [],
  exemplars: [],
});

export const emptyMetric = (): OtlpMetric => ({
  name: "",
  description: "",
  unit: "",
  kind: undefined,
  temporality: "unspecified",
  monotonic: false,
  points: [],
});

/** An attribute's value before it becomes a text. */
export type AnyValue =
  | string
  | boolean
  | number
  | undefined
  | readonly AnyValue[]
  | { readonly [key: string]: AnyValue };

/** Lists and maps become JSON, as in the Collector; a value that is not set is empty. */
export function textOf(value: AnyValue): string {
  if (value === undefined) return "";
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}
