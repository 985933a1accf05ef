import {
  CELLS,
  DOCUMENT_KEYS,
  HEADER,
  INTEGER_KEYS,
  NUMBERS,
  placesOf,
  SpanBlock,
  TEXT_KEYS,
  TWO_TO_32,
} from "./span-block.ts";
import type { SpanRecord } from "./types.ts";

const isEmpty = (of: object): boolean => {
  for (const _ in of) return false;
  return true;
};

/** Texts of a block, each once; the first is the empty one. */
class TextWriter {
  bytes = Buffer.allocUnsafe(1 << 16);
  length = 0;
  readonly offsets: number[] = [0, 0];
  private readonly places = new Map<string, number>([["", 0]]);

  /** The place of a text that may have come before. */
  placeOf(text: string): number {
    let place = this.places.get(text);
    if (place === undefined) {
      place = this.add(text);
      this.places.set(text, place);
    }
    return place;
  }

  /** The place of a text that has hardly come before. */
  add(text: string): number {
    const most = this.length + 3 * text.length;
    if (most > this.bytes.length) {
      const larger = Buffer.allocUnsafe(2 * most);
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
    }
    this.length += this.bytes.write(text, this.length, "utf8");
    return this.offsets.push(this.length) - 2;
  }
}

/** Spans as a block will hold them, whose size is known before it is written. */
export class SpanBlockDraft {
  readonly bytes: number;
  private readonly spans: readonly SpanRecord[];
  private readonly texts = new TextWriter();
  private readonly cells: Uint32Array;
  private readonly places;

  constructor(spans: readonly SpanRecord[]) {
    this.spans = spans;
    const count = spans.length;
    this.cells = new Uint32Array(count * CELLS);
    const { texts, cells } = this;
    // Spans of one process have the same resource.
    const documents = new Map<object, number>();
    const documentOf = (document: object): number => {
      if (isEmpty(document)) return 0;
      return texts.add(JSON.stringify(document));
    };
    for (const [index, { row, content }] of spans.entries()) {
      let at = index;
      for (const key of TEXT_KEYS) {
        const text = row[key];
        if (text !== "") cells[at] = texts.placeOf(text);
        at += count;
      }
      for (const key of DOCUMENT_KEYS) {
        const document = row[key];
        if (key === "resource") {
          let place = documents.get(document);
          if (place === undefined) documents.set(document, (place = documentOf(document)));
          cells[at] = place;
        } else cells[at] = documentOf(document);
        at += count;
      }
      cells[at] = documentOf(content);
    }
    this.places = placesOf(count, texts.offsets.length - 1, texts.length);
    this.bytes = this.places.end;
  }

  /** @param at where the block begins in `buffer`, a multiple of eight */
  writeTo(buffer: ArrayBufferLike, at: number): SpanBlock {
    const { spans, texts, places } = this;
    const count = spans.length;
    const header = new Uint32Array(buffer, at, HEADER / 4);
    header.set([count, texts.offsets.length - 1, texts.length, 0]);
    const starts = new BigInt64Array(buffer, at + places.starts, count);
    const costs = new Float64Array(buffer, at + places.costs, count);
    const words = new Int32Array(buffer, at + places.numbers, 2 * NUMBERS * count);
    for (const [index, { row }] of spans.entries()) {
      starts[index] = BigInt(row.startNs);
      costs[index] = row.costUsd;
      let word = 2 * index;
      for (const key of INTEGER_KEYS) {
        const value = row[key];
        words[word] = value | 0;
        words[word + 1] = Math.floor(value / TWO_TO_32);
        word += 2 * count;
      }
      words[word] = Number(row.ended);
      words[word + 1] = 0;
    }
    new Uint32Array(buffer, at + places.cells, count * CELLS).set(this.cells);
    new Uint32Array(buffer, at + places.offsets, texts.offsets.length).set(texts.offsets);
    const bytes = new Uint8Array(buffer, at + places.bytes, places.end - places.bytes);
    bytes.set(texts.bytes.subarray(0, texts.length));
    bytes.fill(0, texts.length);
    return new SpanBlock(buffer, at);
  }
}

/** A block in memory of its own. */
export function blockOf(spans: readonly SpanRecord[]): SpanBlock {
  const draft = new SpanBlockDraft(spans);
  return draft.writeTo(new ArrayBuffer(draft.bytes), 0);
}
