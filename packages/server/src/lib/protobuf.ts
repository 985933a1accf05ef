/** Bytes that are not a protobuf message of the kind that was expected. */
export class ProtobufError extends Error {
  constructor(message: string) {
    super(`protobuf: ${message}`);
    this.name = "ProtobufError";
  }
}

/** A text whose bytes are no UTF-8; the message around it may be whole. */
export class ProtobufTextError extends ProtobufError {}

export const WIRE_VARINT = 0;
export const WIRE_FIXED64 = 1;
export const WIRE_BYTES = 2;
export const WIRE_FIXED32 = 5;

/** What is multiplied by it is a floating-point number to the engine, also where it is small and whole: it takes memory of its own. */
const TWO_32 = 4_294_967_296;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Longest text, in bytes, that is recognised without being decoded. */
const MAX_INTERNED_BYTES = 48;
const INTERNED = 4096;

/**
 * Texts that were decoded lately, by their bytes: names of attributes and most of their values come again and again, and
 * decoding them costs more than anything else here. A text that falls on the place of another replaces it.
 */
const internedBytes = new Uint8Array(INTERNED * MAX_INTERNED_BYTES);
const internedTexts = Array.from({ length: INTERNED }, () => "");
const internedLengths = new Uint8Array(INTERNED);

/** Texts up to so many bytes are looked through for others than ASCII, which is quicker than to decode them. */
const MAX_LOOKED_THROUGH = 512;

type Slice = (this: Uint8Array, start: number, end: number) => string;
/** What `Buffer.toString` calls, without a view of the part. */
const { latin1Slice, hexSlice } = Buffer.prototype as unknown as Record<
  "latin1Slice" | "hexSlice",
  Slice
>;

/** @param bits of all bytes together; those of ASCII are the same in Latin-1, whose decoder is several times faster */
const decodeFresh = (bytes: Uint8Array, start: number, end: number, bits: number): string =>
  bits < 0x80 ? latin1Slice.call(bytes, start, end) : utf8.decode(bytes.subarray(start, end));

function decodeLong(bytes: Uint8Array, start: number, end: number): string {
  let bits = end - start > MAX_LOOKED_THROUGH ? 0x80 : 0;
  for (let at = start; at < end && bits < 0x80; at++) bits |= bytes[at] as number;
  return decodeFresh(bytes, start, end, bits);
}

function decode(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length === 0) return "";
  if (length > MAX_INTERNED_BYTES) return decodeLong(bytes, start, end);
  let [hash, bits] = [length, 0];
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    hash = (Math.imul(hash, 31) + byte) | 0;
    bits |= byte;
  }
  const slot = (hash ^ (hash >>> 12)) & (INTERNED - 1);
  const base = slot * MAX_INTERNED_BYTES;
  let same = internedLengths[slot] === length ? length : 0;
  for (let at = 0; at < same; at++) if (internedBytes[base + at] !== bytes[start + at]) same = 0;
  if (same === length) return internedTexts[slot] as string;
  const text = decodeFresh(bytes, start, end, bits);
  for (let at = 0; at < length; at++) internedBytes[base + at] = bytes[start + at] as number;
  internedTexts[slot] = text;
  internedLengths[slot] = length;
  return text;
}

/** Longest id that is recognised, in bytes, and a power of two of places for those that came lately. */
const MAX_ID_BYTES = 16;
const IDS = 256;
const idBytes = new Uint8Array(IDS * MAX_ID_BYTES);
const idLengths = new Uint8Array(IDS);
const idTexts = Array.from({ length: IDS }, () => "");

