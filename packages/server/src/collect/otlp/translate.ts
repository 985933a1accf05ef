import {
  encodeHistogram,
  fromOtlpExplicit,
  fromOtlpExponential,
  type FloatHistogram,
} from "@fleetlight/promql";

import type { Config } from "#config";
import { describeError } from "#lib";
import type { Exemplar, MetricKind, MetricMetadata, SeriesRef } from "#store";

import type { Gate } from "../limits/gate.ts";
import {
  NO_VALUE,
  type Attribute,
  type OtlpExemplar,
  type OtlpMetric,
  type OtlpPoint,
  type OtlpResource,
} from "./model.ts";
import { labelName, metricName } from "./names.ts";
import type { StagedTotals } from "./totals.ts";

const MAX_HELP = 1024;
const TARGET_INFO = "target_info";
const IDENTIFYING = ["service.namespace", "service.name", "service.instance.id"];

type Pairs = [name: string, value: string][];

interface Series {
  name: string;
  labels: Pairs;
  /** Delta temporality: what is measured is added to a total. */
  isDelta: boolean;
}

/** A bound without an exponent, as Go's `strconv.FormatFloat(bound, 'f', -1, 64)` writes it. */
export function boundText(bound: number): string {
  if (bound === Infinity) return "+Inf";
  const [mantissa = "", exponent] = String(bound).split("e");
  if (exponent === undefined) return mantissa;
  const [sign, digits] = mantissa.startsWith("-") ? ["-", mantissa.slice(1)] : ["", mantissa];
  const [whole = "", fraction = ""] = digits.split(".");
  const shift = Number(exponent);
  if (shift < 0) return `${sign}0.${"0".repeat(-shift - whole.length)}${whole}${fraction}`;
  return `${sign}${whole}${fraction.padEnd(shift, "0")}`;
}

const KIND_OF: Record<NonNullable<OtlpMetric["kind"]>, MetricKind> = {
  gauge: "gauge",
  sum: "counter",
  histogram: "histogram",
  exponential: "histogram",
  summary: "summary",
};

/** Turns resources, metrics and data points into series and samples, and admits these. */
export class OtlpTranslator {
  readonly exemplars: Exemplar[] = [];
  readonly described: { metric: string; metadata: MetricMetadata }[] = [];
  private readonly gate: Gate;
  private readonly config: Config["otlp"];
  private readonly totals: StagedTotals;

  constructor(gate: Gate, config: Config["otlp"], totals: StagedTotals) {
    this.gate = gate;
    this.config = config;
    this.totals = totals;
  }

  /** Ends a turn after each metric, so that the caller may let others have theirs. */
  *resource({ attributes, metrics }: OtlpResource): Generator<void> {
    const own = this.resourceLabels(attributes);
    let newestMs = -Infinity;
    for (const metric of metrics) {
      this.metric(metric, own);
      for (const { timeMs } of metric.points) newestMs = Math.max(newestMs, timeMs);
      yield;
    }
    if (newestMs > -Infinity) this.targetInfo(attributes, own, newestMs);
  }

  /** `job`, `instance` and what the configuration promotes. */
  private resourceLabels(attributes: readonly Attribute[]): Pairs {
    const values = new Map(attributes);
    const labels: Pairs = [];
    const service = values.get("service.name");
    const namespace = values.get("service.namespace");
    if (service !== undefined && service !== "")
      labels.push(["job", namespace ? `${namespace}/${service}` : service]);
    const instance = values.get("service.instance.id");
    if (instance !== undefined && instance !== "") labels.push(["instance", instance]);
    for (const key of this.config.promote_resource_attributes) {
      const value = values.get(key);
      if (value !== undefined) labels.push([labelName(key, this.strategy), value]);
    }
    return labels;
  }

  private get strategy() {
    return this.config.translation_strategy;
  }

  private targetInfo(attributes: readonly Attribute[], own: Pairs, timeMs: number): void {
    const identity = own.filter(([name]) => name === "job" || name === "instance");
    const { keep_identifying_resource_attributes: keepsAll } = this.config;
    const info = attributes.filter(([key]) => keepsAll || !IDENTIFYING.includes(key));
    // Without an identity nothing could be joined with it; without attributes it would say nothing.
    if (identity.length === 0 || info.length === 0) return;
    const ref = this.gate.series(this.merge([["__name__", TARGET_INFO], ...identity], info));
    if (ref !== undefined) this.gate.value(ref, timeMs, 1);
  }

  /** Labels that are set win; of attributes whose keys become one name, the values are joined. */
  private merge(fixed: Pairs, attributes: readonly Attribute[]): Pairs {
    const names = new Set(fixed.map(([name]) => name));
    const merged = new Map<string, string>();
    for (const [key, value] of attributes.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      const name = labelName(key, this.strategy);
      if (names.has(name) || name === "") continue;
      const known = merged.get(name);
      merged.set(name, known === undefined ? value : `${known};${value}`);
    }
    return [...fixed, ...merged];
  }

