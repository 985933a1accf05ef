import { open, readFile, rename, rm } from "node:fs/promises";
import { crc32 } from "node:zlib";

import type { HeadImage } from "./head-image.ts";
import type { SeriesRef } from "./types.ts";

/** An image with the names of its series, as it is kept in a file between an orderly stop and the next start. */
export interface KeptImage {
  image: HeadImage;
  /** What the tables were when the image was made. */
  fingerprint: string;
  /** Whether the head had been filled as far back as it is to be. */
  whole: boolean;
  tenants: string[];
  /** By place: index of the tenant, and the series' id. */
  tenantOf: Float64Array;
  ids: BigUint64Array;
}

/** Series by tenant and id. */
export type RefsById = ReadonlyMap<string, ReadonlyMap<bigint, SeriesRef>>;

/** Gives the series of an image their names. */
export function nameSeries(
  image: HeadImage,
  count: number,
  entry: (ref: SeriesRef) => { tenant: string; id: bigint },
): Pick<KeptImage, "image" | "tenants" | "tenantOf" | "ids"> {
  const tenants = new Map<string, number>();
  const tenantOf = new Float64Array(count);
  const ids = new BigUint64Array(count);
  for (let ref = 0; ref < count; ref++) {
    const { tenant, id } = entry(ref);
    if (!tenants.has(tenant)) tenants.set(tenant, tenants.size);
    tenantOf[ref] = tenants.get(tenant) ?? 0;
    ids[ref] = id;
  }
  return { image, tenants: [...tenants.keys()], tenantOf, ids };
}

/** Which series stands at each place of an image now; -1 for those that are not known any more. */
export function placesOf({ tenants, tenantOf, ids }: KeptImage, refs: RefsById): Int32Array {
  const places = new Int32Array(ids.length);
  for (const [place, id] of ids.entries())
    places[place] = refs.get(tenants[tenantOf[place] ?? 0] ?? "")?.get(id) ?? -1;
  return places;
}

/** Also tells a machine with another order of bytes. */
const MAGIC = new Uint8Array(new Float64Array([20261121.1]).buffer);
/** Magic, length of the head line, checksum of all that follows. */
const PREFIX_BYTES = 16;

interface Heading {
  fingerprint: string;
  whole: boolean;
  tenants: string[];
  slabBytes: number;
  series: number;
  late: number;
  slabs: { number: number; used: number; endMs: number }[];
}

const bytesOf = (column: Float64Array | BigUint64Array): Uint8Array =>
  new Uint8Array(column.buffer, column.byteOffset, column.byteLength);

const columnsOf = ({ image: { series, late }, tenantOf }: KeptImage): Float64Array[] => [
  tenantOf,
  series.completeFrom,
  series.firstTimes,
  series.lastTimes,
  series.lastValues,
  series.newest,
  late.places,
  late.times,
  late.values,
];

/** Writes an image so that it is there whole or not at all. */
export async function writeImage(file: string, kept: KeptImage): Promise<void> {
  const { image, fingerprint, whole, tenants, ids } = kept;
  const heading: Heading = {
    fingerprint,
    whole,
    tenants,
    slabBytes: image.slabBytes,
    series: ids.length,
    late: image.late.times.length,
    slabs: image.slabs.map(({ number, used, endMs }) => ({ number, used, endMs })),
  };
  const text = Buffer.from(JSON.stringify(heading));
  const padded = Buffer.alloc((text.length + 7) & ~7, " ");
  text.copy(padded);
  const parts = [
    padded,
    bytesOf(ids),
    ...columnsOf(kept).map(bytesOf),
    ...image.slabs.map(({ bytes, used }) => bytes.subarray(0, used)),
  ];
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.set(MAGIC);
  prefix.writeUInt32LE(padded.length, 8);
  prefix.writeUInt32LE(
    parts.reduce((sum, part) => crc32(part, sum), 0),
    12,
  );
  const draft = `${file}.new`;
  try {
    const handle = await open(draft, "w", 0o640);
    try {
      for (const part of [prefix, ...parts]) await handle.writeFile(part);
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** Reads an image and takes its file away: what is written from now on is not in it. Undefined when there is none to be trusted. */
export async function takeImage(file: string): Promise<KeptImage | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  await rm(file);
  return decodeImage(bytes);
}

function decodeImage(bytes: Buffer): KeptImage | undefined {
  if (bytes.length < PREFIX_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) return undefined;
  if (crc32(bytes.subarray(PREFIX_BYTES)) !== bytes.readUInt32LE(12)) return undefined;
  const length = bytes.readUInt32LE(8);
  let at = PREFIX_BYTES + length;
  const heading = JSON.parse(bytes.toString("utf8", PREFIX_BYTES, at)) as Heading;
  const take = (size: number): ArrayBuffer => {
    const copy = new Uint8Array(size);
    copy.set(bytes.subarray(at, at + size));
    at += size;
    return copy.buffer;
  };
  const column = (count: number) => new Float64Array(take(count * 8));
  const { series: count, late, slabBytes } = heading;
  const ids = new BigUint64Array(take(count * 8));
  const tenantOf = column(count);
  const series = {
    completeFrom: column(count),
    firstTimes: column(count),
    lastTimes: column(count),
    lastValues: column(count),
    newest: column(count),
  };
  const lates = { places: column(late), times: column(late), values: column(late) };
  const slabs = heading.slabs.map(({ number, used, endMs }) => {
    const whole = new Uint8Array(slabBytes);
    whole.set(bytes.subarray(at, at + used));
    at += used;
    return { number, used, endMs, bytes: whole };
  });
  const { fingerprint, whole, tenants } = heading;
  const image = { slabBytes, slabs, series, late: lates };
  return { image, fingerprint, whole, tenants, tenantOf, ids };
}
