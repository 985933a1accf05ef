import { varint } from "../remote-write/fixture.ts";

/** A span as tests send it; ids are hexadecimal, of any length. */
export interface TestSpan {
  traceId?: string;
  spanId?: string;
  parentSpanId?: string;
  name?: string | Buffer;
  startMs?: number;
  endMs?: number;
  attributes?: readonly (readonly [string, string | Buffer])[];
}

const TRACE = "0af7651916cd43dd8448eb211c80319c";

const lengthDelimited = (field: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);

function time(number: number, ms: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = number * 8 + 1;
  bytes.writeBigUInt64LE(BigInt(ms) * 1_000_000n, 1);
  return bytes;
}

const bytesOf = (text: string | Buffer): Buffer =>
  typeof text === "string" ? Buffer.from(text) : text;

const attribute = ([key, value]: readonly [string, string | Buffer]): Buffer =>
  Buffer.concat([
    lengthDelimited(1, Buffer.from(key)),
    lengthDelimited(2, lengthDelimited(1, bytesOf(value))),
  ]);

export function spanBytes(span: TestSpan): Buffer {
  const startMs = span.startMs ?? Date.now() - 1000;
  return Buffer.concat([
    lengthDelimited(1, Buffer.from(span.traceId ?? TRACE, "hex")),
    lengthDelimited(2, Buffer.from(span.spanId ?? "b7ad6b7169203331", "hex")),
    lengthDelimited(4, Buffer.from(span.parentSpanId ?? "", "hex")),
    lengthDelimited(5, bytesOf(span.name ?? "step")),
    time(7, startMs),
    time(8, span.endMs ?? startMs + 500),
    ...(span.attributes ?? []).map((one) => lengthDelimited(9, attribute(one))),
  ]);
}

/** An ExportTraceServiceRequest of one service. */
export const exportOf = (spans: readonly TestSpan[], service = "fleet"): Buffer =>
  lengthDelimited(
    1,
    Buffer.concat([
      lengthDelimited(1, lengthDelimited(1, attribute(["service.name", service]))),
      lengthDelimited(2, Buffer.concat(spans.map((span) => lengthDelimited(2, spanBytes(span))))),
    ]),
  );

/** As many spans as wanted, each with an id of its own. */
export const manySpans = (count: number, more: TestSpan = {}): TestSpan[] =>
  Array.from({ length: count }, (_, index) => ({
    ...more,
    spanId: (index + 1).toString(16).padStart(16, "0"),
  }));