  private metric(metric: OtlpMetric, resource: Pairs): void {
    const { kind, points, temporality } = metric;
    const refuse = (message: string) =>
      this.gate.refuse(
        "unsupported",
        points.length,
        () => `${message}: ${JSON.stringify(metric.name.slice(0, 200))}`,
      );
    if (kind === undefined) return refuse("the metric has no data of a known kind");
    if (temporality === "unspecified" && kind !== "gauge" && kind !== "summary")
      return refuse("the metric has no temporality");
    const name = metricName(metric, this.strategy);
    this.described.push({
      metric: name,
      metadata: {
        type: kind === "sum" && !metric.monotonic ? "gauge" : KIND_OF[kind],
        unit: metric.unit,
        help: metric.description.slice(0, MAX_HELP),
      },
    });
    for (const point of points) {
      const labels = this.merge(resource, point.attributes);
      this.point(kind, { name, labels, isDelta: temporality === "delta" }, point);
    }
  }

  private point(kind: NonNullable<OtlpMetric["kind"]>, series: Series, point: OtlpPoint): void {
    const isNative =
      kind === "exponential" || (kind === "histogram" && this.config.convert_histograms_to_nhcb);
    if (isNative) this.native(kind, series, point);
    else if (kind === "histogram") this.classic(series, point);
    else if (kind === "summary") this.summary(series, point);
    else this.sample(series, "", [], point, point.value, point.exemplars);
  }

  /** One number of a point, as its series. */
  private sample(
    { name, labels, isDelta }: Series,
    suffix: string,
    more: Pairs,
    point: OtlpPoint,
    value: number,
    exemplars: readonly OtlpExemplar[] = [],
  ): void {
    const pairs: Pairs = [["__name__", name + suffix], ...labels, ...more];
    const ref = this.gate.series(pairs);
    if (ref === undefined) return;
    this.keep(ref, exemplars);
    if ((point.flags & NO_VALUE) !== 0) return this.gate.stale(ref, point.timeMs);
    const total = isDelta ? this.totals.add(ref, point.timeMs, value) : value;
    if (total !== undefined) this.gate.value(ref, point.timeMs, total);
  }

  /** Exemplars go to the series of the bucket that they were counted in. */
  private classic(series: Series, point: OtlpPoint): void {
    if (point.counts.length > 0 && point.counts.length !== point.bounds.length + 1)
      return this.gate.refuse(
        "invalid_histogram",
        1,
        () => `${series.name} has ${point.counts.length} buckets for ${point.bounds.length} bounds`,
      );
    if (point.sum !== undefined || (point.flags & NO_VALUE) !== 0)
      this.sample(series, "_sum", [], point, point.sum ?? 0);
    this.sample(series, "_count", [], point, point.count);
    let below = 0;
    let lower = -Infinity;
    for (const [i, bound] of [...point.bounds, Infinity].entries()) {
      below += point.counts[i] ?? 0;
      const inside = point.exemplars.filter(({ value }) => value > lower && value <= bound);
      const count = bound === Infinity ? point.count : below;
      this.sample(series, "_bucket", [["le", boundText(bound)]], point, count, inside);
      if (bound === Infinity) return;
      lower = bound;
    }
  }

  private summary(series: Series, point: OtlpPoint): void {
    const cumulative = { ...series, isDelta: false };
    this.sample(cumulative, "_sum", [], point, point.sum ?? 0);
    this.sample(cumulative, "_count", [], point, point.count);
    for (const { quantile, value } of point.quantiles)
      this.sample(cumulative, "", [["quantile", boundText(quantile)]], point, value);
  }

  private native(kind: string, { name, labels, isDelta }: Series, point: OtlpPoint): void {
    const ref = this.gate.series([["__name__", name], ...labels]);
    if (ref === undefined) return;
    this.keep(ref, point.exemplars);
    if ((point.flags & NO_VALUE) !== 0) return this.gate.stale(ref, point.timeMs);
    try {
      const own: FloatHistogram =
        kind === "exponential" ? fromOtlpExponential(point) : fromOtlpExplicit(point);
      const histogram = isDelta ? this.totals.addHistogram(ref, point.timeMs, own) : own;
      if (histogram !== undefined)
        this.gate.histogram(ref, point.timeMs, encodeHistogram(histogram));
    } catch (error) {
      this.gate.refuse("invalid_histogram", 1, () => `${describeError(error)} in ${name}`);
    }
  }

  private keep(ref: SeriesRef, exemplars: readonly OtlpExemplar[]): void {
    for (const { attributes, timeMs, value, traceId, spanId } of exemplars) {
      const labels: Pairs = attributes.map(([key, text]) => [labelName(key, this.strategy), text]);
      if (traceId !== "") labels.push(["trace_id", traceId]);
      if (spanId !== "") labels.push(["span_id", spanId]);
      this.exemplars.push({ ref, labels: Object.fromEntries(labels), timeMs, value });
    }
  }
}
