import { formatFloat } from "../format-float.ts";
import { METRIC_NAME, type Labels } from "../labels.ts";
import { formatShortest } from "../math/float-text.ts";
import { quote } from "../syntax/strings.ts";

/** A quantile as a label value, as upstream's labels.FormatOpenMetricsFloat: always with a point or an exponent. */
export function formatOpenMetrics(value: number): string {
  if (!Number.isFinite(value)) return formatFloat(value);
  if (value === 0) return "0.0";
  const text = formatShortest(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** The metric's name, empty when it has none. */
export function metricName(labels: Labels): string {
  return labels.get(METRIC_NAME) ?? "";
}

/** The metric's name as upstream quotes it. */
export function quotedName(labels: Labels): string {
  return quote(metricName(labels));
}

/** Upstream names the metric only where it has a name. */
export function forMetric(text: string, name: string): string {
  return name === "" ? text : `${text} for metric name ${quote(name)}`;
}
