import { packTexts } from "./arrow.ts";
import type { InsertColumn, PackedTexts } from "./types.ts";

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

  take(length: number): Uint8Array {
    const start = this.position;
    if (start + length > this.bytes.length)
      throw new Error("the Native answer ends inside a column");
    this.position += length;
    return this.bytes.subarray(start, start + length);
  }
}

type Column = BigUint64Array | BigInt64Array | Float64Array;

const makeColumn = (type: string, buffer: ArrayBuffer, at: number, length: number): Column => {
  if (type === "UInt64") return new BigUint64Array(buffer, at, length);
  if (type === "Int64") return new BigInt64Array(buffer, at, length);
  if (type === "Float64") return new Float64Array(buffer, at, length);
  throw new Error(`column type ${type} is not read from Native answers`);
};

/** Larger answers do not leave their memory behind for the next one. */
const MAX_KEPT_BYTES = 32 << 20;

/**
 * Decodes answers in ClickHouse's Native format: blocks of columns, each a name, a type and its values. Only the fixed 64-bit
 * types that our own queries select are known. Columns are copied, because a typed array needs its own alignment, into
 * memory that is used again: an answer MUST be done with before the next is decoded.
 */
export class BlockDecoder {
  private memory = new ArrayBuffer(0);

  decode(bytes: Uint8Array): NativeBlock[] {
    const memory = this.memoryFor(bytes.length);
    const reader = new Reader(bytes);
    const blocks: NativeBlock[] = [];
    let used = 0;
    while (reader.position < bytes.length) {
      const columnCount = reader.varint();
      const rowCount = reader.varint();
      const block: NativeBlock = new Map();
      for (let c = 0; c < columnCount; c++) {
        const name = reader.text();
        const type = reader.text();
        new Uint8Array(memory).set(reader.take(rowCount * 8), used);
        block.set(name, makeColumn(type, memory, used, rowCount));
        used += rowCount * 8;
      }
      if (rowCount > 0) blocks.push(block);
    }
    return blocks;
  }

  private memoryFor(length: number): ArrayBuffer {
    const wanted = (length + 7) & ~7;
    if (wanted <= this.memory.byteLength) return this.memory;
    const memory = new ArrayBuffer(wanted);
    if (wanted <= MAX_KEPT_BYTES) this.memory = memory;
    return memory;
  }
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

/** Each text behind its length. */
function* textsOf(texts: readonly string[] | PackedTexts): Generator<Buffer> {
  const { length, offsets, bytes } = "offsets" in texts ? texts : packTexts(texts);
  for (let index = 0; index < length; index++) {
    const text = bytes.subarray(offsets[index], offsets[index + 1]);
    yield encodeVarint(text.length);
    yield text;
  }
}

/** Encodes columns as one block in Native format. */
export function encodeNative(columns: readonly InsertColumn[]): Buffer {
  const rowCount = columns[0]?.data.length ?? 0;
  const parts: Buffer[] = [encodeVarint(columns.length), encodeVarint(rowCount)];
  for (const column of columns) {
    parts.push(encodeText(column.name), encodeText(column.type));
    if (column.type === "String") for (const text of textsOf(column.data)) parts.push(text);
    else
      parts.push(Buffer.from(column.data.buffer, column.data.byteOffset, column.data.byteLength));
  }
  return Buffer.concat(parts);
}
