import type { Id } from "./ids.ts";

const START_BYTES = 16_384;
/** Texts up to here are copied letter by letter, which is quicker than a call into the runtime. */
const SHORT_CHARACTERS = 48;
/** A tag and a length, or a number, with what they may need. */
const MARGIN_BYTES = 24;
const TWO_32 = 2 ** 32;
const SCRATCH = new DataView(new ArrayBuffer(8));

const WIRE = { varint: 0, fixed64: 1, bytes: 2 } as const;

/** Bytes of a length as a varint; requests are shorter than 4 GiB. */
function sizeOfLength(length: number): number {
  if (length < 0x80) return 1;
  if (length < 0x4000) return 2;
  if (length < 0x20_0000) return 3;
  return length < 0x1000_0000 ? 4 : 5;
}

/**
 * Writes protobuf into one buffer that grows as it must and is used again. Lengths stand in front of what they measure: as
 * many bytes as they will probably need are left free, and what follows is moved when they were not enough.
 */
export class ProtobufWriter {
  #bytes = Buffer.allocUnsafeSlow(START_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Bytes that it holds in memory. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** What was written, without a copy: it changes with what is written next. */
  written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Takes back what was written after `length`. */
  cut(length: number): void {
    this.#length = length;
  }

  /** Begins a message; the answer goes to `close`. */
  open(field: number, lengthBytes: number): number {
    this.#room(MARGIN_BYTES);
    this.#tag(field, WIRE.bytes);
    this.#length += lengthBytes;
    return this.#length;
  }

  /** Ends the message that began at `start`, with the same `lengthBytes`. */
  close(start: number, lengthBytes: number): void {
    const length = this.#length - start;
    const needed = sizeOfLength(length);
    const at = start - lengthBytes;
    if (needed !== lengthBytes) {
      this.#room(MARGIN_BYTES);
      this.#bytes.copyWithin(at + needed, start, this.#length);
      this.#length += needed - lengthBytes;
    }
    this.#varintAt(at, length);
  }

  /** What was written elsewhere, with tags and lengths. */
  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** @param value An integer from 0 to 2 ** 53. */
  uint(field: number, value: number): void {
    this.#room(MARGIN_BYTES);
    this.#tag(field, WIRE.varint);
    this.#length = this.#varintAt(this.#length, value);
  }

  /** @param value A safe integer; negative ones have ten bytes. */
  int(field: number, value: number): void {
    if (value >= 0) {
      this.uint(field, value);
      return;
    }
    this.#room(MARGIN_BYTES);
    this.#tag(field, WIRE.varint);
    let low = ((value % TWO_32) + TWO_32) % TWO_32;
    let high = (Math.floor(value / TWO_32) + TWO_32) % TWO_32;
    for (let index = 0; index < 9; index++) {
      this.#bytes[this.#length++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | ((high & 0x7f) << 25)) >>> 0;
      high >>>= 7;
    }
    this.#bytes[this.#length++] = low & 0x7f;
  }

  double(field: number, value: number): void {
    SCRATCH.setFloat64(0, value, true);
    this.#fixed64(field, SCRATCH.getUint32(0, true), SCRATCH.getUint32(4, true));
  }

  /** Nanoseconds of Unix milliseconds: as one number these would lose the last digits. */
  nanoseconds(field: number, ms: number): void {
    const whole = Math.floor(ms);
    const high = Math.floor(whole / 65_536) * 1e6;
    const low = (whole % 65_536) * 1e6 + Math.floor((ms - whole) * 1e6) + (high % 65_536) * 65_536;
    this.#fixed64(field, low % TWO_32, Math.floor(high / 65_536) + Math.floor(low / TWO_32));
  }

  id(field: number, { high, low, front }: Id): void {
    this.#room(MARGIN_BYTES);
    this.#tag(field, WIRE.bytes);
    this.#bytes[this.#length++] = front === null ? 8 : 16;
    if (front !== null) {
      this.#word(front.high);
      this.#word(front.low);
    }
    this.#word(high);
    this.#word(low);
  }

  /** A text; halves of characters become U+FFFD. */
  text(field: number, text: string): void {
    const { length } = text;
    // No unit of UTF-16 needs more than three bytes.
    this.#room(MARGIN_BYTES + 3 * length);
    this.#tag(field, WIRE.bytes);
    if (length <= SHORT_CHARACTERS && this.#ascii(text)) return;
    const lengthBytes = sizeOfLength(length);
    const start = this.#length + lengthBytes;
    this.#length = start + this.#bytes.write(text, start);
    this.close(start, lengthBytes);
  }

  /** Length and letters of a short text; false when there are other characters in it. */
  #ascii(text: string): boolean {
    const { length } = text;
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at++] = length;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return false;
      bytes[at++] = code;
    }
    this.#length = at;
    return true;
  }

  #fixed64(field: number, low: number, high: number): void {
    this.#room(MARGIN_BYTES);
    this.#tag(field, WIRE.fixed64);
    const bytes = this.#bytes;
    let at = this.#length;
    for (let shift = 0; shift < 32; shift += 8) bytes[at++] = low >>> shift;
    for (let shift = 0; shift < 32; shift += 8) bytes[at++] = high >>> shift;
    this.#length = at;
  }

  /** Four bytes, the highest one first. */
  #word(value: number): void {
    const bytes = this.#bytes;
    const at = this.#length;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
    this.#length = at + 4;
  }

  #tag(field: number, wire: number): void {
    this.#length = this.#varintAt(this.#length, field * 8 + wire);
  }

  #varintAt(at: number, value: number): number {
    const bytes = this.#bytes;
    let rest = value;
    let next = at;
    while (rest >= 0x80) {
      bytes[next++] = (rest % 0x80) | 0x80;
      // Shifts would cut it to 32 bits.
      rest = rest < TWO_32 ? rest >>> 7 : Math.floor(rest / 0x80);
    }
    bytes[next++] = rest;
    return next;
  }

  #room(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
