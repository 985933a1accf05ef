import { INTEGERS, JSONS, MAPS, TEXTS } from "./span-columns.ts";
import type { SpanContent, SpanRecord, SpanRow } from "./types.ts";

export const TEXT_KEYS = Object.values(TEXTS);
export const INTEGER_KEYS = Object.values(INTEGERS);
/** Parts of a row that are kept as JSON, an empty text where nothing is in them. */
export const DOCUMENT_KEYS = [...Object.values(MAPS), "numbers", ...Object.values(JSONS)] as const;

type TextKey = (typeof TEXT_KEYS)[number];
type DocumentKey = (typeof DOCUMENT_KEYS)[number];
type IntegerKey = (typeof INTEGER_KEYS)[number];
export type CellKey = TextKey | DocumentKey | "content";

/** Cells of a row that refer to a text. */
const CELL_KEYS: readonly CellKey[] = [...TEXT_KEYS, ...DOCUMENT_KEYS, "content"];
export const CELLS = CELL_KEYS.length;
const CELL_OF = new Map<string, number>(CELL_KEYS.map((key, place) => [key, place]));
const INTEGER_OF = new Map<string, number>(INTEGER_KEYS.map((key, place) => [key, place]));
/** Those of `INTEGERS`, and whether the span has ended. */
export const NUMBERS = INTEGER_KEYS.length + 1;
const ENDED = INTEGER_KEYS.length;

/** spans (4), texts (4), bytes of texts (4), unused (4) */
export const HEADER = 16;
export const TWO_TO_32 = 2 ** 32;

const padded = (bytes: number): number => (bytes + 7) & ~7;

/** Shorter texts are copied faster by the byte. */
const MOST_BY_BYTE = 24;

/** Where the columns of a block lie, from its beginning. */
export function placesOf(count: number, texts: number, textBytes: number) {
  const starts = HEADER;
  const costs = starts + 8 * count;
  const numbers = costs + 8 * count;
  const cells = numbers + 8 * count * NUMBERS;
  const offsets = cells + 4 * count * CELLS;
  const bytes = offsets + 4 * (texts + 1);
  return { starts, costs, numbers, cells, offsets, bytes, end: padded(bytes + textBytes) };
}

/**
 * Spans of one commit as columns of bytes: what the write-ahead log keeps, what is inserted, and what readers look through
 * until then. As objects they would be the larger part of the heap, and the collector's work. The memory is not copied, and
 * MUST stay as it is.
 */
export class SpanBlock {
  readonly count: number;
  /** Unix nanoseconds. */
  readonly starts: BigInt64Array;
  /** In USD. */
  readonly costs: Float64Array;
  /** Of all texts. */
  readonly textBytes: number;
  private readonly numbers: BigInt64Array;
  private readonly words: Int32Array;
  private readonly cells: Uint32Array;
  private readonly offsets: Uint32Array;
  private readonly bytes: Buffer;
  private readonly read: (string | undefined)[] = [""];

  /** @param at where the block begins, a multiple of eight */
  constructor(buffer: ArrayBufferLike, at = 0) {
    const [count = 0, texts = 0, textBytes = 0] = new Uint32Array(buffer, at, HEADER / 4);
    const places = placesOf(count, texts, textBytes);
    this.count = count;
    this.textBytes = textBytes;
    this.starts = new BigInt64Array(buffer, at + places.starts, count);
    this.costs = new Float64Array(buffer, at + places.costs, count);
    this.numbers = new BigInt64Array(buffer, at + places.numbers, count * NUMBERS);
    this.words = new Int32Array(buffer, at + places.numbers, 2 * count * NUMBERS);
    this.cells = new Uint32Array(buffer, at + places.cells, count * CELLS);
    this.offsets = new Uint32Array(buffer, at + places.offsets, texts + 1);
    this.bytes = Buffer.from(buffer, at + places.bytes, textBytes);
  }

  /** Bytes that are not given back as long as somebody refers to the block. */
  get heldBytes(): number {
    return this.starts.buffer.byteLength;
  }

  /** A column of whole numbers. */
  integers(key: IntegerKey | "ended"): BigInt64Array {
    const place = key === "ended" ? ENDED : (INTEGER_OF.get(key) ?? 0);
    return this.numbers.subarray(place * this.count, (place + 1) * this.count);
  }

  integer(key: IntegerKey, index: number): number {
    return this.numberAt(INTEGER_OF.get(key) ?? 0, index);
  }

  ended(index: number): boolean {
    return this.numberAt(ENDED, index) === 1;
  }

  text(key: CellKey, index: number): string {
    return this.textAt(this.cells[(CELL_OF.get(key) ?? 0) * this.count + index] ?? 0);
  }

  /** The text with a number of a column. */
  textAt(place: number): string {
    const known = this.read[place];
    if (known !== undefined) return known;
    const text = this.bytes.toString("utf8", this.offsets[place], this.offsets[place + 1]);
    this.read[place] = text;
    return text;
  }

