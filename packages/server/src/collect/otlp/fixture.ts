/** Encodes OTLP's JSON form as protobuf, independently of the code that reads it: for tests. */
import { double, integer, message, text, varint } from "../remote-write/fixture.ts";

type Json = Record<string, unknown>;
const many = (value: unknown): Json[] => (value as Json[] | undefined) ?? [];

const fixed = (field: number, value: unknown): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value as string | number));
  return Buffer.concat([varint(field * 8 + 1), bytes]);
};
const zigzag = (field: number, value: number): Buffer =>
  integer(field, value >= 0 ? value * 2 : -value * 2 - 1);
const optional = (value: unknown, encode: () => Buffer): Buffer =>
  value === undefined ? Buffer.alloc(0) : encode();

function anyValue(value: Json): Buffer {
  if ("stringValue" in value) return text(1, value["stringValue"] as string);
  if ("boolValue" in value) return integer(2, value["boolValue"] === true ? 1 : 0);
  if ("intValue" in value) return integer(3, Number(value["intValue"]));
  if ("doubleValue" in value) return double(4, value["doubleValue"] as number);
  if ("arrayValue" in value)
    return message(
      5,
      ...many((value["arrayValue"] as Json)["values"]).map((one) => message(1, anyValue(one))),
    );
  return Buffer.alloc(0);
}
const attributes = (field: number, value: unknown): Buffer[] =>
  many(value).map(({ key, value: own }) =>
    message(field, text(1, key as string), message(2, anyValue(own as Json))),
  );
const times = (point: Json): Buffer[] => [
  optional(point["startTimeUnixNano"], () => fixed(2, point["startTimeUnixNano"])),
  fixed(3, point["timeUnixNano"]),
];
const exemplars = (field: number, point: Json): Buffer[] =>
  many(point["exemplars"]).map((one) =>
    message(
      field,
      fixed(2, one["timeUnixNano"]),
      double(3, one["asDouble"] as number),
      message(4, Buffer.from(one["spanId"] as string, "hex")),
      message(5, Buffer.from(one["traceId"] as string, "hex")),
      ...attributes(7, one["filteredAttributes"]),
    ),
  );
const packed = (field: number, value: unknown, encode: (one: number | string) => Buffer): Buffer =>
  message(field, ...((value as (number | string)[] | undefined) ?? []).map(encode));
const raw = (one: number | string): Buffer => double(1, Number(one)).subarray(1);
const rawFixed = (one: number | string): Buffer => fixed(1, one).subarray(1);
const buckets = (field: number, value: unknown): Buffer =>
  optional(value, () => {
    const { offset, bucketCounts } = value as Json;
    return message(
      field,
      zigzag(1, offset as number),
      packed(2, bucketCounts, (one) => varint(Number(one))),
    );
  });

const points: Record<string, [field: number, encode: (point: Json) => Buffer[]]> = {
  gauge: [5, numberPoint],
  sum: [7, numberPoint],
  histogram: [
    9,
    (point) => [
      ...times(point),
      fixed(4, point["count"]),
      optional(point["sum"], () => double(5, point["sum"] as number)),
      packed(6, point["bucketCounts"], rawFixed),
      packed(7, point["explicitBounds"], raw),
      ...exemplars(8, point),
      ...attributes(9, point["attributes"]),
      integer(10, (point["flags"] as number | undefined) ?? 0),
    ],
  ],
  exponentialHistogram: [
    10,
    (point) => [
      ...attributes(1, point["attributes"]),
      ...times(point),
      fixed(4, point["count"]),
      optional(point["sum"], () => double(5, point["sum"] as number)),
      zigzag(6, point["scale"] as number),
      fixed(7, point["zeroCount"]),
      buckets(8, point["positive"]),
      buckets(9, point["negative"]),
    ],
  ],
  summary: [
    11,
    (point) => [
      ...attributes(7, point["attributes"]),
      ...times(point),
      fixed(4, point["count"]),
      double(5, point["sum"] as number),
      ...many(point["quantileValues"]).map(({ quantile, value }) =>
        message(6, double(1, quantile as number), double(2, value as number)),
      ),
    ],
  ],
};

function numberPoint(point: Json): Buffer[] {
  return [
    ...times(point),
    optional(point["asDouble"], () => double(4, point["asDouble"] as number)),
    ...exemplars(5, point),
    optional(point["asInt"], () => fixed(6, point["asInt"])),
    ...attributes(7, point["attributes"]),
    integer(8, (point["flags"] as number | undefined) ?? 0),
  ];
}

function metric(json: Json): Buffer {
  const kind = Object.keys(points).find((key) => key in json) ?? "gauge";
  const [field, encode] = points[kind] ?? [5, numberPoint];
  const data = json[kind] as Json;
  return message(
    2,
    text(1, json["name"] as string),
    text(2, (json["description"] as string | undefined) ?? ""),
    text(3, (json["unit"] as string | undefined) ?? ""),
    message(
      field,
      ...many(data["dataPoints"]).map((point) => message(1, ...encode(point))),
      integer(2, (data["aggregationTemporality"] as number | undefined) ?? 0),
      integer(3, data["isMonotonic"] === true ? 1 : 0),
    ),
  );
}

export const otlpProtobuf = (request: Json): Buffer =>
  Buffer.concat(
    many(request["resourceMetrics"]).map((one) =>
      message(
        1,
        message(1, ...attributes(1, (one["resource"] as Json | undefined)?.["attributes"])),
        ...many(one["scopeMetrics"]).map((scope) =>
          message(2, ...many(scope["metrics"]).map(metric)),
        ),
      ),
    ),
  );
