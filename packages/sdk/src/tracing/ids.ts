/** Random bytes are fetched in pieces of this many numbers: one call per id would cost more than the id. */
const POOL_SIZE = 256;

const pool = new Uint32Array(POOL_SIZE);
let next = POOL_SIZE;

function eightDigits(): string {
  if (next === POOL_SIZE) {
    globalThis.crypto.getRandomValues(pool);
    next = 0;
  }
  const number = pool[next++] as number;
  return (number + 0x1_0000_0000).toString(16).slice(1);
}

/** 16 hexadecimal digits that are not all zero. */
export function newSpanId(): string {
  const id = eightDigits() + eightDigits();
  return id === "0000000000000000" ? newSpanId() : id;
}

/** 32 hexadecimal digits that are not all zero. */
export const newTraceId = (): string => newSpanId() + newSpanId();
