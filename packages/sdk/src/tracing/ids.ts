import { randomFillSync } from "node:crypto";

/** Random bytes are fetched and written out for so many ids at once: one call per id would cost more than the id. */
const IDS_PER_CHUNK = 32;
const BYTES_PER_ID = 8;
const DIGITS = 2 * BYTES_PER_ID;

const bytes = Buffer.alloc(IDS_PER_CHUNK * BYTES_PER_ID);
// A part of a text keeps the whole alive: chunks are small so that an id that lives long keeps little else.
let chunk = "";
let next = 0;

/** 16 hexadecimal digits that are not all zero. */
export function newSpanId(): string {
  if (next === chunk.length) {
    chunk = randomFillSync(bytes).toString("hex");
    next = 0;
  }
  const id = chunk.slice(next, next + DIGITS);
  next += DIGITS;
  return id === "0000000000000000" ? newSpanId() : id;
}

/** 32 hexadecimal digits that are not all zero. */
export const newTraceId = (): string => newSpanId() + newSpanId();
