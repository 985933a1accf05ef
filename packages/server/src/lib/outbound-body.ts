import {
  brotliDecompress,
  brotliDecompressSync,
  constants,
  createBrotliDecompress,
  createInflate,
  createInflateRaw,
  createUnzip,
  inflate,
  inflateRaw,
  inflateRawSync,
  inflateSync,
  unzip,
  unzipSync,
} from "node:zlib";
import type { Transform } from "node:stream";
import { promisify } from "node:util";

interface OneShot {
  maxOutputLength: number;
  chunkSize: number;
}

interface Codec {
  now(body: Buffer, options: OneShot): Buffer;
  later(body: Buffer, options: OneShot): Promise<Buffer>;
  stream(): Transform;
}

/** What a cut body needs so that its beginning still comes out. */
const TOLERANT = { finishFlush: constants.Z_SYNC_FLUSH };

const GZIP: Codec = {
  now: unzipSync,
  later: promisify<Buffer, OneShot, Buffer>(unzip),
  stream: () => createUnzip(TOLERANT),
};
const DEFLATE: Codec = {
  now: inflateSync,
  later: promisify<Buffer, OneShot, Buffer>(inflate),
  stream: () => createInflate(TOLERANT),
};
/** Some servers leave out the two bytes of the zlib header. */
const RAW_DEFLATE: Codec = {
  now: inflateRawSync,
  later: promisify<Buffer, OneShot, Buffer>(inflateRaw),
  stream: () => createInflateRaw(TOLERANT),
};
const BROTLI: Codec = {
  now: brotliDecompressSync,
  later: promisify<Buffer, OneShot, Buffer>(brotliDecompress),
  stream: () => createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH }),
};

/** Bodies up to this size are decoded at once, which is cheaper than a turn through the thread pool. */
const DECODE_NOW_BYTES = 64 * 1024;
const DECODE_NOW_MAX_OUTPUT = 1024 * 1024;

const SMALL_CHUNK_BYTES = 16 * 1024;
const LARGEST_CHUNK_BYTES = 8 * 1024 * 1024;
/** More than text ever shrinks to; a trailer that claims more is not believed. */
const LARGEST_RATIO = 64;

/**
 * Room for the whole output, so that it is not gathered from pieces: memory outside of the heap is what makes V8 collect
 * all of it. gzip ends with the size of its output.
 */
function chunkSizeOf(codec: Codec, body: Buffer, limit: number): number {
  if (codec !== GZIP || body.length < 18) return SMALL_CHUNK_BYTES;
  const claimed = body.readUInt32LE(body.length - 4) + 1;
  const most = Math.min(body.length * LARGEST_RATIO, limit + 1, LARGEST_CHUNK_BYTES);
  return Math.max(64, claimed <= most ? claimed : SMALL_CHUNK_BYTES);
}

function codecOf(encoding: string, body: Buffer): Codec | null {
  if (encoding === "gzip" || encoding === "x-gzip") return GZIP;
  if (encoding === "br") return BROTLI;
  if (encoding !== "deflate") return null;
  return ((body[0] ?? 0) & 0x0f) === 8 ? DEFLATE : RAW_DEFLATE;
}

const isTooLarge = (error: unknown): boolean =>
  error instanceof RangeError && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";

async function firstBytes(codec: Codec, body: Buffer, limit: number): Promise<Buffer> {
  const stream = codec.stream();
  stream.end(body);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit);
}

/** The encodings that {@link decodeBody} knows, for `Accept-Encoding`. */
export const ACCEPTED_ENCODINGS = "gzip, deflate, br";

/**
 * Decodes a body after its `Content-Encoding`. A decoded body above `limit` bytes is `"too large"`, or cut to its
 * first `limit` bytes with `cut`. Throws what zlib throws when the body is damaged.
 */
export async function decodeBody(
  body: Buffer,
  encoding: string,
  limit: number,
  cut: boolean,
): Promise<Buffer | "too large" | "unknown encoding"> {
  const codec = codecOf(encoding, body);
  if (codec === null) return "unknown encoding";
  if (cut) return firstBytes(codec, body, limit);
  const chunkSize = chunkSizeOf(codec, body, limit);
  if (body.length <= DECODE_NOW_BYTES && chunkSize <= DECODE_NOW_MAX_OUTPUT) {
    try {
      return codec.now(body, {
        maxOutputLength: Math.min(limit, DECODE_NOW_MAX_OUTPUT),
        chunkSize,
      });
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      if (limit <= DECODE_NOW_MAX_OUTPUT) return "too large";
    }
  }
  try {
    return await codec.later(body, { maxOutputLength: limit, chunkSize });
  } catch (error) {
    if (isTooLarge(error)) return "too large";
    throw error;
  }
}
