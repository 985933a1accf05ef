import type { Annotations } from "../annotations.ts";
import { METRIC_NAME, type Labels } from "../labels.ts";
import type { Span } from "../syntax/ast.ts";
import { quote } from "../syntax/strings.ts";

export type HistogramOperation = "addition" | "subtraction" | "aggregation";

/** Told when a sample stays out because exponential and custom buckets cannot be combined. */
export function warnMixedSchemas(annotations: Annotations, labels: Labels, place: Span): void {
  const name = quote(labels.get(METRIC_NAME) ?? "");
  const text = "vector contains a mix of histograms with exponential and custom buckets schemas";
  annotations.warn(`${text} for metric name ${name}`, place);
}

export function warnResetsConflict(
  annotations: Annotations,
  operation: HistogramOperation,
  place: Span,
): void {
  annotations.warn(`conflicting counter resets during histogram ${operation}`, place);
}

export function infoBoundsReconciled(
  annotations: Annotations,
  operation: HistogramOperation,
  place: Span,
): void {
  annotations.info(`mismatched custom buckets were reconciled during ${operation}`, place);
}
