import { crc32 } from "node:zlib";

import type { MetadataRow, SampleColumns, SeriesRow } from "./tables.ts";
import type { EventRecord } from "./types.ts";

/** Everything that one commit writes: new series and metadata before the samples that need them. */
export interface Batch {
  tenant: string;
  series: readonly SeriesRow[];
  metadata: readonly MetadataRow[];
  samples: SampleColumns | undefined;
  events: readonly EventRecord[];
}

const KIND_BATCH = 1;
/** length (4), crc32 of what follows (4), kind (1), bytes of the JSON part (4), samples (4) */
const HEADER = 17;
const BYTES_PER_SAMPLE = 24;

/** Largest record that is believed when reading: a torn write must not ask for gigabytes. */
const MAX_RECORD_BYTES = 1 << 30;

interface JsonPart {
  tenant: string;
  series: {
    tenant: string;
    id: string;
    labels: Readonly<Record<string, string>>;
    first: number;
    last: number;
  }[];
  metadata: readonly MetadataRow[];
  events: readonly EventRecord[];
}

/** One record: a JSON part with what is rare, then the samples as three columns. */
export function encodeRecord(batch: Batch): Buffer {
  const part: JsonPart = {
    tenant: batch.tenant,
    series: batch.series.map((row) => ({
      tenant: row.tenant,
      id: row.id.toString(),
      labels: row.labels,
      first: row.firstSeenMs,
      last: row.lastSeenMs,
    })),
    metadata: batch.metadata,
    events: batch.events,
  };
  const json = Buffer.from(JSON.stringify(part), "utf8");
  const count = batch.samples?.ids.length ?? 0;
  const record = Buffer.allocUnsafe(HEADER + json.length + count * BYTES_PER_SAMPLE);
  record.writeUInt32LE(record.length, 0);
  record.writeUInt8(KIND_BATCH, 8);
  record.writeUInt32LE(json.length, 9);
  record.writeUInt32LE(count, 13);
  let position = HEADER + json.copy(record, HEADER);
  if (batch.samples !== undefined) {
    for (const column of [batch.samples.ids, batch.samples.times, batch.samples.values])
      position += Buffer.from(column.buffer, column.byteOffset, column.byteLength).copy(
        record,
        position,
      );
  }
  record.writeUInt32LE(crc32(record.subarray(8)), 4);
  return record;
}

function decodeRecord(record: Buffer): Batch {
  const jsonLength = record.readUInt32LE(9);
  const count = record.readUInt32LE(13);
  const part = JSON.parse(record.toString("utf8", HEADER, HEADER + jsonLength)) as JsonPart;
  const start = HEADER + jsonLength;
  // A copy, because a typed array needs its own alignment.
  const columns = new Uint8Array(record.subarray(start, start + count * BYTES_PER_SAMPLE)).buffer;
  return {
    tenant: part.tenant,
    series: part.series.map((row) => ({
      tenant: row.tenant,
      id: BigInt(row.id),
      labels: row.labels,
      firstSeenMs: row.first,
      lastSeenMs: row.last,
    })),
    metadata: part.metadata,
    samples:
      count === 0
        ? undefined
        : {
            ids: new BigUint64Array(columns, 0, count),
            times: new Float64Array(columns, count * 8, count),
            values: new Float64Array(columns, count * 16, count),
          },
    events: part.events,
  };
}

/**
 * Reads the records of a segment up to the first that is not whole: a crash may cut the last write, and what was cut
 * was never acknowledged.
 */
export function decodeRecords(bytes: Buffer): { batches: Batch[]; tornBytes: number } {
  const batches: Batch[] = [];
  let position = 0;
  while (position + HEADER <= bytes.length) {
    const length = bytes.readUInt32LE(position);
    if (length < HEADER || length > MAX_RECORD_BYTES || position + length > bytes.length) break;
    const record = bytes.subarray(position, position + length);
    if (crc32(record.subarray(8)) !== record.readUInt32LE(4)) break;
    batches.push(decodeRecord(record));
    position += length;
  }
  return { batches, tornBytes: bytes.length - position };
}
