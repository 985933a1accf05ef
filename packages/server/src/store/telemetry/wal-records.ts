import { crc32 } from "node:zlib";

import type { EdgeRow } from "./edges/index.ts";
import type { LogRow } from "./logs/index.ts";
import { SpanBlock } from "./spans/span-block.ts";
import { SpanBlockDraft } from "./spans/span-block-draft.ts";
import type { SpanRecord } from "./spans/types.ts";
import type { ExemplarRow, HistogramRow, MetadataRow, SampleColumns, SeriesRow } from "./tables.ts";
import type { EventRecord } from "./types.ts";

/** What one commit writes besides samples: new series and metadata, and what is rare. */
export interface BatchParts {
  tenant: string;
  series?: readonly SeriesRow[];
  metadata?: readonly MetadataRow[];
  events?: readonly EventRecord[];
  spans?: readonly SpanRecord[];
  edges?: readonly EdgeRow[];
  logs?: readonly LogRow[];
  exemplars?: readonly ExemplarRow[];
  histograms?: readonly HistogramRow[];
}

/** One commit. `samples` and `spans` are views of `record`, which is what the log keeps: they are copied once. */
export interface Batch extends Required<Omit<BatchParts, "spans">> {
  samples: SampleColumns | undefined;
  spans: SpanBlock | undefined;
  record: Buffer;
}

/** Records of this version; the first had no place for histograms, the second none for spans. */
const KIND_BATCH = 3;
/**
 * length (4), crc32 of what follows (4), kind (4), bytes of the JSON part (4), samples (4), bytes of histograms (4), bytes of
 * the block of spans (4), unused (4)
 */
const HEADER = 32;
const BYTES_PER_SAMPLE = 24;
/** id (8), time (8), length (4) */
const HISTOGRAM_HEADER = 20;

/** Largest record that is believed when reading: a torn write must not ask for gigabytes. */
const MAX_RECORD_BYTES = 1 << 30;

interface SeriesPart {
  tenant: string;
  id: string;
  labels: Readonly<Record<string, string>>;
  first: number;
  last: number;
}

interface JsonPart {
  tenant: string;
  series?: SeriesPart[];
  metadata?: readonly MetadataRow[];
  events?: readonly EventRecord[];
  edges?: readonly EdgeRow[];
  logs?: readonly LogRow[];
  exemplars?: (Omit<ExemplarRow, "id"> & { id: string })[];
}

function jsonOf({
  tenant,
  series,
  metadata,
  events,
  edges,
  logs,
  exemplars,
}: Required<Omit<BatchParts, "spans">>): Buffer {
  const part: JsonPart = { tenant };
  if (series.length > 0)
    part.series = series.map((row) => ({
      tenant: row.tenant,
      id: row.id.toString(),
      labels: row.labels,
      first: row.firstSeenMs,
      last: row.lastSeenMs,
    }));
  if (metadata.length > 0) part.metadata = metadata;
  if (events.length > 0) part.events = events;
  if (logs.length > 0) part.logs = logs;
  if (edges.length > 0) part.edges = edges;
  if (exemplars.length > 0)
    part.exemplars = exemplars.map((row) => ({ ...row, id: row.id.toString() }));
  const text = Buffer.from(JSON.stringify(part), "utf8");
  // Blanks up to a multiple of eight: the columns behind are read and written where they lie.
  const padded = Buffer.alloc(Math.ceil(text.length / 8) * 8, " ");
  text.copy(padded);
  return padded;
}

/**
 * Makes the record of a commit with room for `count` samples, which the caller fills in before the record is sealed:
 * a JSON part with what is rare, the samples as three columns, the block of spans, the histograms one after the other. What
 * is allocated MUST lie at the start of its own memory.
 */
