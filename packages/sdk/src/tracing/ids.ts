/** Numbers are drawn and written out for so many digits at once: one call per id would cost more than the id. */
const CHUNK_BYTES = 256;
const SPAN_DIGITS = 16;
const TRACE_DIGITS = 32;

const numbers = new Uint32Array(CHUNK_BYTES / 4);
const bytes = Buffer.from(numbers.buffer);
// A part of a text keeps the whole alive: chunks are small so that an id that lives long keeps little else.
let chunk = "";
let next = 0;

/** Ids must be different, and need not be secret: Node's cryptography would cost 4 MiB and a third of a span's time. */
function draw(): string {
  for (let index = 0; index < numbers.length; index++) {
    numbers[index] = Math.random() * 2 ** 32;
  }
  return bytes.toString("hex");
}

function digits(count: number): string {
  if (next + count > chunk.length) {
    chunk = draw();
    next = 0;
  }
  const id = chunk.slice(next, next + count);
  next += count;
  // All zero is no id; it will not be met with in the life of the universe.
  return id.startsWith("00000000") && /^0+$/.test(id) ? digits(count) : id;
}

export const newSpanId = (): string => digits(SPAN_DIGITS);

export const newTraceId = (): string => digits(TRACE_DIGITS);