  /** The id with a number of a column, which is sixteen digits or nothing, as two halves into `words`. */
  readId(place: number, words: Uint32Array, at: number): void {
    const { bytes, offsets } = this;
    const from = offsets[place] ?? 0;
    let [high, low] = [0, 0];
    for (let digit = from; digit < (offsets[place + 1] ?? 0); digit++) {
      const byte = bytes[digit] as number;
      high = (high << 4) | (low >>> 28);
      low = (low << 4) | (byte > 57 ? byte - 87 : byte - 48);
    }
    words[at] = low;
    words[at + 1] = high;
  }

  /** Whether some span has a text there. */
  has(key: CellKey): boolean {
    return this.column(key).some((place) => place !== 0);
  }

  /**
   * Writes where the texts of a column end among those of an insert.
   * @param ends of the insert; this block's begin at `at`
   * @param end of the text before
   */
  packEnds(key: CellKey, ends: Int32Array, at: number, end: number): number {
    const { offsets, count } = this;
    const column = this.column(key);
    let last = end;
    for (let index = 0; index < count; index++) {
      const place = column[index] as number;
      last += (offsets[place + 1] as number) - (offsets[place] as number);
      ends[at + index] = last;
    }
    return last;
  }

  /** Copies the texts of a column, one after the other. */
  packBytes(key: CellKey, into: Buffer, at: number): void {
    const { offsets, bytes, count } = this;
    const column = this.column(key);
    let to = at;
    for (let index = 0; index < count; index++) {
      const place = column[index] as number;
      if (place === 0) continue;
      const from = offsets[place] as number;
      const until = offsets[place + 1] as number;
      if (until - from > MOST_BY_BYTE) {
        bytes.copy(into, to, from, until);
        to += until - from;
      } else for (let byte = from; byte < until; byte++) into[to++] = bytes[byte] as number;
    }
  }

  /** Spans that are read where they lie: what is handed on MUST be made `plain`. */
  *rows(): Generator<SpanRow> {
    for (let index = 0; index < this.count; index++)
      yield new RowView(this, index) as unknown as SpanRow;
  }

  /** One span, read where it lies, as those of `rows`. */
  record(index: number): SpanRecord {
    const content = () => this.content(index);
    return {
      row: new RowView(this, index) as unknown as SpanRow,
      get content() {
        return content();
      },
    };
  }

  /** Spans with memory of their own. */
  *records(): Generator<SpanRecord> {
    let index = 0;
    for (const row of this.rows()) yield { row: plain(row), content: this.content(index++) };
  }

  content(index: number): SpanContent[] {
    const text = this.text("content", index);
    return text === "" ? [] : (JSON.parse(text) as SpanContent[]);
  }

  /** Numbers of the texts of a column, which are the same for the same text; 0 is the empty one. */
  column(key: CellKey): Uint32Array {
    const place = CELL_OF.get(key) ?? 0;
    return this.cells.subarray(place * this.count, (place + 1) * this.count);
  }

  private numberAt(place: number, index: number): number {
    const word = 2 * (place * this.count + index);
    return ((this.words[word] as number) >>> 0) + (this.words[word + 1] as number) * TWO_TO_32;
  }
}

const LISTS: ReadonlySet<string> = new Set(Object.values(JSONS));

/** One span of a block, read where it lies; each property of a row is a getter. */
class RowView {
  readonly block: SpanBlock;
  readonly index: number;

  constructor(block: SpanBlock, index: number) {
    this.block = block;
    this.index = index;
  }

  get startNs(): string {
    return String(this.block.starts[this.index]);
  }

  get ended(): boolean {
    return this.block.ended(this.index);
  }

  get costUsd(): number {
    return this.block.costs[this.index] as number;
  }
}

const define = (key: string, get: (this: RowView) => unknown): void => {
  Object.defineProperty(RowView.prototype, key, { get });
};
for (const key of TEXT_KEYS)
  define(key, function text() {
    return this.block.text(key, this.index);
  });
for (const key of INTEGER_KEYS)
  define(key, function integer() {
    return this.block.integer(key, this.index);
  });
for (const key of DOCUMENT_KEYS)
  define(key, function document() {
    const text = this.block.text(key, this.index);
    if (text !== "") return JSON.parse(text);
    return LISTS.has(key) ? [] : {};
  });

const ROW_KEYS: readonly (keyof SpanRow)[] = [
  ...TEXT_KEYS,
  ...INTEGER_KEYS,
  ...DOCUMENT_KEYS,
  "startNs",
  "ended",
  "costUsd",
];

/** A row that outlives the memory of its block. */
export function plain(row: SpanRow): SpanRow {
  if (!(row instanceof RowView)) return row;
  const copy: Record<string, unknown> = {};
  for (const key of ROW_KEYS) copy[key] = row[key];
  return copy as unknown as SpanRow;
}
