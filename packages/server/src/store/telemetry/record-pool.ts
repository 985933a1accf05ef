/** Records smaller than this are cheap to make and to forget. */
const SMALLEST_BYTES = 8192;
/** Larger ones are rare. */
const LARGEST_BYTES = 1 << 20;

/**
 * Memory of records that were inserted, for the next ones: at a million samples a second the collector would else have
 * to run several times a second. Sizes are powers of two; every buffer lies at the start of its own memory.
 */
export class RecordPool {
  private readonly maxBytes: number;
  private readonly idle = new Map<number, ArrayBuffer[]>();
  bytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** A buffer of exactly that length with anything in it. */
  take(bytes: number): Buffer {
    if (bytes < SMALLEST_BYTES || bytes > LARGEST_BYTES) return Buffer.allocUnsafeSlow(bytes);
    const size = 2 ** Math.ceil(Math.log2(bytes));
    const found = this.idle.get(size)?.pop();
    if (found === undefined) return Buffer.from(new ArrayBuffer(size), 0, bytes);
    this.bytes -= size;
    return Buffer.from(found, 0, bytes);
  }

  /** Takes back what nobody reads or writes any more. */
  give({ buffer }: Buffer): void {
    const size = buffer.byteLength;
    if (!(buffer instanceof ArrayBuffer) || size < SMALLEST_BYTES || size > LARGEST_BYTES) return;
    if (2 ** Math.round(Math.log2(size)) !== size || this.bytes + size > this.maxBytes) return;
    const idle = this.idle.get(size);
    if (idle === undefined) this.idle.set(size, [buffer]);
    else idle.push(buffer);
    this.bytes += size;
  }
}
