/** Writes what Jaeger's clients send, independently of the code that reads it: for tests. */
export type TestTag = readonly [key: string, value: string | number | boolean | bigint | Buffer];

interface TestReference {
  type: number;
  trace: readonly [high: bigint, low: bigint];
  span: bigint;
}

export interface JaegerSpan {
  trace?: readonly [high: bigint, low: bigint];
  id?: bigint;
  parent?: bigint;
  name?: string;
  startUs?: number;
  durationUs?: number;
  references?: readonly TestReference[];
  tags?: readonly TestTag[];
  logs?: readonly { timeUs: number; fields: readonly TestTag[] }[];
}

const STOP = Buffer.from([0]);
const head = (type: number, id: number): Buffer => Buffer.from([type, 0, id]);
function i32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
function i64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt.asIntN(64, value));
  return bytes;
}
function double(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}
const binary = (value: string | Buffer): Buffer =>
  Buffer.concat([i32(Buffer.byteLength(value)), Buffer.from(value)]);
const struct = (...fields: Buffer[]): Buffer => Buffer.concat([...fields, STOP]);
const text = (id: number, value: string | Buffer) => Buffer.concat([head(11, id), binary(value)]);
const long = (id: number, value: bigint) => Buffer.concat([head(10, id), i64(value)]);
const int = (id: number, value: number) => Buffer.concat([head(8, id), i32(value)]);
const list = (id: number, items: readonly Buffer[]) =>
  Buffer.concat([head(15, id), Buffer.from([12]), i32(items.length), ...items]);

function tag([key, value]: TestTag): Buffer {
  if (typeof value === "string") return struct(text(1, key), int(2, 0), text(3, value));
  if (typeof value === "number")
    return struct(text(1, key), int(2, 1), Buffer.concat([head(4, 4), double(value)]));
  if (typeof value === "boolean")
    return struct(text(1, key), int(2, 2), Buffer.concat([head(2, 5), Buffer.from([+value])]));
  if (typeof value === "bigint") return struct(text(1, key), int(2, 3), long(6, value));
  return struct(text(1, key), int(2, 4), text(7, value));
}

const reference = ({ type, trace: [high, low], span }: TestReference): Buffer =>
  struct(int(1, type), long(2, low), long(3, high), long(4, span));

function spanOf(span: JaegerSpan): Buffer {
  const [high, low] = span.trace ?? [0n, 7n];
  return struct(
    long(1, low),
    long(2, high),
    long(3, span.id ?? 1n),
    long(4, span.parent ?? 0n),
    text(5, span.name ?? "step"),
    list(6, (span.references ?? []).map(reference)),
    int(7, 1),
    long(8, BigInt(span.startUs ?? (Date.now() - 1000) * 1000)),
    long(9, BigInt(span.durationUs ?? 1500)),
    list(10, (span.tags ?? []).map(tag)),
    list(
      11,
      (span.logs ?? []).map(({ timeUs, fields }) =>
        struct(long(1, BigInt(timeUs)), list(2, fields.map(tag))),
      ),
    ),
  );
}

/** A batch of one process. */
export const jaegerBatch = (
  spans: readonly JaegerSpan[],
  service = "fleet",
  tags: readonly TestTag[] = [],
): Buffer =>
  struct(
    Buffer.concat([head(12, 1), struct(text(1, service), list(2, tags.map(tag)))]),
    list(2, spans.map(spanOf)),
  );
