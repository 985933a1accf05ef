import { promisify } from "node:util";
import { gunzip, inflate, zstdDecompress } from "node:zlib";

import { badRequest, describeError, FleetlightError } from "#lib";

const DECODERS = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  deflate: promisify(inflate),
  zstd: promisify(zstdDecompress),
};

const isKnown = (encoding: string): encoding is keyof typeof DECODERS =>
  Object.hasOwn(DECODERS, encoding);

/**
 * A body without its compression, which is undone off the main thread and stopped at `maxBytes`.
 * @throws FleetlightError `bad_request` (400), `body_too_large` (413), `unsupported_media_type` (415).
 */
export async function decompress(
  body: Buffer,
  encoding: string | undefined,
  maxBytes: number,
): Promise<Buffer> {
  if (encoding === undefined || encoding === "" || encoding === "identity") return body;
  if (!isKnown(encoding))
    throw new FleetlightError(
      "unsupported_media_type",
      415,
      `the content encoding ${JSON.stringify(encoding.slice(0, 200))} is not read here; send gzip, deflate, zstd or none`,
    );
  try {
    return await DECODERS[encoding](body, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      throw new FleetlightError(
        "body_too_large",
        413,
        `the decompressed body is larger than ${maxBytes} bytes (ingest.max_body_bytes)`,
      );
    throw badRequest(`the body is not valid ${encoding}: ${describeError(error)}`);
  }
}

/** `application/json` of `Application/JSON; charset=utf-8`. */
export const mediaTypeOf = (contentType: string | undefined): string =>
  (contentType ?? "").split(";")[0]?.trim().toLowerCase() ?? "";

export const tooMuchJson = (maxBytes: number): FleetlightError =>
  new FleetlightError(
    "body_too_large",
    413,
    `a body in JSON may have ${maxBytes} bytes (ingest.max_json_bytes); send protobuf, or less at once`,
  );
