/** What many spans of a trace have in common; texts are empty where a span says nothing. */
export interface SpanShape {
  name: string;
  service: string;
  /** Where it ran, as far as its resource says. */
  host: string;
  operation: string;
  agent: string;
  peer: string;
  tool: string;
  model: string;
  error_type: string;
}

/** Spans of one trace by start and then by id, as columns: a million of them are a few arrays of numbers. */
export interface SpanColumns {
  /** Ids as the numbers that their sixteen digits are; 0n of a parent is none. */
  spanIds: BigUint64Array;
  parentIds: BigUint64Array;
  /** Unix nanoseconds. */
  starts: BigInt64Array;
  /** Nanoseconds; of a span that goes on, how long it had lasted at the latest news. */
  durations: Float64Array;
  /** USD; NaN when nobody knows. */
  costs: Float64Array;
  inputTokens: Uint32Array;
  outputTokens: Uint32Array;
  /** Which of `shapes`. */
  shapeOf: Uint32Array;
  /** See `spanFlags`. */
  flags: Uint8Array;
  shapes: readonly SpanShape[];
}

/** Kinds of OTLP in the lowest three bits, then two of status, then whether the span has ended. */
export const spanFlags = {
  of: (kind: number, status: number, ended: boolean): number =>
    (kind & 7) | ((status & 3) << 3) | (ended ? 32 : 0),
  /** 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer */
  kind: (flags: number): number => flags & 7,
  /** 0 unset, 1 ok, 2 error */
  status: (flags: number): number => (flags >> 3) & 3,
  ended: (flags: number): boolean => (flags & 32) !== 0,
};

/** Texts of a shape, in the order in which they are written. */
export const SPAN_SHAPE_KEYS = [
  "name",
  "service",
  "host",
  "operation",
  "agent",
  "peer",
  "tool",
  "model",
  "error_type",
] as const satisfies readonly (keyof SpanShape)[];

/** That of a span of which nothing is known. */
export const NO_SPAN_SHAPE: SpanShape = {
  name: "",
  service: "",
  host: "",
  operation: "",
  agent: "",
  peer: "",
  tool: "",
  model: "",
  error_type: "",
};

/** What stands before the columns of `GET /api/v1/traces/{id}/columns`. */
interface Head {
  count: number;
  next: string | null;
  /** Texts of each shape in the order of `SPAN_SHAPE_KEYS`. */
  shapes: string[][];
}

const padded = (bytes: number): number => (bytes + 7) & ~7;

/** Columns of so many spans; all are zero. */
export const emptyColumns = (
  count: number,
  shapes: readonly SpanShape[],
  buffer: ArrayBufferLike = new ArrayBuffer(padded(count * BYTES_PER_SPAN)),
  at = 0,
): SpanColumns => {
  const wide = (column: number) => at + column * 8 * count;
  const narrow = (column: number) => at + 40 * count + column * 4 * count;
  return {
    spanIds: new BigUint64Array(buffer, wide(0), count),
    parentIds: new BigUint64Array(buffer, wide(1), count),
    starts: new BigInt64Array(buffer, wide(2), count),
    durations: new Float64Array(buffer, wide(3), count),
    costs: new Float64Array(buffer, wide(4), count),
    inputTokens: new Uint32Array(buffer, narrow(0), count),
    outputTokens: new Uint32Array(buffer, narrow(1), count),
    shapeOf: new Uint32Array(buffer, narrow(2), count),
    flags: new Uint8Array(buffer, narrow(3), count),
    shapes,
  };
};

const BYTES_PER_SPAN = 5 * 8 + 3 * 4 + 1;

/**
 * One part of a trace as bytes: the length of the head (4 bytes), the head as JSON, zeros up to a multiple of eight, and
 * the columns in the order of `SpanColumns`; numbers are little-endian.
 */
export function writeColumns(columns: SpanColumns, next: string | null): Uint8Array {
  const count = columns.spanIds.length;
  const shapes = columns.shapes.map((shape) => SPAN_SHAPE_KEYS.map((key) => shape[key]));
  const head = new TextEncoder().encode(JSON.stringify({ count, next, shapes } satisfies Head));
  const start = padded(4 + head.length);
  const bytes = new Uint8Array(start + padded(count * BYTES_PER_SPAN));
  new DataView(bytes.buffer).setUint32(0, head.length, true);
  bytes.set(head, 4);
  const into = emptyColumns(count, columns.shapes, bytes.buffer, start);
  for (const key of SPAN_COLUMN_KEYS) into[key].set(columns[key] as never);
  return bytes;
}

/** Columns with a number per span. */
export const SPAN_COLUMN_KEYS = [
  "spanIds",
  "parentIds",
  "starts",
  "durations",
  "costs",
  "inputTokens",
  "outputTokens",
  "shapeOf",
  "flags",
] as const satisfies readonly (keyof SpanColumns)[];

/** The contrary of `writeColumns`; the columns lie in the given memory. */
export function readColumns(buffer: ArrayBuffer): { columns: SpanColumns; next: string | null } {
  const length = new DataView(buffer).getUint32(0, true);
  const text = new TextDecoder().decode(new Uint8Array(buffer, 4, length));
  const { count, next, shapes } = JSON.parse(text) as Head;
  const named = shapes.map(
    (texts) =>
      Object.fromEntries(SPAN_SHAPE_KEYS.map((key, at) => [key, texts[at] ?? ""])) as never,
  );
  return { columns: emptyColumns(count, named, buffer, padded(4 + length)), next };
}

/** Parts of a trace as one, one behind the other. */
export function joinColumns(parts: readonly SpanColumns[]): SpanColumns {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const count = parts.reduce((sum, { spanIds }) => sum + spanIds.length, 0);
  const into = emptyColumns(
    count,
    parts.flatMap(({ shapes }) => shapes),
  );
  let [at, shapes] = [0, 0];
  for (const part of parts) {
    into.spanIds.set(part.spanIds, at);
    into.parentIds.set(part.parentIds, at);
    into.starts.set(part.starts, at);
    into.durations.set(part.durations, at);
    into.costs.set(part.costs, at);
    into.inputTokens.set(part.inputTokens, at);
    into.outputTokens.set(part.outputTokens, at);
    into.flags.set(part.flags, at);
    for (let own = 0; own < part.shapeOf.length; own++)
      into.shapeOf[at + own] = (part.shapeOf[own] ?? 0) + shapes;
    at += part.spanIds.length;
    shapes += part.shapes.length;
  }
  return into;
}
