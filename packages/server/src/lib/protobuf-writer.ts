const utf8 = new TextEncoder();
const TWO_32 = 4_294_967_296;

/**
 * Writes the wire format of protobuf into one growing buffer. A message inside of another one is begun and ended; its
 * length is written in front of it when it is known, in as few bytes as it takes.
 */
export class ProtobufWriter {
  private buffer = new Uint8Array(1 << 16);
  private view = new DataView(this.buffer.buffer);
  private length = 0;

  /** What was written; valid until more is. */
  take(): Uint8Array {
    const taken = this.buffer.subarray(0, this.length);
    this.length = 0;
    return taken;
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const bigger = new Uint8Array(Math.max(this.buffer.length * 2, this.length + bytes));
    bigger.set(this.buffer.subarray(0, this.length));
    this.buffer = bigger;
    this.view = new DataView(bigger.buffer);
  }

  private varint(value: number): void {
    this.reserve(10);
    let rest = value;
    while (rest > 0x7f) {
      this.buffer[this.length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.buffer[this.length++] = rest;
  }

  private tag(field: number, wire: number): void {
    this.varint(field * 8 + wire);
  }

  /** An unsigned number up to 2^53. */
  uint(field: number, value: number): void {
    this.tag(field, 0);
    this.varint(value);
  }

  /** An int64: negative ones take ten bytes. Exact up to 2^53. */
  int64(field: number, value: number): void {
    if (value >= 0) return this.uint(field, value);
    this.tag(field, 0);
    this.reserve(10);
    // Two's complement in 64 bits, seven of them to a byte.
    let low = value % TWO_32;
    if (low < 0) low += TWO_32;
    let high = (value - low) / TWO_32;
    for (let i = 0; i < 9; i++) {
      this.buffer[this.length++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>= 7;
    }
    this.buffer[this.length++] = 1;
  }

  /** A fixed64, exact. */
  fixed64(field: number, value: bigint): void {
    this.tag(field, 1);
    this.reserve(8);
    this.view.setBigUint64(this.length, value, true);
    this.length += 8;
  }

  /** A field of bytes. */
  bytes(field: number, bytes: Uint8Array): void {
    this.tag(field, 2);
    this.varint(bytes.length);
    this.raw(bytes);
  }

  /** A zigzag number of 32 bits. */
  sint32(field: number, value: number): void {
    this.uint(field, ((value << 1) ^ (value >> 31)) >>> 0);
  }

  double(field: number, value: number): void {
    this.tag(field, 1);
    this.reserve(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** A double of a column with its bits as they are: NaNs carry markers. */
  doubleAt(field: number, words: Uint32Array, at: number): void {
    this.tag(field, 1);
    this.reserve(8);
    this.view.setUint32(this.length, words[at * 2] as number, true);
    this.view.setUint32(this.length + 4, words[at * 2 + 1] as number, true);
    this.length += 8;
  }

  doubles(field: number, values: readonly number[]): void {
    if (values.length === 0) return;
    this.tag(field, 2);
    this.varint(values.length * 8);
    this.reserve(values.length * 8);
    for (const value of values) {
      this.view.setFloat64(this.length, value, true);
      this.length += 8;
    }
  }

  string(field: number, text: string): void {
    this.tag(field, 2);
    const encoded = utf8.encode(text);
    this.varint(encoded.length);
    this.reserve(encoded.length);
    this.buffer.set(encoded, this.length);
    this.length += encoded.length;
  }

  /** Bytes that are fields already. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** A message within this one, written by a function. */
  message(field: number, write: () => void): void {
    this.tag(field, 2);
    const start = this.length;
    write();
    const size = this.length - start;
    this.varint(size);
    const head = this.buffer.slice(start + size, this.length);
    this.buffer.copyWithin(start + head.length, start, start + size);
    this.buffer.set(head, start);
  }
}
