import {
  idOf,
  list,
  number,
  object,
  rootOf,
  text,
  time,
  valueOf,
  wrong,
  type Json,
} from "./json.ts";
import {
  emptyMetric,
  emptyPoint,
  MAX_POINTS,
  TEMPORALITIES,
  textOf,
  type Attribute,
  type OtlpBuckets,
  type OtlpExemplar,
  type OtlpKind,
  type OtlpMetric,
  type OtlpPoint,
  type OtlpResource,
  type Temporality,
} from "./model.ts";

const KINDS: readonly (readonly [key: string, kind: OtlpKind])[] = [
  ["gauge", "gauge"],
  ["sum", "sum"],
  ["histogram", "histogram"],
  ["exponentialHistogram", "exponential"],
  ["summary", "summary"],
];
const attributesOf = (value: unknown): Attribute[] =>
  list(value).map((one) => {
    const { key, value: own } = object(one);
    return [text(key), textOf(valueOf(object(own), 0))];
  });

const measured = (json: Json): number => number("asInt" in json ? json["asInt"] : json["asDouble"]);

function exemplarOf(value: unknown): OtlpExemplar {
  const json = object(value);
  return {
    attributes: attributesOf(json["filteredAttributes"]),
    timeMs: time(json["timeUnixNano"]),
    value: measured(json),
    traceId: idOf(json["traceId"]),
    spanId: idOf(json["spanId"]),
  };
}

function bucketsOf(value: unknown): OtlpBuckets {
  const json = object(value);
  return { offset: number(json["offset"]), counts: list(json["bucketCounts"]).map(number) };
}

function pointOf(value: unknown): OtlpPoint {
  const json = object(value);
  return {
    ...emptyPoint(),
    attributes: attributesOf(json["attributes"]),
    startMs: time(json["startTimeUnixNano"]),
    timeMs: time(json["timeUnixNano"]),
    flags: number(json["flags"]),
    value: measured(json),
    count: number(json["count"]),
    sum: json["sum"] === undefined || json["sum"] === null ? undefined : number(json["sum"]),
    bounds: list(json["explicitBounds"]).map(number),
    counts: list(json["bucketCounts"]).map(number),
    scale: number(json["scale"]),
    zeroCount: number(json["zeroCount"]),
    zeroThreshold: number(json["zeroThreshold"]),
    positive: bucketsOf(json["positive"]),
    negative: bucketsOf(json["negative"]),
    quantiles: list(json["quantileValues"]).map((one) => {
      const { quantile, value: own } = object(one);
      return { quantile: number(quantile), value: number(own) };
    }),
    exemplars: list(json["exemplars"]).map(exemplarOf),
  };
}

/** Enums are numbers in OTLP/JSON; some senders write their names all the same. */
function temporalityOf(value: unknown): Temporality {
  if (typeof value !== "string" || /^\d+$/.test(value))
    return TEMPORALITIES[number(value)] ?? "unspecified";
  if (value.endsWith("_DELTA")) return "delta";
  return value.endsWith("_CUMULATIVE") ? "cumulative" : "unspecified";
}

function metricOf(value: unknown, count: (points: number) => void): OtlpMetric {
  const json = object(value);
  const metric = {
    ...emptyMetric(),
    name: text(json["name"]),
    description: text(json["description"]),
    unit: text(json["unit"]),
  };
  const found = KINDS.find(([key]) => json[key] !== undefined && json[key] !== null);
  if (found === undefined) return metric;
  const data = object(json[found[0]]);
  const points = list(data["dataPoints"]);
  count(points.length);
  return {
    ...metric,
    kind: found[1],
    temporality: temporalityOf(data["aggregationTemporality"]),
    monotonic: data["isMonotonic"] === true,
    points: points.map(pointOf),
  };
}

/** One metric at a time, so that a long request can be read in turns with others. */
function* metricsOf(scopes: unknown, count: (points: number) => void): Generator<OtlpMetric> {
  for (const scope of list(scopes))
    for (const metric of list(object(scope)["metrics"])) yield metricOf(metric, count);
}

/** Reads an ExportMetricsServiceRequest in OTLP's JSON. @throws FleetlightError `bad_request` */
export function readOtlpJson(body: Buffer): OtlpResource[] {
  let points = 0;
  const count = (more: number) => {
    points += more;
    if (points > MAX_POINTS) throw wrong("it has too many data points");
  };
  return list(rootOf(body)["resourceMetrics"]).map((one) => {
    const { resource, scopeMetrics } = object(one);
    return {
      attributes: attributesOf(object(resource)["attributes"]),
      metrics: metricsOf(scopeMetrics, count),
    };
  });
}
