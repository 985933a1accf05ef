import { randomFillSync } from "node:crypto";

/** Random bytes are fetched and written out for so many digits at once: one call per id would cost more than the id. */
const CHUNK_BYTES = 256;
const SPAN_DIGITS = 16;
const TRACE_DIGITS = 32;

const bytes = Buffer.alloc(CHUNK_BYTES);
// A part of a text keeps the whole alive: chunks are small so that an id that lives long keeps little else.
let chunk = "";
let next = 0;

function digits(count: number): string {
  if (next + count > chunk.length) {
    chunk = randomFillSync(bytes).toString("hex");
    next = 0;
  }
  const id = chunk.slice(next, next + count);
  next += count;
  // All zero is no id; it will not be met with in the life of the universe.
  return id.startsWith("00000000") && /^0+$/.test(id) ? digits(count) : id;
}

export const newSpanId = (): string => digits(SPAN_DIGITS);

export const newTraceId = (): string => digits(TRACE_DIGITS);