/** Hexadecimal digits. Spans name their trace and their parent again and again: such an id is one text for all of them. */
function hexOf(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length === 0 || length > MAX_ID_BYTES) return hexSlice.call(bytes, start, end);
  const slot = ((bytes[end - 1] as number) ^ length) & (IDS - 1);
  const base = slot * MAX_ID_BYTES;
  let same = idLengths[slot] === length;
  for (let at = 0; same && at < length; at++) same = idBytes[base + at] === bytes[start + at];
  if (same) return idTexts[slot] as string;
  const text = hexSlice.call(bytes, start, end);
  for (let at = 0; at < length; at++) idBytes[base + at] = bytes[start + at] as number;
  idLengths[slot] = length;
  idTexts[slot] = text;
  return text;
}

/**
 * Reads the wire format of protobuf from [pos, end) of a buffer: a caller loops over `next` and reads or skips each
 * field. Nothing is allocated but what is asked for, and no length is believed beyond the end of the message.
 * Every method throws ProtobufError where the bytes are not what they should be.
 */
export class ProtobufReader {
  readonly bytes: Uint8Array;
  pos: number;
  end: number;
  /** Number and wire type of the field that `next` came to. */
  field = 0;
  wire = 0;
  private readonly view: DataView;

  constructor(
    bytes: Uint8Array,
    pos = 0,
    end = bytes.length,
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  ) {
    this.bytes = bytes;
    this.view = view;
    this.pos = pos;
    this.end = end;
  }

  /** Goes to the next field; false at the end of the message. */
  next(): boolean {
    if (this.pos >= this.end) return false;
    const tag = this.uint32();
    this.field = tag >>> 3;
    this.wire = tag & 7;
    if (this.field === 0) throw new ProtobufError("a field has the number 0");
    return true;
  }

