import { ProtobufError, ProtobufReader } from "#lib";

import {
  emptyMetric,
  emptyPoint,
  MAX_POINTS,
  TEMPORALITIES,
  textOf,
  type AnyValue,
  type Attribute,
  type OtlpBuckets,
  type OtlpExemplar,
  type OtlpKind,
  type OtlpMetric,
  type OtlpPoint,
  type OtlpResource,
} from "./model.ts";
import { hex, inner, readFields, readValue, text, type Field } from "./protobuf.ts";

/** Buckets and bounds of one point. */
const MAX_VALUES = 65_536;

const KINDS: Record<number, OtlpKind> = {
  5: "gauge",
  7: "sum",
  9: "histogram",
  10: "exponential",
  11: "summary",
};

/** Whole milliseconds: below them, two points of one series are one. */
const time = (message: ProtobufReader): number => message.fixed64Nanoseconds();

/** Reads opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest. @throws ProtobufError */
export class OtlpProtobufReader {
  private points = 0;

  read(body: Uint8Array): OtlpResource[] {
    const resources: OtlpResource[] = [];
    readFields(new ProtobufReader(body), {
      1: (field) => resources.push(this.resource(inner(field))),
    });
    return resources;
  }

  private resource(message: ProtobufReader): OtlpResource {
    const attributes: Attribute[] = [];
    const scopes: ProtobufReader[] = [];
    readFields(message, {
      1: (field) =>
        readFields(inner(field), { 1: (one) => attributes.push(readAttribute(inner(one))) }),
      2: (field) => scopes.push(inner(field)),
    });
    return { attributes, metrics: this.metrics(scopes) };
  }

  /** One metric at a time, so that a long request can be read in turns with others. */
  private *metrics(scopes: readonly ProtobufReader[]): Generator<OtlpMetric> {
    for (const scope of scopes)
      while (scope.next()) {
        if (scope.field === 2) yield this.metric(inner(scope));
        else scope.skip();
      }
  }

  private metric(message: ProtobufReader): OtlpMetric {
    const metric = emptyMetric();
    const data: Field = (field) => {
      metric.kind = KINDS[field.field];
      this.data(inner(field), metric);
    };
    readFields(message, {
      1: (field) => (metric.name = text(field)),
      2: (field) => (metric.description = text(field)),
      3: (field) => (metric.unit = text(field)),
      5: data,
      7: data,
      9: data,
      10: data,
      11: data,
    });
    return metric;
  }

  private data(message: ProtobufReader, metric: OtlpMetric): void {
    const { kind } = metric;
    readFields(message, {
      1: (field) => {
        if (++this.points > MAX_POINTS) throw new ProtobufError("too many data points");
        const point = emptyPoint();
        if (kind === "exponential") readExponential(inner(field), point);
        else if (kind === "histogram") readHistogram(inner(field), point);
        else if (kind === "summary") readSummary(inner(field), point);
        else readNumber(inner(field), point);
        metric.points.push(point);
      },
      2: (field) => (metric.temporality = TEMPORALITIES[field.uint32()] ?? "unspecified"),
      3: (field) => (metric.monotonic = field.bool()),
    });
  }
}

const attributesInto =
  (point: OtlpPoint): Field =>
  (field) =>
    point.attributes.push(readAttribute(inner(field)));
const times = (point: OtlpPoint): Record<number, Field> => ({
  2: (field) => (point.startMs = time(field)),
  3: (field) => (point.timeMs = time(field)),
});
const exemplarsInto =
  (point: OtlpPoint): Field =>
  (field) =>
    point.exemplars.push(readExemplar(inner(field)));

const readNumber = (message: ProtobufReader, point: OtlpPoint): void =>
  readFields(message, {
    ...times(point),
    4: (field) => (point.value = field.double()),
    5: exemplarsInto(point),
    6: (field) => (point.value = field.sfixed64()),
    7: attributesInto(point),
    8: (field) => (point.flags = field.uint32()),
  });

const readHistogram = (message: ProtobufReader, point: OtlpPoint): void =>
  readFields(message, {
    ...times(point),
    4: (field) => (point.count = field.fixed64()),
    5: (field) => (point.sum = field.double()),
    6: (field) => field.repeated(point.counts, () => field.fixed64(), MAX_VALUES),
    7: (field) => field.repeated(point.bounds, () => field.double(), MAX_VALUES),
    8: exemplarsInto(point),
    9: attributesInto(point),
    10: (field) => (point.flags = field.uint32()),
  });

const readExponential = (message: ProtobufReader, point: OtlpPoint): void =>
  readFields(message, {
    ...times(point),
    1: attributesInto(point),
    4: (field) => (point.count = field.fixed64()),
    5: (field) => (point.sum = field.double()),
    6: (field) => (point.scale = field.sint32()),
    7: (field) => (point.zeroCount = field.fixed64()),
    8: (field) => (point.positive = readBuckets(inner(field))),
    9: (field) => (point.negative = readBuckets(inner(field))),
    10: (field) => (point.flags = field.uint32()),
    11: exemplarsInto(point),
    14: (field) => (point.zeroThreshold = field.double()),
  });

const readSummary = (message: ProtobufReader, point: OtlpPoint): void =>
  readFields(message, {
    ...times(point),
    4: (field) => (point.count = field.fixed64()),
    5: (field) => (point.sum = field.double()),
    6: (field) => {
      const one = { quantile: 0, value: 0 };
      readFields(inner(field), {
        1: (value) => (one.quantile = value.double()),
        2: (value) => (one.value = value.double()),
      });
      point.quantiles.push(one);
    },
    7: attributesInto(point),
    8: (field) => (point.flags = field.uint32()),
  });

function readBuckets(message: ProtobufReader): OtlpBuckets {
  const buckets: OtlpBuckets = { offset: 0, counts: [] };
  readFields(message, {
    1: (field) => (buckets.offset = field.sint32()),
    2: (field) => field.repeated(buckets.counts, () => field.uint64(), MAX_VALUES),
  });
  return buckets;
}

function readExemplar(message: ProtobufReader): OtlpExemplar {
  const attributes: Attribute[] = [];
  const exemplar = { attributes, timeMs: 0, value: 0, traceId: "", spanId: "" };
  readFields(message, {
    2: (field) => (exemplar.timeMs = time(field)),
    3: (field) => (exemplar.value = field.double()),
    4: (field) => (exemplar.spanId = hex(field)),
    5: (field) => (exemplar.traceId = hex(field)),
    6: (field) => (exemplar.value = field.sfixed64()),
    7: (field) => attributes.push(readAttribute(inner(field))),
  });
  return exemplar;
}

function readAttribute(message: ProtobufReader): Attribute {
  let key = "";
  let value: AnyValue;
  readFields(message, {
    1: (field) => (key = text(field)),
    2: (field) => (value = readValue(field, 0)),
  });
  return [key, textOf(value)];
}
