/** Thrown at registration only: a wrong metric is a mistake in the program, not in its input. */
export class MetricError extends Error {
  readonly code:
    | "invalid_name"
    | "invalid_label"
    | "invalid_buckets"
    | "invalid_unit"
    | "duplicate";

  constructor(code: MetricError["code"], message: string) {
    super(message);
    this.name = "MetricError";
    this.code = code;
  }
}

export type MetricKind = "counter" | "gauge" | "histogram";

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const MAX_NAME_LENGTH = 256;

/** Units that the Prometheus and OpenMetrics conventions call base units. */
const BASE_UNITS = new Set([
  "seconds",
  "bytes",
  "ratio",
  "celsius",
  "meters",
  "volts",
  "amperes",
  "joules",
  "grams",
]);

const BASE_UNIT_OF: ReadonlyMap<string, string> = new Map([
  ["milliseconds", "seconds"],
  ["ms", "seconds"],
  ["microseconds", "seconds"],
  ["us", "seconds"],
  ["nanoseconds", "seconds"],
  ["ns", "seconds"],
  ["minutes", "seconds"],
  ["hours", "seconds"],
  ["days", "seconds"],
  ["kilobytes", "bytes"],
  ["kb", "bytes"],
  ["kib", "bytes"],
  ["megabytes", "bytes"],
  ["mb", "bytes"],
  ["mib", "bytes"],
  ["gigabytes", "bytes"],
  ["gb", "bytes"],
  ["bits", "bytes"],
  ["percent", "ratio"],
  ["percentage", "ratio"],
  ["fahrenheit", "celsius"],
  ["kelvin", "celsius"],
  ["kilometers", "meters"],
  ["kilograms", "grams"],
]);

/** @throws MetricError when Prometheus would refuse the name, or when a counter does not end in `_total`. */
export function checkMetricName(kind: MetricKind, name: string): void {
  if (!METRIC_NAME.test(name) || name.length > MAX_NAME_LENGTH) {
    throw new MetricError(
      "invalid_name",
      `metric name ${JSON.stringify(name)} must match ${METRIC_NAME.source} and have at most ${MAX_NAME_LENGTH} characters`,
    );
  }
  if (kind === "counter" && (!name.endsWith("_total") || name === "_total")) {
    throw new MetricError("invalid_name", `counter ${name} must end in _total`);
  }
}

/** @throws MetricError when a label name is malformed, reserved or repeated. */
export function checkLabelNames(kind: MetricKind, metric: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (!LABEL_NAME.test(name) || name.length > MAX_NAME_LENGTH) {
      throw new MetricError(
        "invalid_label",
        `${metric}: label name ${JSON.stringify(name)} must match ${LABEL_NAME.source}`,
      );
    }
    if (name.startsWith("__")) {
      throw new MetricError("invalid_label", `${metric}: labels that start with __ are reserved`);
    }
    if (kind === "histogram" && name === "le") {
      throw new MetricError("invalid_label", `${metric}: a histogram writes the label le itself`);
    }
    if (seen.has(name)) {
      throw new MetricError("invalid_label", `${metric}: label ${name} appears twice`);
    }
    seen.add(name);
  }
}

/** Name of the OpenMetrics family: a counter's samples carry `_total`, its family does not. */
export function familyName(kind: MetricKind, name: string): string {
  return kind === "counter" ? name.slice(0, -"_total".length) : name;
}

/**
 * The unit to announce: the one asked for, else a base unit that the name ends in, else none.
 * @throws MetricError when the name does not end in the unit asked for, as OpenMetrics demands.
 */
export function unitOf(kind: MetricKind, name: string, asked: string | undefined): string {
  const family = familyName(kind, name);
  if (asked !== undefined && asked !== "") {
    if (!family.endsWith(`_${asked}`)) {
      throw new MetricError(
        "invalid_unit",
        `${name}: a metric in ${asked} must be named …_${asked}`,
      );
    }
    return asked;
  }
  const last = family.slice(family.lastIndexOf("_") + 1);
  return BASE_UNITS.has(last) && last !== family ? last : "";
}

/**
 * Advice on a valid name that breaks a convention; empty when there is none to give.
 * @param kind null for a metric whose type is left open
 */
export function adviseOnName(kind: MetricKind | null, name: string, help: string): string[] {
  const advice: string[] = [];
  const words = (kind === null ? name : familyName(kind, name)).toLowerCase().split("_");
  const last = words.at(-1) ?? "";
  const base = BASE_UNIT_OF.get(last);
  if (base !== undefined) advice.push(`${name}: use the base unit ${base} instead of ${last}`);
  if (/[A-Z]/.test(name)) advice.push(`${name}: metric names are snake_case`);
  if (name.includes(":")) advice.push(`${name}: colons are for recording rules`);
  if (kind !== null && kind !== "counter" && name.endsWith("_total")) {
    advice.push(`${name}: only counters end in _total`);
  }
  if (kind !== "counter" && /_(count|sum|bucket|created|info)$/.test(name) && last !== "info") {
    advice.push(`${name}: the ending _${last} belongs to histograms and summaries`);
  }
  if (kind !== null && words.includes(kind))
    advice.push(`${name}: the type does not belong in the name`);
  if (help.trim() === "") advice.push(`${name}: has no help text`);
  return advice;
}