  /** A varint of at most 64 bits, of which the low 32 count. */
  uint32(): number {
    let low = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.pos >= this.end) throw new ProtobufError("the message ends within a number");
      const byte = this.bytes[this.pos++] as number;
      if (shift < 32) low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return low >>> 0;
    }
    throw new ProtobufError("a number is longer than ten bytes");
  }

  /** A signed 64-bit varint (int64) as a number, exact up to 2^53. */
  int64(): number {
    const { low, high } = this.words();
    return high === 0 ? low : (high | 0) * TWO_32 + low;
  }

  /** An unsigned 64-bit varint as a number, exact up to 2^53. */
  uint64(): number {
    const { low, high } = this.words();
    return high === 0 ? low : high * TWO_32 + low;
  }

  sint32(): number {
    const value = this.uint32();
    return (value >>> 1) ^ -(value & 1);
  }

  /** A zigzag 64-bit varint as a number, exact up to 2^53. */
  sint64(): number {
    const { low, high } = this.words();
    const half = (high >>> 1) * TWO_32 + (high & 1) * 2_147_483_648 + (low >>> 1);
    return (low & 1) === 0 ? half : -half - 1;
  }

  private words(): { low: number; high: number } {
    let low = 0;
    let high = 0;
    for (let i = 0; i < 10; i++) {
      if (this.pos >= this.end) throw new ProtobufError("the message ends within a number");
      const byte = this.bytes[this.pos++] as number;
      const bits = byte & 0x7f;
      if (i < 4) low |= bits << (7 * i);
      else if (i === 4) {
        low |= bits << 28;
        high |= bits >>> 4;
      } else high |= bits << (7 * i - 32);
      if (byte < 0x80) return { low: low >>> 0, high: high >>> 0 };
    }
    throw new ProtobufError("a number is longer than ten bytes");
  }

  double(): number {
    const at = this.take(8);
    return this.view.getFloat64(at, true);
  }

  fixed32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  /** A fixed64 or sfixed64 field as a number, exact up to 2^53. */
  fixed64(): number {
    const at = this.take(8);
    return this.view.getUint32(at + 4, true) * TWO_32 + this.view.getUint32(at, true);
  }

  /** A fixed64 field, exact. */
  fixed64BigInt(): bigint {
    return this.view.getBigUint64(this.take(8), true);
  }

  /** A fixed64 field of nanoseconds as whole milliseconds, exact although nanoseconds are not. */
  fixed64Nanoseconds(): number {
    const at = this.take(8);
    const low = this.view.getUint32(at, true);
    const high = this.view.getUint32(at + 4, true);
    const whole = Math.floor(high / 1e6);
    return whole * TWO_32 + Math.floor(((high - whole * 1e6) * TWO_32 + low) / 1e6);
  }

  sfixed64(): number {
    const at = this.take(8);
    return this.view.getInt32(at + 4, true) * TWO_32 + this.view.getUint32(at, true);
  }

  bool(): boolean {
    return this.uint32() !== 0;
  }

  /** A view of a length-delimited field. */
  slice(): Uint8Array {
    const length = this.uint32();
    const at = this.take(length);
    return this.bytes.subarray(at, at + length);
  }

  /** The beginning of a length-delimited field as hexadecimal digits, lower case. */
  hex(maxBytes: number): string {
    const length = this.uint32();
    const at = this.take(length);
    return hexOf(this.bytes, at, at + Math.min(length, maxBytes));
  }

  /** A string field; bytes that are no UTF-8 are refused. */
  string(): string {
    return this.text(Infinity);
  }

  /** The beginning of a string field: at most so many bytes, and no half of a character at the end. */
  stringWithin(maxBytes: number): string {
    return this.text(maxBytes);
  }

  private text(maxBytes: number): string {
    const { bytes } = this;
    const length = this.uint32();
    const start = this.take(length);
    let end = start + Math.min(length, maxBytes);
    if (end < start + length) {
      const least = Math.max(start, end - 4);
      while (end > least && ((bytes[end] as number) & 0xc0) === 0x80) end--;
    }
    try {
      return decode(bytes, start, end);
    } catch {
      throw new ProtobufTextError("a string is not valid UTF-8");
    }
  }

  /** A reader of an embedded message. */
  message(): ProtobufReader {
    const length = this.uint32();
    const at = this.take(length);
    return new ProtobufReader(this.bytes, at, at + length, this.view);
  }

  /** Goes into an embedded message, whose fields `next` comes to from here on. @returns what `leave` takes to come back */
  enter(): number {
    const length = this.uint32();
    const start = this.take(length);
    const outer = this.end;
    this.pos = start;
    this.end = start + length;
    return outer;
  }

  /** Goes on behind the message that was entered. */
  leave(outer: number): void {
    this.pos = this.end;
    this.end = outer;
  }

  /** Reads one value of a repeated scalar field, or a packed run of them; `max` bounds the values in all. */
  repeated(into: number[], read: () => number, max: number): void {
    if (this.wire !== WIRE_BYTES) {
      if (into.length >= max) throw new ProtobufError(`a list has more than ${max} values`);
      into.push(read());
      return;
    }
    const length = this.uint32();
    const stop = this.take(length) + length;
    const outer = this.end;
    this.pos = stop - length;
    this.end = stop;
    while (this.pos < stop) {
      if (into.length >= max) throw new ProtobufError(`a list has more than ${max} values`);
      into.push(read());
    }
    this.end = outer;
  }

  /** Checks the type that the wire has for a field whose value is about to be read. */
  expect(wire: number): void {
    if (this.wire !== wire)
      throw new ProtobufError(`field ${this.field} has wire type ${this.wire}, expected ${wire}`);
  }

  skip(): void {
    if (this.wire === WIRE_VARINT) this.uint32();
    else if (this.wire === WIRE_FIXED64) this.take(8);
    else if (this.wire === WIRE_FIXED32) this.take(4);
    else if (this.wire === WIRE_BYTES) this.take(this.uint32());
    else throw new ProtobufError(`field ${this.field} has the unknown wire type ${this.wire}`);
  }

  private take(length: number): number {
    const at = this.pos;
    if (length > this.end - at) throw new ProtobufError("a field reaches beyond its message");
    this.pos = at + length;
    return at;
  }
}
