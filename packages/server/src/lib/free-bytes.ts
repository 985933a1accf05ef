/** Smaller memory is cheap to leave to the collector, and may be shared: `Buffer` cuts it from a pool. */
const LEAST_BYTES = 8 * 1024;

/** ES2024, which the compiler's library does not know yet. */
interface Transferable {
  transfer(bytes: number): ArrayBuffer;
}

/**
 * Gives the memory of a buffer back now instead of when the collector comes: pages that are read and forgotten would bring
 * it, and all of the heap with it, several times a minute. Does nothing unless the buffer lies at the start of its memory.
 * The caller MUST be the only one that has a view of that; every view is empty afterwards.
 */
export function freeBytes({ buffer, byteOffset }: Buffer): void {
  if (byteOffset !== 0 || buffer.byteLength <= Math.max(LEAST_BYTES, Buffer.poolSize)) return;
  if (buffer instanceof ArrayBuffer) (buffer as ArrayBuffer & Transferable).transfer(0);
}