export function draftBatch(
  { spans: spanRows = [], ...parts }: BatchParts,
  count = 0,
  allocate: (bytes: number) => Buffer = Buffer.allocUnsafeSlow,
): Batch {
  const all = {
    series: [],
    metadata: [],
    events: [],
    logs: [],
    edges: [],
    exemplars: [],
    histograms: [],
    ...parts,
  };
  const json = jsonOf(all);
  const spans = spanRows.length === 0 ? undefined : new SpanBlockDraft(spanRows);
  const columns = HEADER + json.length;
  const behindSamples = columns + count * BYTES_PER_SAMPLE;
  const behind = behindSamples + (spans?.bytes ?? 0);
  const histogramBytes = all.histograms.reduce(
    (sum, { bytes }) => sum + HISTOGRAM_HEADER + bytes.length,
    0,
  );
  const record = allocate(behind + histogramBytes);
  record.writeUInt32LE(record.length, 0);
  record.writeUInt32LE(KIND_BATCH, 8);
  record.writeUInt32LE(json.length, 12);
  record.writeUInt32LE(count, 16);
  record.writeUInt32LE(histogramBytes, 20);
  record.writeUInt32LE(spans?.bytes ?? 0, 24);
  record.writeUInt32LE(0, 28);
  json.copy(record, HEADER);
  let position = behind;
  for (const { id, timeMs, bytes } of all.histograms) {
    record.writeBigUInt64LE(id, position);
    record.writeDoubleLE(timeMs, position + 8);
    record.writeUInt32LE(bytes.length, position + 16);
    record.set(bytes, position + HISTOGRAM_HEADER);
    position += HISTOGRAM_HEADER + bytes.length;
  }
  return {
    ...all,
    record,
    samples: count === 0 ? undefined : columnsAt(record, columns, count),
    spans: spans?.writeTo(record.buffer, behindSamples),
  };
}

/** The three columns in a record that lies at the start of its own memory. */
const columnsAt = ({ buffer }: Buffer, at: number, count: number): SampleColumns => ({
  ids: new BigUint64Array(buffer, at, count),
  times: new Float64Array(buffer, at + count * 8, count),
  values: new Float64Array(buffer, at + count * 16, count),
});

/** Writes the checksum; nothing of the record may change afterwards. */
export function sealRecord(record: Buffer): Buffer {
  record.writeUInt32LE(crc32(record.subarray(8)), 4);
  return record;
}

function decodeHistograms(record: Buffer, start: number): HistogramRow[] {
  const rows: HistogramRow[] = [];
  for (let at = start; at + HISTOGRAM_HEADER <= record.length;) {
    const length = record.readUInt32LE(at + 16);
    const from = at + HISTOGRAM_HEADER;
    rows.push({
      id: record.readBigUInt64LE(at),
      timeMs: record.readDoubleLE(at + 8),
      bytes: record.subarray(from, from + length),
    });
    at = from + length;
  }
  return rows;
}

function decodeRecord(bytes: Buffer): Batch {
  // A copy, because a typed array needs its own alignment.
  const record = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(record);
  const columns = HEADER + record.readUInt32LE(12);
  const count = record.readUInt32LE(16);
  const behindSamples = columns + count * BYTES_PER_SAMPLE;
  const spanBytes = record.readUInt32LE(24);
  const part = JSON.parse(record.toString("utf8", HEADER, columns)) as JsonPart;
  return {
    record,
    tenant: part.tenant,
    series: (part.series ?? []).map((row) => ({
      tenant: row.tenant,
      id: BigInt(row.id),
      labels: row.labels,
      firstSeenMs: row.first,
      lastSeenMs: row.last,
    })),
    metadata: part.metadata ?? [],
    events: part.events ?? [],
    spans: spanBytes === 0 ? undefined : new SpanBlock(record.buffer, behindSamples),
    logs: part.logs ?? [],
    edges: part.edges ?? [],
    exemplars: (part.exemplars ?? []).map((row) => ({ ...row, id: BigInt(row.id) })),
    samples: count === 0 ? undefined : columnsAt(record, columns, count),
    histograms: decodeHistograms(record, behindSamples + spanBytes),
  };
}

/**
 * Reads the records of a segment up to the first that is not whole: a crash may cut the last write, and what was cut
 * was never acknowledged.
 * @throws Error when the log was written by another version, whose samples must not be dropped in silence.
 */
export function decodeRecords(bytes: Buffer): { batches: Batch[]; tornBytes: number } {
  const batches: Batch[] = [];
  let position = 0;
  while (position + HEADER <= bytes.length) {
    const length = bytes.readUInt32LE(position);
    if (length < HEADER || length > MAX_RECORD_BYTES || position + length > bytes.length) break;
    const record = bytes.subarray(position, position + length);
    if (crc32(record.subarray(8)) !== record.readUInt32LE(4)) break;
    if (record.readUInt8(8) !== KIND_BATCH)
      throw new Error("the write-ahead log was written by another version; stop that one cleanly");
    batches.push(decodeRecord(record));
    position += length;
  }
  return { batches, tornBytes: bytes.length - position };
}
