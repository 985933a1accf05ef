import { textOf, type AnyValue } from "../otlp/model.ts";

/** The first of some tags that is there, as a text; it is taken out, because a field of the span says it from now on. */
export function takeText(attributes: Map<string, AnyValue>, ...names: readonly string[]): string {
  for (const name of names) {
    const value = attributes.get(name);
    if (value === undefined) continue;
    attributes.delete(name);
    return textOf(value);
  }
  return "";
}

const STATUSES = ["UNSET", "OK", "ERROR"];

/** The status that Jaeger and Zipkin have in tags: https://opentelemetry.io/docs/specs/otel/common/mapping-to-non-otlp/ */
export function statusOf(attributes: Map<string, AnyValue>): {
  status: number;
  statusMessage: string;
} {
  const said = STATUSES.indexOf(takeText(attributes, "otel.status_code").toUpperCase());
  const error = attributes.get("error");
  const failed = error !== undefined && textOf(error) !== "false";
  const message = takeText(attributes, "otel.status_description", "status.message");
  // Zipkin's tag holds what went wrong.
  const reason = failed && typeof error === "string" && error !== "true" ? error : "";
  return { status: said > 0 ? said : failed ? 2 : 0, statusMessage: message || reason };
}
