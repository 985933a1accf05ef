/** A column of texts with few different ones: row i has `texts[codes[i]]`. */
export interface CodedTexts {
  texts: readonly string[];
  codes: Uint8Array | Uint16Array | Uint32Array;
}

type Numbers =
  | BigUint64Array
  | BigInt64Array
  | Float64Array
  | Uint32Array
  | Uint8Array
  | Uint16Array;

/** One block of an answer; columns by name. */
export interface ColumnBlock {
  count: number;
  numbers<T extends Numbers>(name: string): T;
  texts(name: string): CodedTexts;
}

const NUMBERS = {
  UInt64: BigUint64Array,
  Int64: BigInt64Array,
  Float64: Float64Array,
  UInt32: Uint32Array,
  UInt16: Uint16Array,
  UInt8: Uint8Array,
};

class Reader {
  position = 0;
  private readonly bytes: Buffer;

  constructor({ buffer, byteOffset, byteLength }: Uint8Array) {
    this.bytes = Buffer.from(buffer, byteOffset, byteLength);
  }

  get isDone(): boolean {
    return this.position >= this.bytes.length;
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.bytes[this.position++];
      if (byte === undefined) throw new Error("the Native answer ends inside a number");
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  text(): string {
    const length = this.varint();
    return this.bytes.toString("utf8", this.position, (this.position += length));
  }

  /** A number of 64 bits that is a count. */
  count(): number {
    const value = Number(this.bytes.readBigUInt64LE(this.position));
    this.position += 8;
    return value;
  }

  /** Copied, because a typed array needs its own alignment. */
  array(type: keyof typeof NUMBERS, length: number): Numbers {
    const array = new NUMBERS[type](length);
    const end = this.position + array.byteLength;
    if (end > this.bytes.length) throw new Error("the Native answer ends inside a column");
    new Uint8Array(array.buffer).set(this.bytes.subarray(this.position, end));
    this.position = end;
    return array;
  }

  /** A dictionary of the block's texts, and the number of each row's. */
  coded(rows: number): CodedTexts {
    const version = this.count();
    const width = this.count() & 0xff;
    if (version !== 1 || width > 2) throw new Error("the Native answer has an unknown dictionary");
    const texts = Array.from({ length: this.count() }, () => this.text());
    if (this.count() !== rows) throw new Error("the Native answer has a column of another length");
    const type = (["UInt8", "UInt16", "UInt32"] as const)[width] ?? "UInt32";
    return { texts, codes: this.array(type, rows) as CodedTexts["codes"] };
  }
}

const isNumeric = (type: string): type is keyof typeof NUMBERS => type in NUMBERS;

/**
 * Decodes an answer in ClickHouse's Native format block by block: numbers of fixed widths, and texts of few values
 * (`LowCardinality(String)`) as codes. The columns belong to whoever asked.
 */
export function* columnBlocks(bytes: Uint8Array): Generator<ColumnBlock> {
  const reader = new Reader(bytes);
  while (!reader.isDone) {
    const columns = reader.varint();
    const count = reader.varint();
    const byName = new Map<string, Numbers | CodedTexts>();
    for (let at = 0; at < columns; at++) {
      const [name, type] = [reader.text(), reader.text()];
      if (count === 0) continue;
      if (isNumeric(type)) byName.set(name, reader.array(type, count));
      else if (type === "LowCardinality(String)") byName.set(name, reader.coded(count));
      else throw new Error(`column type ${type} is not read from Native answers`);
    }
    if (count === 0) continue;
    yield {
      count,
      numbers: <T extends Numbers>(name: string) => byName.get(name) as T,
      texts: (name) => byName.get(name) as CodedTexts,
    };
  }
}
