import type { Writable } from "node:stream";
import {
  constants,
  createGzip,
  createZstdCompress,
  gzipSync,
  zstdCompressSync,
  type Gzip,
  type ZstdCompress,
} from "node:zlib";

import type { FastifyReply, FastifyRequest } from "fastify";

/** Answers smaller than this are not worth compressing. */
const COMPRESS_FROM_BYTES = 4096;
const GZIP_LEVEL = 1;
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

type Encoding = "zstd" | "gzip";

/** The encoding that costs least of those that the client takes. */
export function encodingOf(header: string | string[] | undefined): Encoding | undefined {
  const taken = new Set<string>();
  for (const part of String(header ?? "").split(",")) {
    const [name = "", ...options] = part.split(";").map((text) => text.trim().toLowerCase());
    if (options.some((option) => /^q=0(?:\.0*)?$/.test(option))) taken.delete(name);
    else taken.add(name);
  }
  if (taken.has("zstd")) return "zstd";
  return taken.has("gzip") || taken.has("*") ? "gzip" : undefined;
}

/** A signal that aborts when the client goes away before it has its answer. */
export function signalOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** Resolves when the bytes were taken and may be overwritten; false when nobody listens any more. */
const write = (sink: Writable, bytes: Uint8Array): Promise<boolean> =>
  new Promise((resolve) => {
    sink.write(bytes, (error) => resolve(error === undefined || error === null));
  });

const encoderOf = (encoding: Encoding): Gzip | ZstdCompress =>
  encoding === "gzip" ? createGzip({ level: GZIP_LEVEL }) : createZstdCompress(ZSTD);

type Pieces = Iterator<Buffer> | AsyncIterator<Buffer>;

const compress = (bytes: Buffer, encoding: Encoding): Buffer =>
  encoding === "gzip" ? gzipSync(bytes, { level: GZIP_LEVEL }) : zstdCompressSync(bytes, ZSTD);

/** Sends what is left piece by piece, as fast as the client takes it. */
async function stream(
  request: FastifyRequest,
  reply: FastifyReply,
  encoding: Encoding | undefined,
  head: Buffer,
  pieces: Pieces,
  second: Buffer,
): Promise<void> {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(reply.statusCode, reply.getHeaders() as Record<string, string>);
  const encoder = encoding === undefined ? undefined : encoderOf(encoding);
  encoder?.pipe(raw);
  encoder?.on("error", () => raw.destroy());
  // Who goes away closes the connection; what was not sent yet is dropped.
  raw.once("close", () => encoder?.destroy());
  const sink: Writable = encoder ?? raw;
  try {
    let open = (await write(sink, head)) && (await write(sink, second));
    while (open && !raw.destroyed) {
      const next = await pieces.next();
      if (next.done === true) break;
      open = await write(sink, next.value);
    }
    await pieces.return?.();
    sink.end();
  } catch (error) {
    // The status is sent already: a connection that breaks off is all that can tell the client.
    request.log.error({ err: error }, "an answer broke off");
    raw.destroy();
  }
}

/**
 * Answers bytes that come piece by piece, each of which is valid until the next one is asked for. A single piece is
 * sent as a whole; more are streamed.
 */
export async function sendPieces(
  request: FastifyRequest,
  reply: FastifyReply,
  contentType: string,
  pieces: Pieces,
): Promise<FastifyReply> {
  const encoding = encodingOf(request.headers["accept-encoding"]);
  void reply.header("content-type", contentType).header("vary", "accept-encoding");
  const first = await pieces.next();
  const head = first.done === true ? Buffer.alloc(0) : Buffer.from(first.value);
  const second = await pieces.next();
  if (second.done === true && (encoding === undefined || head.length < COMPRESS_FROM_BYTES))
    return reply.send(head);
  if (encoding !== undefined) void reply.header("content-encoding", encoding);
  if (second.done === true)
    return reply.send(encoding === undefined ? head : compress(head, encoding));
  await stream(request, reply, encoding, head, pieces, second.value);
  return reply;
}

/** What stands beside `data`. */
export interface Remarks {
  warnings?: readonly string[];
  infos?: readonly string[];
}

/** Answers `{"status":"success","data":…}`. */
export function sendData(
  request: FastifyRequest,
  reply: FastifyReply,
  data: unknown,
  { warnings = [], infos = [] }: Remarks = {},
): Promise<FastifyReply> {
  const body = {
    status: "success",
    data,
    ...(warnings.length > 0 ? { warnings } : {}),
    ...(infos.length > 0 ? { infos } : {}),
  };
  return sendPieces(
    request,
    reply,
    "application/json",
    [Buffer.from(JSON.stringify(body))].values(),
  );
}

/** Upstream's warning about results that `limit` cut off. */
export const TRUNCATED = "results truncated due to limit";
