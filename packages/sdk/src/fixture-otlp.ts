/** A span as it arrived; attributes as objects. `endTimeUnixNano` is 0n while it goes on. */
export type SentSpan = {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  traceState: string;
  name: string;
  kind: number;
  startTimeUnixNano: bigint;
  endTimeUnixNano: bigint;
  status: { code: number; message: string };
  events: { name: string; timeUnixNano: bigint; attributes: Record<string, unknown> }[];
  links: { traceId: string; spanId: string; attributes: Record<string, unknown> }[];
  attributes: Record<string, unknown>;
  resource: Record<string, unknown>;
  scope: string;
};

type Value = bigint | Buffer;

/** The fields of a message with their values, in order; strict, so that a test fails where a server might be lenient. */
function fields(bytes: Buffer): [field: number, value: Value][] {
  const found: [number, Value][] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 63n) throw new Error("the message breaks off in a number");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
  };
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new Error("the message breaks off");
    return bytes.subarray(at, (at += length));
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const wire = tag & 7;
    if (wire === 0) found.push([tag >> 3, varint()]);
    else if (wire === 1) found.push([tag >> 3, take(8)]);
    else if (wire === 2) found.push([tag >> 3, take(Number(varint()))]);
    else throw new Error(`no such wire type: ${wire}`);
  }
  return found;
}

const all = (bytes: Buffer, field: number): Buffer[] =>
  fields(bytes)
    .filter(([number]) => number === field)
    .map(([, value]) => value as Buffer);
const one = (bytes: Buffer, field: number): Buffer => all(bytes, field).at(-1) ?? Buffer.alloc(0);
const number = (bytes: Buffer, field: number): number => Number((one(bytes, field) as Value) || 0);
const nanoseconds = (bytes: Buffer, field: number): bigint => one(bytes, field).readBigUInt64LE();

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function plain(value: Buffer): unknown {
  const [[field, found] = [0, 0n] as const] = fields(value);
  switch (field) {
    case 1:
      return utf8.decode(found as Buffer);
    case 2:
      return found === 1n;
    case 3:
      return Number(BigInt.asIntN(64, found as bigint));
    case 4:
      return (found as Buffer).readDoubleLE();
    case 5:
      return all(found as Buffer, 1).map(plain);
    default:
      return undefined;
  }
}

const attributesOf = (bytes: Buffer, field: number): Record<string, unknown> =>
  Object.fromEntries(
    all(bytes, field).map((pair) => [utf8.decode(one(pair, 1)), plain(one(pair, 2))]),
  );

function spanOf(span: Buffer): Omit<SentSpan, "resource" | "scope"> {
  const status = one(span, 15);
  return {
    traceId: one(span, 1).toString("hex"),
    spanId: one(span, 2).toString("hex"),
    traceState: utf8.decode(one(span, 3)),
    parentSpanId: one(span, 4).toString("hex"),
    name: utf8.decode(one(span, 5)),
    kind: number(span, 6),
    startTimeUnixNano: nanoseconds(span, 7),
    endTimeUnixNano: nanoseconds(span, 8),
    attributes: attributesOf(span, 9),
    events: all(span, 11).map((event) => ({
      timeUnixNano: nanoseconds(event, 1),
      name: utf8.decode(one(event, 2)),
      attributes: attributesOf(event, 3),
    })),
    links: all(span, 13).map((link) => ({
      traceId: one(link, 1).toString("hex"),
      spanId: one(link, 2).toString("hex"),
      attributes: attributesOf(link, 4),
    })),
    status: { message: utf8.decode(one(status, 2)), code: number(status, 3) },
  };
}

/** The spans of an ExportTraceServiceRequest, in their order. @throws When it is not well formed. */
export const spansOf = (request: Buffer): SentSpan[] =>
  all(request, 1).flatMap((group) => {
    const resource = attributesOf(one(group, 1), 1);
    return all(group, 2).flatMap((scoped) => {
      const scope = utf8.decode(one(one(scoped, 1), 1));
      return all(scoped, 2).map((span) => ({ ...spanOf(span), resource, scope }));
    });
  });
