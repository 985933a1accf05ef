import type { InsertColumn } from "./types.ts";

/** Columns of one block, by name. */
export type NativeBlock = Map<string, BigUint64Array | BigInt64Array | Float64Array>;

class Reader {
  readonly bytes: Uint8Array;
  position = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  varint(): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.bytes[this.position++];
      if (byte === undefined) throw new Error("the Native answer ends inside a number");
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw new Error("the Native answer holds a number of more than 64 bits");
  }

  text(): string {
    const length = this.varint();
    const start = this.position;
    this.position += length;
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, length).toString("utf8");
  }

  /** A copy, because a typed array needs its own alignment. */
  take(length: number): ArrayBuffer {
    const start = this.position;
    if (start + length > this.bytes.length)
      throw new Error("the Native answer ends inside a column");
    this.position += length;
    const copy = new ArrayBuffer(length);
    new Uint8Array(copy).set(this.bytes.subarray(start, start + length));
    return copy;
  }
}

type Column = BigUint64Array | BigInt64Array | Float64Array;

const makeColumn = (type: string, buffer: ArrayBuffer): Column => {
  if (type === "UInt64") return new BigUint64Array(buffer);
  if (type === "Int64") return new BigInt64Array(buffer);
  if (type === "Float64") return new Float64Array(buffer);
  throw new Error(`column type ${type} is not read from Native answers`);
};

/**
 * Decodes an answer in ClickHouse's Native format: blocks of columns, each a name, a type and its values.
 * Only the fixed 64-bit types that our own queries select are known.
 */
export function decodeBlocks(bytes: Uint8Array): NativeBlock[] {
  const reader = new Reader(bytes);
  const blocks: NativeBlock[] = [];
  while (reader.position < bytes.length) {
    const columnCount = reader.varint();
    const rowCount = reader.varint();
    const block: NativeBlock = new Map();
    for (let c = 0; c < columnCount; c++) {
      const name = reader.text();
      const type = reader.text();
      block.set(name, makeColumn(type, reader.take(rowCount * 8)));
    }
    if (rowCount > 0) blocks.push(block);
  }
  return blocks;
}

function encodeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

const encodeText = (text: string): Buffer => {
  const bytes = Buffer.from(text, "utf8");
  return Buffer.concat([encodeVarint(bytes.length), bytes]);
};

/** Encodes columns as one block in Native format. */
export function encodeNative(columns: readonly InsertColumn[]): Buffer {
  const rowCount = columns[0]?.data.length ?? 0;
  const parts: Buffer[] = [encodeVarint(columns.length), encodeVarint(rowCount)];
  for (const column of columns) {
    parts.push(encodeText(column.name), encodeText(column.type));
    if (column.type === "String") for (const text of column.data) parts.push(encodeText(text));
    else
      parts.push(Buffer.from(column.data.buffer, column.data.byteOffset, column.data.byteLength));
  }
  return Buffer.concat(parts);
}
