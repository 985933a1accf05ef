/** Bodies of remote write, built independently of the code that reads them: for tests. */

type LabelPairs = readonly (readonly [string, string])[];

export interface TestHistogram {
  timeMs: number;
  countFloat?: number;
  countInt?: number;
  sum: number | "stale";
  schema: number;
  zeroThreshold?: number;
  zeroCount?: number;
  positiveSpans?: readonly (readonly [offset: number, length: number])[];
  positiveCounts?: readonly number[];
  positiveDeltas?: readonly number[];
  customValues?: readonly number[];
  hint?: number;
}

export interface TestSeries {
  labels: LabelPairs;
  samples?: readonly (readonly [timeMs: number, value: number | "stale"])[];
  exemplars?: readonly { labels: LabelPairs; timeMs: number; value: number }[];
  histograms?: readonly TestHistogram[];
  /** Of version 2.0. */
  metadata?: { type: number; help: string; unit: string };
}

export interface TestMetadata {
  type: number;
  metric: string;
  help: string;
  unit: string;
}

const STALE = Buffer.from([2, 0, 0, 0, 0, 0, 0xf0, 0x7f]);

export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}
const zigzag = (value: number): Buffer => varint(value >= 0 ? value * 2 : -value * 2 - 1);
const field = (number: number, wire: number, value: Buffer): Buffer =>
  Buffer.concat([varint(number * 8 + wire), value]);
export const message = (number: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return field(number, 2, Buffer.concat([varint(body.length), body]));
};
export const text = (number: number, value: string | Buffer): Buffer =>
  message(number, Buffer.from(value as string));
export const integer = (number: number, value: number): Buffer => field(number, 0, varint(value));
export function double(number: number, value: number | "stale"): Buffer {
  const bytes = Buffer.alloc(8);
  if (value === "stale") STALE.copy(bytes);
  else bytes.writeDoubleLE(value);
  return field(number, 1, bytes);
}
const packed = (number: number, values: readonly Buffer[]): Buffer =>
  values.length === 0 ? Buffer.alloc(0) : message(number, ...values);
const raw = (value: number): Buffer => double(1, value).subarray(1);

function encodeHistogram(number: number, one: TestHistogram): Buffer {
  return message(
    number,
    one.countInt === undefined ? double(2, one.countFloat ?? 0) : integer(1, one.countInt),
    double(3, one.sum),
    field(4, 0, zigzag(one.schema)),
    double(5, one.zeroThreshold ?? 0),
    one.countInt === undefined ? double(7, one.zeroCount ?? 0) : integer(6, one.zeroCount ?? 0),
    ...(one.positiveSpans ?? []).map(([offset, length]) =>
      message(11, field(1, 0, zigzag(offset)), integer(2, length)),
    ),
    packed(12, (one.positiveDeltas ?? []).map(zigzag)),
    packed(13, (one.positiveCounts ?? []).map(raw)),
    integer(14, one.hint ?? 0),
    integer(15, one.timeMs),
    packed(16, (one.customValues ?? []).map(raw)),
  );
}

const encodeSample = (number: number, [timeMs, value]: readonly [number, number | "stale"]) =>
  // proto3 leaves zeros out.
  message(
    number,
    value === 0 && !Object.is(value, -0) ? Buffer.alloc(0) : double(1, value),
    timeMs === 0 ? Buffer.alloc(0) : integer(2, timeMs),
  );

const encodeLabels = (labels: LabelPairs): Buffer[] =>
  labels.map(([name, value]) => message(1, text(1, name), text(2, value)));

/** A prometheus.WriteRequest. */
export const writeRequest = (
  series: readonly TestSeries[],
  metadata: readonly TestMetadata[] = [],
): Buffer =>
  Buffer.concat([
    ...series.map(({ labels, samples = [], exemplars = [], histograms = [] }) =>
      message(
        1,
        ...encodeLabels(labels),
        ...samples.map((sample) => encodeSample(2, sample)),
        ...exemplars.map((one) =>
          message(3, ...encodeLabels(one.labels), double(2, one.value), integer(3, one.timeMs)),
        ),
        ...histograms.map((one) => encodeHistogram(4, one)),
      ),
    ),
    ...metadata.map(({ type, metric, help, unit }) =>
      message(3, integer(1, type), text(2, metric), text(4, help), text(5, unit)),
    ),
  ]);

/** An io.prometheus.write.v2.Request. */
export function writeRequestV2(series: readonly TestSeries[]): Buffer {
  const symbols = new Map([["", 0]]);
  const symbol = (value: string): Buffer => {
    if (!symbols.has(value)) symbols.set(value, symbols.size);
    return varint(symbols.get(value) ?? 0);
  };
  const refs = (labels: LabelPairs) => packed(1, labels.flat().map(symbol));
  const body = series.map(({ labels, samples = [], exemplars = [], histograms = [], metadata }) =>
    message(
      5,
      refs(labels),
      ...samples.map((sample) => encodeSample(2, sample)),
      ...histograms.map((one) => encodeHistogram(3, one)),
      ...exemplars.map((one) =>
        message(4, refs(one.labels), double(2, one.value), integer(3, one.timeMs)),
      ),
      ...(metadata === undefined
        ? []
        : [
            message(
              5,
              integer(1, metadata.type),
              field(3, 0, symbol(metadata.help)),
              field(4, 0, symbol(metadata.unit)),
            ),
          ]),
    ),
  );
  return Buffer.concat([...[...symbols.keys()].map((value) => text(4, value)), ...body]);
}

const literal = (bytes: Buffer): Buffer => {
  const length = bytes.length - 1;
  const head =
    length < 60
      ? [length << 2]
      : length < 256
        ? [60 << 2, length]
        : [61 << 2, length & 255, length >> 8];
  return Buffer.concat([Buffer.from(head), bytes]);
};

/** A snappy block with copies where four bytes come again, in blocks of 64 KiB. */
export function snappyCompress(input: Buffer): Buffer {
  const parts: Buffer[] = [varint(input.length)];
  for (let base = 0; base < input.length; base += 65_536) {
    const block = input.subarray(base, base + 65_536);
    const seen = new Map<number, number>();
    let from = 0;
    let at = 0;
    while (at + 4 <= block.length) {
      const key = block.readUInt32LE(at);
      const before = seen.get(key);
      seen.set(key, at);
      if (before === undefined) {
        at++;
        continue;
      }
      let length = 4;
      while (
        length < 64 &&
        at + length < block.length &&
        block[before + length] === block[at + length]
      )
        length++;
      if (at > from) parts.push(literal(block.subarray(from, at)));
      const offset = at - before;
      parts.push(Buffer.from([((length - 1) << 2) | 2, offset & 255, offset >> 8]));
      at += length;
      from = at;
    }
    if (from < block.length) parts.push(literal(block.subarray(from)));
  }
  return Buffer.concat(parts);
}
