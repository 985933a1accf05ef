import { HistogramError } from "./error.ts";

/** Numbers above lose bits in arithmetic, and no writer makes them. */
const MAX_VARINT = Number.MAX_SAFE_INTEGER;
const FIRST_SIZE = 256;
/** A buffer up to this size is used again. */
const MAX_KEPT = 65_536;

/** Grows as it is written to. */
export class ByteWriter {
  private bytes = new Uint8Array(FIRST_SIZE);
  private view = new DataView(this.bytes.buffer);
  private at = 0;

  /** Forgets what was written, and a buffer that grew large. */
  restart(): void {
    this.at = 0;
    if (this.bytes.length <= MAX_KEPT) return;
    this.bytes = new Uint8Array(FIRST_SIZE);
    this.view = new DataView(this.bytes.buffer);
  }

  byte(value: number): void {
    this.room(1);
    this.bytes[this.at++] = value;
  }

  float(value: number): void {
    this.room(8);
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  /** A non-negative safe integer, seven bits to a byte, the low ones first. */
  unsigned(value: number): void {
    this.varint(value, 0);
  }

  /** A safe integer: twice its size, plus one for negative ones. */
  signed(value: number): void {
    if (value > -64 && value < 64) {
      this.byte(value < 0 ? 1 - 2 * value : 2 * value);
      return;
    }
    this.varint(Math.abs(value), value < 0 ? 2 : 1);
  }

  finish(): Uint8Array {
    return this.bytes.slice(0, this.at);
  }

  /** @param sign 0: none; 1: plus, 2: minus, in the lowest bit. Arithmetic, as bit operations end at 32 bits. */
  private varint(value: number, sign: 0 | 1 | 2): void {
    this.room(10);
    let rest = value;
    if (sign !== 0) {
      const low = (rest % 64) * 2 + (sign - 1);
      rest = Math.floor(rest / 64);
      this.bytes[this.at++] = rest > 0 ? low | 0x80 : low;
      if (rest === 0) return;
    }
    while (rest >= 128) {
      this.bytes[this.at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.at++] = rest;
  }

  private room(bytes: number): void {
    if (this.at + bytes <= this.bytes.length) return;
    const larger = new Uint8Array(this.bytes.length * 2);
    larger.set(this.bytes);
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }
}

/** Every method throws a HistogramError at the end of the bytes, and for numbers that no writer makes. */
export class ByteReader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes not yet read. */
  get left(): number {
    return this.bytes.length - this.at;
  }

  byte(): number {
    const value = this.bytes[this.at++];
    if (value === undefined) throw new HistogramError("a stored histogram ends early");
    return value;
  }

  float(): number {
    if (this.left < 8) throw new HistogramError("a stored histogram ends early");
    const value = this.view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  unsigned(): number {
    return this.varint(1);
  }

  signed(): number {
    const first = this.byte();
    const low = (first & 0x7f) >> 1;
    const size = first >= 0x80 ? this.varint(64) + low : low;
    if (size > MAX_VARINT) throw new HistogramError("a number in a stored histogram is too large");
    return (first & 1) === 1 ? -size : size;
  }

  /** A number of things that take at least so many bytes each. */
  length(bytesEach: number): number {
    const length = this.unsigned();
    if (length * bytesEach > this.left) throw new HistogramError("a stored histogram ends early");
    return length;
  }

  /** Nothing may follow. */
  end(): void {
    if (this.left !== 0) throw new HistogramError("a stored histogram has bytes behind its end");
  }

  private varint(weight: number): number {
    let value = 0;
    for (let scale = weight; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (value > MAX_VARINT)
        throw new HistogramError("a number in a stored histogram is too large");
      if (byte < 0x80) return value;
      if (scale > MAX_VARINT)
        throw new HistogramError("a number in a stored histogram is too long");
    }
  }
}
