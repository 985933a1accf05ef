import type { Annotations } from "../annotations.ts";
import type { Labels } from "../labels.ts";
import type { CallExpr, Span } from "../syntax/ast.ts";
import { formatShortest } from "../math/float-text.ts";
import { quote } from "../syntax/strings.ts";
import { forMetric, metricName, quotedName } from "./text.ts";
import type { RangeCall } from "./types.ts";

/** Where a remark on an argument points to. */
export function argument(expr: CallExpr, index: number): Span {
  return expr.args[index] ?? expr;
}

/** The range among the arguments; upstream points there, but always to the first argument. */
export function firstArgument(call: RangeCall): Span {
  return argument(call.expr, 0);
}

export function warnMixedFloatsHistograms(call: RangeCall, labels: Labels): void {
  const text = `encountered a mix of histograms and floats for metric name ${quotedName(labels)}`;
  call.ctx.annotations.warn(text, firstArgument(call));
}

export function infoHistogramsIgnored(call: RangeCall, labels: Labels): void {
  const text =
    "ignored histograms in a range containing both floats and histograms for metric name";
  call.ctx.annotations.info(`${text} ${quotedName(labels)}`, firstArgument(call));
}

export function warnStartTimeOverlap(call: RangeCall, labels: Labels): void {
  const text = "sample has start time that overlaps with previous sample timestamp for metric";
  call.ctx.annotations.warn(`${text} ${quotedName(labels)}`, firstArgument(call));
}

export function warnNotCounter(call: RangeCall, labels: Labels): void {
  const text = `this native histogram metric is not a counter: ${quotedName(labels)}`;
  call.ctx.annotations.warn(text, firstArgument(call));
}

export function warnNotGauge(call: RangeCall, labels: Labels): void {
  const text = `this native histogram metric is not a gauge: ${quotedName(labels)}`;
  call.ctx.annotations.warn(text, firstArgument(call));
}

/** NaN and what lies outside of 0 to 1 gives a result, and this warning. */
export function checkQuantile(annotations: Annotations, quantile: number, place: Span): void {
  if (quantile >= 0 && quantile <= 1) return;
  const text = "quantile value should be between 0 and 1, got";
  annotations.warn(`${text} ${formatShortest(quantile)}`, place);
}

export function warnBadBucketLabel(annotations: Annotations, labels: Labels, place: Span): void {
  const got = quote(labels.get("le") ?? "");
  const text = `bucket label "le" is missing or has a malformed value of ${got}`;
  annotations.warn(forMetric(text, metricName(labels)), place);
}

export function warnMixedClassicNative(
  annotations: Annotations,
  labels: Labels,
  place: Span,
): void {
  const text = "vector contains a mix of classic and native histograms";
  annotations.warn(forMetric(text, metricName(labels)), place);
}

const MONOTONICITY =
  "input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)";

/** The text is that of 3.5; 3.14 adds which buckets and how often, which no answer of the HTTP API needs. */
export function infoForcedMonotonicity(
  annotations: Annotations,
  labels: Labels,
  place: Span,
): void {
  annotations.info(forMetric(MONOTONICITY, metricName(labels)), place);
}

const counterSuffixes = ["_total", "_sum", "_count", "_bucket"];

/** After a series of rate or increase gave a float: its name should be that of a counter. */
export function infoPossibleNonCounter(labels: Labels, call: RangeCall): void {
  const name = metricName(labels);
  if (name === "" || counterSuffixes.some((suffix) => name.endsWith(suffix))) return;
  const text = "metric might not be a counter, name does not end in _total/_sum/_count/_bucket:";
  call.ctx.annotations.info(`${text} ${quote(name)}`, firstArgument(call));
}

export function infoQuantileOfNan(
  annotations: Annotations,
  labels: Labels,
  place: Span,
  effect: "skewed" | "nan",
): void {
  const outcome = effect === "nan" ? "result is NaN" : "result is skewed higher";
  const text = `input to histogram_quantile has NaN observations, ${outcome}`;
  annotations.info(forMetric(text, metricName(labels)), place);
}

export function infoFractionWithoutNan(
  annotations: Annotations,
  labels: Labels,
  place: Span,
): void {
  const text =
    "input to histogram_fraction has NaN observations, which are excluded from all fractions";
  annotations.info(forMetric(text, metricName(labels)), place);
}
