import type { Doors } from "../../../doors.ts";

/** What all routes have in common that take samples. */
export const ingestOptions = (doors: Doors) => ({
  bodyLimit: doors.config().ingest.max_body_bytes,
  // Bodies are decompressed by their readers, who know how large they may become.
  decompress: false as const,
  config: { isIngest: true },
});

/** A body that has not arrived is an empty one. */
export const bytesOf = (body: unknown): Buffer => (Buffer.isBuffer(body) ? body : Buffer.alloc(0));
