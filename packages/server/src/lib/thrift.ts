import { badRequest, type FleetlightError } from "./errors.ts";

export const THRIFT_BOOL = 2;
const THRIFT_BYTE = 3;
export const THRIFT_DOUBLE = 4;
const THRIFT_I16 = 6;
export const THRIFT_I32 = 8;
export const THRIFT_I64 = 10;
export const THRIFT_STRING = 11;
export const THRIFT_STRUCT = 12;
const THRIFT_MAP = 13;
const THRIFT_SET = 14;
export const THRIFT_LIST = 15;

/** Bytes of the types that have a fixed size. */
const SIZES: Readonly<Record<number, number>> = {
  [THRIFT_BOOL]: 1,
  [THRIFT_BYTE]: 1,
  [THRIFT_DOUBLE]: 8,
  [THRIFT_I16]: 2,
  [THRIFT_I32]: 4,
  [THRIFT_I64]: 8,
};
const MAX_DEPTH = 16;

const wrong = (what: string): FleetlightError => badRequest(`the body is not Thrift: ${what}`);

/**
 * Reads Thrift's binary protocol: https://github.com/apache/thrift/blob/master/doc/specs/thrift-binary-protocol.md
 * No length is believed beyond the end, and everything read or skipped counts against `maxParts` until that is set anew.
 * Every method throws FleetlightError `bad_request` where the bytes are not what they should be.
 */
export class ThriftReader {
  /** Values that may still be read or skipped. */
  parts: number;
  /** Type and number of the field that `next` came to. */
  type = 0;
  field = 0;
  private readonly bytes: Buffer;
  private pos = 0;

  constructor(bytes: Buffer, maxParts: number) {
    this.bytes = bytes;
    this.parts = maxParts;
  }

  /** Goes to the next field of a struct; false at its end. */
  next(): boolean {
    this.spend();
    this.type = this.bytes.readUInt8(this.take(1));
    if (this.type === 0) return false;
    this.field = this.bytes.readInt16BE(this.take(2));
    return true;
  }

  /** Whether the field that `next` came to is of a type; one that is not is left to `skip`. */
  is(field: number, type: number): boolean {
    return this.field === field && this.type === type;
  }

  bool(): boolean {
    return this.bytes.readUInt8(this.take(1)) !== 0;
  }

  i32(): number {
    return this.bytes.readInt32BE(this.take(4));
  }

  i64(): bigint {
    return this.bytes.readBigInt64BE(this.take(8));
  }

  double(): number {
    return this.bytes.readDoubleBE(this.take(8));
  }

  /** The bytes of a string or of binary data, where they lie. */
  binary(): Buffer {
    const length = this.i32();
    if (length < 0) throw wrong("a length is negative");
    const at = this.take(length);
    return this.bytes.subarray(at, at + length);
  }

  /** The beginning of a string; what is no UTF-8 is replaced, as Thrift says nothing about it. */
  string(maxBytes: number): string {
    const bytes = this.binary();
    return bytes.toString("utf8", 0, Math.min(bytes.length, maxBytes));
  }

  /** Length of a list whose items are of a type, to be read by the caller. */
  list(type: number): number {
    const found = this.bytes.readUInt8(this.take(1));
    const length = this.i32();
    if (length < 0 || length > this.bytes.length - this.pos) throw wrong("a list is too long");
    if (length > 0 && found !== type) throw wrong("a list has items of another type");
    return length;
  }

  /** Leaves out the value of the field that `next` came to. */
  skip(type = this.type, depth = 0): void {
    this.spend();
    if (depth > MAX_DEPTH) throw wrong("it is nested too deeply");
    const size = SIZES[type];
    if (size !== undefined) this.take(size);
    else if (type === THRIFT_STRING) this.binary();
    else if (type === THRIFT_STRUCT) while (this.next()) this.skip(this.type, depth + 1);
    else if (type === THRIFT_LIST || type === THRIFT_SET) this.skipItems(1, depth);
    else if (type === THRIFT_MAP) this.skipItems(2, depth);
    else throw wrong(`there is no type ${type}`);
  }

  private skipItems(perItem: number, depth: number): void {
    const types = Array.from({ length: perItem }, () => this.bytes.readUInt8(this.take(1)));
    const length = this.i32();
    if (length < 0) throw wrong("a length is negative");
    for (let item = 0; item < length; item++) for (const type of types) this.skip(type, depth + 1);
  }

  private spend(): void {
    if (--this.parts < 0) throw wrong("it has too many parts");
  }

  private take(length: number): number {
    const at = this.pos;
    if (length > this.bytes.length - at) throw wrong("it ends early");
    this.pos = at + length;
    return at;
  }
}
